"""What a handler gets, and what all handlers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from aiohttp import web

from tensorfleet.head.roles import Principal
from tensorfleet.head.services import Services

if TYPE_CHECKING:
    from tensorfleet.head.http.site import Site

Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One authenticated, permitted and well-formed request.

    query: the checked query parameters, None for a route without. body: the checked body, bytes for a raw one,
    None for a route without.
    """

    site: Site
    request: web.Request
    who: Principal
    query: Q
    body: B

    @property
    def services(self) -> Services:
        return self.site.services

    def part(self, name: str) -> str:
        """The variable part `name` of the path, decoded."""
        return self.request.match_info[name]

    def wants(self, media: str) -> bool:
        """Whether the client asked for `media` by name."""
        return media in self.request.headers.get("Accept", "")


@dataclass(frozen=True, slots=True)
class Encoded(Generic[B]):
    """A `B` that is JSON already."""

    data: bytes
