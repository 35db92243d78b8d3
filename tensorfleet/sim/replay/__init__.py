"""What a policy would make of a trace: the head's own scheduler, driven by arrivals and ends out of a file.

`trace` reads the file, `engine` plays it, `result` is what came of it, `figures` sums that up, `drawing` shows the
queue over time. `tensorfleet simulate` is the face of it.
"""
