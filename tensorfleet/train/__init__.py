"""What runs inside a user's job: `init()`, `log()`, `should_stop()`.

    run.py         Run: who am I, where do my files go, what to report, whether to stop
    metrics.py     the append-only file through which a rank's numbers reach its agent
    checkpoint.py  run.checkpoint: save, load, latest, due
    saved.py       a checkpoint on disk      states.py  a program's state as torch takes it, and back
    writing.py     the thread that writes    accord.py  what ranks agree on
    export.py      copies this room to where another Python environment can import it

Standard library only (checkpoints: torch, when used), any Python from 3.9 on, and no other room of TensorFleet: the
agent puts these files on the path of environments that have never heard of us. Nothing here may break, slow down or
outlive a training step: no signal handler, no socket, no exception that is not a mistake in the call, and no thread but
the one that writes a checkpoint. Without a fleet everything keeps working.

Start with `run.py`. Not here: who reads the files (the agent's telemetry).
"""
