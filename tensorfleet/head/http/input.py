"""Queries and bodies from text to checked structs. Whatever is wrong is an InvalidRequest that names it."""

from __future__ import annotations

import difflib
import json
import math
import re
from typing import Any, Final, TypeVar, get_args

import msgspec
from aiohttp import web
from multidict import MultiMapping

from tensorfleet.errors import InvalidRequest, TooLarge
from tensorfleet.head.http.errors import Malformed, UnsupportedMedia
from tensorfleet.head.http.route import BYTES, FORM, JSON, Route
from tensorfleet.wire.jobfile import check_fields, explain

MAX_JSON: Final = 2**20
"""Bytes in a JSON body."""

MAX_DEPTH: Final = 32
"""Objects and lists inside each other in a JSON body."""

DIGITS: Final = 20
"""Of a whole number in a JSON body, its sign among them."""

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,19})?")
S = TypeVar("S", bound=msgspec.Struct)


def read_query(given: MultiMapping[str], model: type[S]) -> S:
    """The query parameters in `given`. Raises InvalidRequest for one that is unknown, doubled or wrong."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    plain: dict[str, Any] = {}
    for name in dict.fromkeys(given):
        if name not in fields:
            raise _unknown(name, list(fields))
        kinds = _kinds(fields[name].type)
        values = given.getall(name)
        if list in kinds:
            plain[name] = values
        elif len(values) > 1:
            raise InvalidRequest(f"{name}: given {len(values)} times, but it takes one value.")
        else:
            plain[name] = _plain(name, values[0], kinds)
    try:
        return msgspec.convert(plain, model)
    except msgspec.ValidationError as error:
        raise explain(error, model) from error


def no_query(given: MultiMapping[str]) -> None:
    """Raises InvalidRequest where there are parameters and none are known."""
    for name in given:
        raise _unknown(name, [])


def _unknown(name: str, known: list[str]) -> InvalidRequest:
    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(sorted(known))}." if known else ""
    return InvalidRequest(f"There is no parameter `{name[:80]}` here.", hint)


def _kinds(hint: Any) -> set[type]:
    """The plain types that a field's annotation comes down to."""
    if isinstance(hint, type):
        return {hint}
    origin = getattr(hint, "__origin__", None)
    if isinstance(origin, type):
        return {origin}
    return {kind for part in get_args(hint) for kind in _kinds(part)}


def _plain(name: str, text: str, kinds: set[type]) -> str | int | float:
    if "\0" in text:
        raise InvalidRequest(f"{name}: holds a NUL character.")
    if int in kinds:
        if not _INTEGER.fullmatch(text):
            raise InvalidRequest(f"{name}: {text[:40]!r} is not a whole number.")
        return int(text)
    if float in kinds:
        if not _NUMBER.fullmatch(text):
            raise InvalidRequest(f"{name}: {text[:40]!r} is not a number.")
        return float(text)
    return text


async def read_body(request: web.Request, route: Route) -> Any:
    """The body that `route` declares, checked. Raises UnsupportedMedia, TooLarge, InvalidRequest, Malformed."""
    if route.body is None:
        return None
    _check_media(request, route.takes)
    if route.takes == BYTES:
        return await _bytes(request, request.client_max_size)
    data = await _bytes(request, MAX_JSON)
    if route.takes == FORM:
        return _read_form(data, route.body)
    return read_json(data, route.body)


def _check_media(request: web.Request, takes: str) -> None:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMedia("The body is compressed.", "Send it plain.")
    if request.content_type != takes:
        raise UnsupportedMedia(
            f"The body has to be {takes}, not {request.content_type[:80]}.", f"Send `Content-Type: {takes}`."
        )
    if takes == JSON and (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMedia("JSON is sent in UTF-8.")


async def _bytes(request: web.Request, limit: int) -> bytes:
    large = TooLarge(f"The body is over the {limit} bytes that fit.")
    if (request.content_length or 0) > limit:
        raise large
    try:
        data = await request.read()
    except web.RequestPayloadError as error:
        raise Malformed("The body could not be read.") from error
    if len(data) > limit:
        raise large
    return data


def read_json(data: bytes, model: type[S]) -> S:
    """The `model` in `data`. Refuses what JSON readers disagree about: NaN, doubled names, lone surrogates."""
    try:
        text = data.decode()
        plain = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
        )
    except UnicodeDecodeError as error:
        raise InvalidRequest("The body is not UTF-8.") from error
    except RecursionError as error:
        raise InvalidRequest("The request is nested too deeply.") from error
    except ValueError as error:
        raise InvalidRequest(f"The body is not JSON: {str(error)[:200]}.") from error
    _check_tree(plain)
    if not isinstance(plain, dict):
        raise InvalidRequest("The body has to be a JSON object.")
    return check_fields(plain, model)


def _read_form(data: bytes, model: type[S]) -> S:
    from urllib.parse import parse_qsl

    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, strict_parsing=bool(data), max_num_fields=20)
    except ValueError as error:
        raise InvalidRequest("The body is not a form.") from error
    return check_fields(_object(pairs), model)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRequest(f"The field `{twice[:80]}` is given twice.")
    return found


def _no_constant(name: str) -> float:
    raise InvalidRequest(f"{name} is not a number in JSON.")


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise InvalidRequest(f"The number {text[:40]}… is too large.")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidRequest(f"The number {text[:40]} is too large.")
    return value


def _check_tree(plain: Any) -> None:
    """Raises InvalidRequest for one nested too deeply, or with text that is not Unicode."""
    waiting = [(plain, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise InvalidRequest(f"The request is nested too deeply: over {MAX_DEPTH} levels.")
            if isinstance(value, dict):
                waiting += [(name, depth) for name in value]
                value = value.values()
            waiting += [(inner, depth + 1) for inner in value]
        elif isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise InvalidRequest("The request holds half of a surrogate pair, which is no text.")
