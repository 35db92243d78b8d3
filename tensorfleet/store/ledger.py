"""What a commit may do and what comes of it: revisions and event numbers, decided without touching a disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from tensorfleet.errors import InvalidRequest, RevisionConflict, TooLarge
from tensorfleet.store.port import MAX_DOCUMENT, MAX_ID, Append, Delete, Doc, Put, Write

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A document or event on its way to disk.

    number: its revision, or its event number; json: all but that; doc: the same, decoded, to be shown once durable.
    """

    number: int
    json: bytes
    doc: Doc


@dataclass(frozen=True, slots=True)
class Prepared:
    """A write that can be stored, encoded: it no longer depends on what the caller does with the document.

    doc is what the JSON says, so that memory holds exactly what a restart would load.
    """

    write: Write
    json: bytes = b""
    doc: Doc = field(default_factory=dict)


def prepare(writes: Sequence[Write]) -> tuple[Prepared, ...]:
    """Checks and encodes. Raises InvalidRequest and TooLarge."""
    return tuple(_prepare(write) for write in writes)


def _prepare(write: Write) -> Prepared:
    match write:
        case Append(event):
            if not isinstance(event.get("job", ""), str | None):
                raise InvalidRequest("The job of an event must be a text.")
            plain = dict(event)
            plain.pop("id", None)
        case Put(id=id, doc=doc):
            _check_id(id)
            if not isinstance(doc.get("order", ""), str):
                raise InvalidRequest(f"The order of the document {id!r} must be a text.")
            plain = {**doc, "id": id}
            plain.pop("rev", None)
        case Delete(id=id):
            _check_id(id)
            return Prepared(write)
    data = _encode(plain)
    return Prepared(write, data, msgspec.json.decode(data))


def _check_id(id: str) -> None:
    if not id or len(id) > MAX_ID:
        raise InvalidRequest(f"The id of a document has 1 to {MAX_ID} characters; this has {len(id)}.")


def _encode(doc: Doc) -> bytes:
    try:
        data = msgspec.json.encode(doc)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequest(f"This cannot be stored as JSON: {str(error)[:200]}") from error
    if len(data) > MAX_DOCUMENT:
        raise TooLarge(f"A document of {len(data)} bytes is over the {MAX_DOCUMENT} that fit.")
    return data


@dataclass(slots=True)
class Ledger:
    """The revision of every durable document, and the number of the last durable event."""

    revisions: dict[Key, int] = field(default_factory=dict)
    last_event: int = 0

    def settle(self, batch: Batch) -> None:
        """`batch` is durable."""
        for key, row in batch.documents.items():
            if row is None:
                self.revisions.pop(key, None)
            else:
                self.revisions[key] = row.number
        self.last_event += len(batch.events)


@dataclass(frozen=True, slots=True)
class Staged:
    """What one commit comes to. documents: in the order written, None for one removed."""

    documents: tuple[tuple[Key, Row | None], ...]
    revisions: tuple[int, ...]
    events: tuple[Row, ...]


class Batch:
    """Commits that become durable together. Of a document written by several, only the last state is kept."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.documents: dict[Key, Row | None] = {}
        self.events: list[Row] = []

    def base(self, key: Key) -> int | None:
        """The durable revision of a document, before this batch; None where there is none."""
        return self._ledger.revisions.get(key)

    def stage(self, writes: Sequence[Prepared]) -> Staged:
        """Adds one commit whole, or raises RevisionConflict and adds nothing."""
        documents: dict[Key, Row | None] = {}
        history: list[tuple[Key, Row | None]] = []
        revisions: list[int] = []
        events: list[Row] = []
        for prepared in writes:
            write = prepared.write
            if isinstance(write, Append):
                number = self._ledger.last_event + len(self.events) + len(events) + 1
                events.append(Row(number, prepared.json, prepared.doc))
                continue
            key = (write.collection, write.id)
            present = self._present(key, documents)
            if write.expect is not None and write.expect != present:
                raise _conflict(write, present)
            row = None
            if isinstance(write, Put):
                row = Row(present + 1, prepared.json, prepared.doc)
                revisions.append(row.number)
            documents[key] = row
            history.append((key, row))
        self.documents.update(documents)
        self.events.extend(events)
        return Staged(tuple(history), tuple(revisions), tuple(events))

    def _present(self, key: Key, documents: dict[Key, Row | None]) -> int:
        for layer in (documents, self.documents):
            if key in layer:
                row = layer[key]
                return 0 if row is None else row.number
        return self._ledger.revisions.get(key, 0)


def _conflict(write: Put | Delete, present: int) -> RevisionConflict:
    name = f"{write.collection}/{write.id}"
    if write.expect == 0:
        return RevisionConflict(f"{name} exists already, at revision {present}.")
    now = f"is at revision {present}" if present else "is not there"
    return RevisionConflict(f"{name} {now}, not at revision {write.expect}.", "Read it again and retry.")
