"""Durable commits become visible here, in the order they became durable."""

from __future__ import annotations

from collections.abc import Callable

from tensorfleet.store.ledger import Staged
from tensorfleet.store.port import Committed
from tensorfleet.store.recent import Recent
from tensorfleet.store.shelf import Shelf, copy_of


def show(staged: Staged, shelf: Callable[[str], Shelf], recent: Recent) -> Committed:
    """Puts what became durable on its shelf. shelf: the one of a collection."""
    for (collection, id), row in staged.documents:
        if row is None:
            shelf(collection).drop(id)
        else:
            row.doc["rev"] = row.number
            shelf(collection).put(row.doc)
    for row in staged.events:
        row.doc["id"] = row.number
        recent.add(row.doc)
    return Committed(staged.revisions, tuple(copy_of(row.doc) for row in staged.events))
