"""The file under the TinyDB tables: an SQLite database in WAL mode that is synced at every commit.

All of it runs in the writer's thread. Settings and their reasons: SQLite's "Write-Ahead Logging" and "PRAGMA
Statements" pages. `synchronous=FULL` is what makes a commit survive a power cut; NORMAL does not.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tensorfleet.errors import AlreadyRunning, Conflict, Corrupt, StoreFailed, StoreFull
from tensorfleet.store.blob import pack, unpack
from tensorfleet.store.ledger import Batch, Key, Ledger
from tensorfleet.store.migrate import EVENTS, Schema
from tensorfleet.store.port import Doc

_APPLICATION = 0x54464C54
"""SQLite's mark of whose file this is: "TFLT"."""

_PRAGMAS = (
    "PRAGMA locking_mode=EXCLUSIVE",  # before the first access, so that WAL needs no shared memory file
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",  # pages; the writer does it earlier, when it is idle
)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS documents (collection TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL,"
    " blob BLOB NOT NULL, PRIMARY KEY (collection, id))",
    "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, job TEXT, blob BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS events_of_job ON events (job, id) WHERE job IS NOT NULL",
)
_INSERT = "INSERT INTO documents (rev, blob, collection, id) VALUES (?, ?, ?, ?)"
_UPDATE = "UPDATE documents SET rev=?, blob=? WHERE collection=? AND id=? AND rev=?"
_DELETE = "DELETE FROM documents WHERE collection=? AND id=? AND rev=?"
_APPEND = "INSERT INTO events (id, job, blob) VALUES (?, ?, ?)"
_READ = "SELECT id, blob FROM events WHERE id > ? ORDER BY id LIMIT ?"
_READ_JOB = "SELECT id, blob FROM events WHERE job = ? AND id > ? ORDER BY id LIMIT ?"

Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    # No waiting for locks: nobody else has any business here, and whoever does is named at once.
    return sqlite3.connect(path, timeout=0, isolation_level=None)


class Database:
    """Loads everything once, then only writes, reads events and makes backups."""

    def __init__(self, path: Path, schema: Schema, connect: Connect = connect) -> None:
        self._path = path
        self._schema = schema
        self._connect = connect
        self._db: sqlite3.Connection

    def open(self) -> tuple[dict[Key, Doc], Ledger]:
        """The documents, brought forward to the present schema, and the state of the ledger.

        Raises Corrupt, Conflict for a file from a newer version, AlreadyRunning, StoreFull, StoreFailed.
        """
        with self._translated():
            self._create()
            self._db = self._connect(self._path)
            try:
                self._prepare()
                return self._load()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        with self._translated():
            self._db.close()

    def write(self, batch: Batch) -> None:
        """One transaction, durable when this returns. Raises StoreFull (nothing changed), Corrupt, StoreFailed."""
        inserts, updates, deletes = [], [], []
        for key, row in batch.documents.items():
            base = batch.base(key)
            if row is None:
                if base is not None:
                    deletes.append((*key, base))
            elif base is None:
                inserts.append((row.number, self._blob(row.number, row.json), *key))
            else:
                updates.append((row.number, self._blob(row.number, row.json), *key, base))
        events = [(row.number, row.doc.get("job"), self._blob(row.number, row.json)) for row in batch.events]
        with self._translated(), self._transaction():
            for statement, rows in ((_DELETE, deletes), (_UPDATE, updates), (_INSERT, inserts), (_APPEND, events)):
                if rows and self._db.executemany(statement, rows).rowcount != len(rows):
                    raise StoreFailed(f"Another program has changed {self._path}.", "Nothing else may write to it.")

    def events(self, after: int, limit: int, job: str | None) -> list[Doc]:
        after, limit = max(after, 0), max(limit, 0)  # to SQLite a negative limit is none at all
        with self._translated():
            if job is None:
                rows = self._db.execute(_READ, (after, limit)).fetchall()
            else:
                rows = self._db.execute(_READ_JOB, (job, after, limit)).fetchall()
        events = []
        for number, blob in rows:
            event = self._document(EVENTS, blob, number, f"event {number}")
            event["id"] = number
            events.append(event)
        return events

    def checkpoint(self) -> None:
        """Moves what the write-ahead log holds into the database proper, so that no commit has to wait for it."""
        with self._translated():
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def backup(self, target: Path) -> None:
        part = target.with_name(target.name + ".part")
        try:
            with self._translated():
                part.unlink(missing_ok=True)
                os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
                copy = connect(part)
                try:
                    self._db.backup(copy)
                finally:
                    copy.close()
                _sync(part)
                part.replace(target)
                _sync(target.parent)
        finally:
            part.unlink(missing_ok=True)

    def _create(self) -> None:
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT, 0o600))
            _sync(self._path.parent)

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self._db.execute(pragma).fetchall()
        found = self._number("PRAGMA user_version")
        owner = self._number("PRAGMA application_id")
        empty = self._number("SELECT count(*) FROM sqlite_master") == 0
        if owner != _APPLICATION and not empty:
            raise Corrupt(
                f"{self._path} is a database of another program.", "Move it away, or name another data directory."
            )
        if found > self._schema.version:
            raise Conflict(
                f"{self._path} was written by a newer TensorFleet (schema {found}; this one knows"
                f" {self._schema.version}).",
                f"Install the newer version again, or put a backup from before the upgrade back ({self._path.name}"
                ".schema-N).",
            )
        if self._db.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
            raise StoreFailed(f"The disk under {self._path} does not support a write-ahead log.")
        if owner != _APPLICATION or found < self._schema.version:
            if not empty:
                self.backup(self._path.with_name(f"{self._path.name}.schema-{found}"))
            with self._transaction():
                for statement in _TABLES:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id={_APPLICATION}")
                self._db.execute(f"PRAGMA user_version={self._schema.version}")

    def _load(self) -> tuple[dict[Key, Doc], Ledger]:
        documents: dict[Key, Doc] = {}
        revisions: dict[Key, int] = {}
        for collection, id, rev, blob in self._db.execute("SELECT collection, id, rev, blob FROM documents"):
            doc = self._document(collection, blob, rev, f"document {collection}/{id}")
            if doc.get("id") != id:
                raise Corrupt(f"The stored document {collection}/{id} is another one.", "Restore a backup.")
            doc["rev"] = rev
            documents[collection, id] = doc
            revisions[collection, id] = rev
        last_event = self._number("SELECT coalesce(max(id), 0) FROM events")
        return documents, Ledger(revisions, last_event)

    def _document(self, collection: str, blob: bytes, number: int, name: str) -> Doc:
        written, doc = unpack(blob, number, name)
        return self._schema.forward(collection, doc, written)

    def _blob(self, number: int, json: bytes) -> bytes:
        return pack(self._schema.version, number, json)

    def _number(self, query: str) -> int:
        number: int = self._db.execute(query).fetchone()[0]
        return number

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What SQLite and the system say, as errors of ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._named(error) from error
        except OSError as error:
            raise StoreFailed(f"{self._path} cannot be used: {error.strerror}.") from error

    def _named(self, error: sqlite3.Error) -> StoreFull | StoreFailed | Corrupt | AlreadyRunning:
        # The low byte of SQLite's extended result codes is the primary one.
        match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
            case sqlite3.SQLITE_FULL:
                return StoreFull(f"The disk under {self._path.parent} is full.", "Free some space and try again.")
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
                return Corrupt(
                    f"The database {self._path} is damaged: {error}.",
                    f"Put a backup in its place and remove {self._path.name}-wal, or move both away to start empty.",
                )
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return AlreadyRunning(f"Another program has the database {self._path} open.", "Close it first.")
            case _:
                return StoreFailed(f"The database {self._path} failed: {error}.")


def _sync(path: Path) -> None:
    """fsync; of a directory too, which is what makes a new name in it durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
