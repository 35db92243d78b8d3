"""A handler's declaration: what it is called by, who may, what goes in and what comes out.

The types come from the handler's signature and the prose from its docstring, so that the documentation cannot say
anything else than the code. `site.py` serves a route, `openapi.py` and `docs.py` describe it.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from tensorfleet import errors
from tensorfleet.errors import TensorFleetError
from tensorfleet.head.http.call import Call, Encoded
from tensorfleet.head.http.errors import Malformed, UnsupportedMedia, WrongHost
from tensorfleet.head.roles import Permission

EVENTS: Final = "text/event-stream"
TEXT: Final = "text/plain"
HTML: Final = "text/html"
BYTES: Final = "application/octet-stream"
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

PAGES: Final = "pages"
"""The tag of what people look at: links to it may carry anything in their query."""

R = TypeVar("R")
Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """query and body: the model, or None. answer: the JSON it gives, or None. also: other media types it gives, each
    with what is in them. takes: the media type of its body. headers: those it reads, each with its meaning."""

    method: str
    path: str
    permission: Permission
    handler: Handler
    tag: str
    summary: str
    description: str
    query: type[msgspec.Struct] | None
    body: type[Any] | None
    answer: type[Any] | None
    status: int
    also: Mapping[str, str]
    takes: str
    headers: Mapping[str, str]
    errors: tuple[type[TensorFleetError], ...]
    other: Mapping[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.handler.__name__


def route(
    method: str,
    path: str,
    permission: Permission,
    *,
    tag: str,
    status: int = 200,
    also: Mapping[str, str] | None = None,
    takes: str = JSON,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[type[TensorFleetError]] = (),
    other: Mapping[int, str] | None = None,
) -> Callable[[Callable[[Call[Any, Any]], Awaitable[R]]], Route]:
    """Makes a Route of the handler below. errors: those it raises itself. other: further statuses it answers with.

    A handler is `async def verb(call: Call[Query | None, Body | None]) -> Answer` with a docstring. Raises TypeError
    at the import for one that is not, or that does not say who may call it.
    """

    def declare(handler: Callable[[Call[Any, Any]], Awaitable[R]]) -> Route:
        if not isinstance(permission, Permission):
            raise TypeError(f"{handler.__qualname__} declares no permission")
        hints = typing.get_type_hints(handler)
        query, body = typing.get_args(hints["call"])
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
        if not summary:
            raise TypeError(f"{handler.__qualname__} has no docstring")
        return Route(
            method=method,
            path=path,
            permission=permission,
            handler=handler,
            tag=tag,
            summary=" ".join(summary.split()),
            description=" ".join(description.split()),
            query=None if query is type(None) else query,
            body=None if body is type(None) else body,
            answer=_answer(hints["return"]),
            status=status,
            also=also or {},
            takes=BYTES if body is bytes else takes,
            headers=headers or {},
            errors=_errors(permission, query, body, errors),
            other=other or {},
        )

    return declare


def _answer(hint: Any) -> type[Any] | None:
    """The JSON model among what a handler returns."""
    for part in typing.get_args(hint) if _is_union(hint) else (hint,):
        if typing.get_origin(part) is Encoded:
            model: type[Any] = typing.get_args(part)[0]
            return model
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
        if part is not type(None) and not (isinstance(part, type) and issubclass(part, web.StreamResponse)):
            raise TypeError(f"{part!r} is no answer")
    return None


def _is_union(hint: Any) -> bool:
    return type(hint).__name__ in ("UnionType", "_UnionGenericAlias")


def _errors(
    permission: Permission, query: object, body: object, own: Sequence[type[TensorFleetError]]
) -> tuple[type[TensorFleetError], ...]:
    """`own` and what every route of this kind may answer."""
    kinds: list[type[TensorFleetError]] = [Malformed, WrongHost, *own]
    if permission is not Permission.NOTHING:
        kinds += [errors.NotAuthenticated, errors.NotAllowed, errors.TooManyRequests]
    if body is not type(None):
        kinds += [errors.TooLarge, errors.InvalidRequest, UnsupportedMedia]
    if query is not type(None):
        kinds.append(errors.InvalidRequest)
    return tuple(dict.fromkeys(kinds))
