"""The agent: one on every machine of the fleet. It joins, measures, and runs ranks.

Import it as `tensorfleet.agent`; the folder at the root of the repository is the same one by a link.

Brain       decide (pure): commands and happenings in, actions out
Hands       work (carries the actions out), taskdir, environment, python, ports, blobs
The line    link (the one stream to the head); joining/ (finding a head, trusting it, becoming a node)
Ranks       ranks/ (nursery, warm workers and shims; they start, own and end the processes)
Coming home output/ (logs and curves, until the head has them)
Measuring   telemetry, inventory, probes/

Start at `app.py`, which makes every part once.
"""

if __name__ == "agent":
    raise ImportError("Import tensorfleet.agent: the folder `agent` is that package by a link.")
