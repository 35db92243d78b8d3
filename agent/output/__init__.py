"""What ranks write, on its way to the head.

Logs      logtail follows a rank's log, linesplit cuts it into lines (pure)
Curves    curves collects points from the SDK's files (metricfile), TensorBoard's (eventfiles, tfevents) and printed
          lines (metriclines, pure)
Home      shipping delivers both until the head has acknowledged all of them
slices    reads files safely that a job may have put something else in the place of
"""
