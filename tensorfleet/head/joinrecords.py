"""What joining reads and keeps: join tokens as documents of the store, nodes through the head's brain."""

from __future__ import annotations

from typing import Annotated, Any, Final, Protocol

import msgspec

from tensorfleet.core.inputs import NodeJoined
from tensorfleet.core.node import Node
from tensorfleet.errors import Corrupt
from tensorfleet.head.shell import Shell
from tensorfleet.store.port import Delete, Put, Store

TOKENS: Final = "join_tokens"


class TokenRecord(msgspec.Struct, frozen=True):
    """A join token as it is stored: enough to check a request, not to write the token.

    key: see `credential.join_key`, in hex. created, expires: unix seconds. uses: how many nodes may still join
    with it; None for any number. nodes: those that did, while uses are counted, so that one that asks again is not
    counted twice. by: who made it.
    """

    id: str
    key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    created: float
    expires: float
    uses: int | None
    by: str
    nodes: tuple[str, ...] = ()
    role: str = "node"

    def __repr__(self) -> str:
        return f"TokenRecord(id={self.id!r}, expires={self.expires!r}, uses={self.uses!r}, by={self.by!r})"


class Records(Protocol):
    """Everything is durable when a method that changes something returns."""

    def token(self, id: str) -> TokenRecord | None: ...

    def tokens(self) -> list[TokenRecord]: ...

    async def save_token(self, token: TokenRecord) -> None: ...

    async def drop_token(self, id: str) -> None: ...

    def knows(self, node_id: str) -> bool:
        """Whether the node belongs to the fleet at this moment."""

    async def admit(self, node_id: str, name: str, by: str) -> None:
        """Makes it a node of the fleet; one that is a node already stays as it is."""


class StoredRecords:
    """The head's `Records`."""

    def __init__(self, store: Store, shell: Shell) -> None:
        self._store = store
        self._shell = shell

    def token(self, id: str) -> TokenRecord | None:
        doc = self._store.get(TOKENS, id)
        return None if doc is None else _record(doc)

    def tokens(self) -> list[TokenRecord]:
        return [_record(doc) for doc in self._store.find(TOKENS)]

    async def save_token(self, token: TokenRecord) -> None:
        await self._store.commit([Put(TOKENS, token.id, msgspec.to_builtins(token))])

    async def drop_token(self, id: str) -> None:
        await self._store.commit([Delete(TOKENS, id)])

    def knows(self, node_id: str) -> bool:
        return self._shell.control.fleet.nodes.get(node_id) is not None

    async def admit(self, node_id: str, name: str, by: str) -> None:
        if not self.knows(node_id):
            await self._shell.ask(NodeJoined(Node(id=node_id, name=name), by))


def _record(doc: dict[str, Any]) -> TokenRecord:
    try:
        return msgspec.convert(doc, TokenRecord)
    except msgspec.ValidationError as error:
        raise Corrupt(f"The join token {str(doc.get('id'))[:64]!r} in the store is damaged.") from error
