"""Where blobs lie: chunks of code and results, and the manifests that list them, each named by its SHA-256.

Start at `port.py`: the promise every body keeps, checked by one suite (`tests/contract/test_objects_*.py`).

    port.py      Objects, and what it knows of a blob
    memory.py    the same promise without a disk: tests and the simulator
    disk.py      the head's own: one file a blob

Not here: how a directory becomes blobs (`tensorfleet.wire.manifest`), and which blobs are still needed (the head).
"""
