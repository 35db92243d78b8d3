"""The agent: one on every machine of the fleet. It joins, measures, and runs ranks.

Import it as `tensorfleet.agent`; the folder at the root of the repository is the same one by a link.

Brain       decide (pure): commands and happenings in, actions out
Hands       work (carries the actions out), taskdir, environment, python, ports, blobs
The line    link (the one stream to the head), discover, join, identity, enrol
Ranks       ranks (what work uses) over nursery, warm, containment; shim and the programs it loads need only the
            standard library and live longer than the agent
Coming home shipping (until the head has it all) over logtail, linesplit, curves, tfevents, metriclines
Measuring   telemetry, inventory, probes/

Start at `app.py`, which makes every part once.
"""

if __name__ == "agent":
    raise ImportError("Import tensorfleet.agent: the folder `agent` is that package by a link.")
