"""Where the head keeps what must survive it: documents with revisions, and the numbered events of the fleet.

Start at `port.py`: the promise every body keeps, checked by one suite (`tests/contract/test_store_*.py`).

    port.py      Store, the writes, the order of pages
    memory.py    the same promise without a disk: tests and the simulator
    tinydb.py    the head's own: TinyDB tables over an SQLite file
    faulty.py    wraps any body and fails the commits it is told to fail

Both bodies are made of `shelf.py` (documents in memory, in order), `recent.py` (the last events) and `ledger.py`
(revisions and event numbers: what a commit may do). Under `tinydb.py` lie `writer.py` (one thread, group commit),
`sqlite.py` (the file), `migrate.py` (old files), `blob.py` (a row and its checksum), `lock.py` (one process a
directory) and `volume.py` (which file systems keep promises).

Not here: large files (`tensorfleet.objects`), logs and metrics (`tensorfleet.head`).
"""
