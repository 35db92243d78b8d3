"""Every error as `application/problem+json` (RFC 9457), and the one place that knows HTTP statuses."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from tensorfleet import errors
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import Problem

log = logging.getLogger(__name__)

MEDIA: Final = "application/problem+json"

STATUSES: Final[Mapping[type[TensorFleetError], int]] = {
    errors.NotAuthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.InvalidRequest: 422,
    errors.ImpossibleRequest: 422,
    errors.TooManyRequests: 429,
    errors.UserError: 400,
    errors.StoreFull: 507,
    errors.InfraError: 503,
    errors.TensorFleetError: 500,
}
"""The nearest base of an error counts."""

RETRY_AFTER: Final[Mapping[int, int]] = {429: 1, 503: 2, 507: 30}
"""Seconds."""


class UnsupportedMedia(errors.UserError):
    code = "unsupported_media_type"
    title = "The body is of the wrong kind"


class WrongHost(errors.UserError):
    code = "wrong_host"
    title = "Not the name of this server"


class Malformed(errors.UserError):
    code = "malformed"
    title = "Not proper HTTP"


class MethodNotAllowed(errors.UserError):
    code = "method_not_allowed"
    title = "Not a method of this resource"


_OWN: Final[Mapping[type[TensorFleetError], int]] = {
    UnsupportedMedia: 415,
    WrongHost: 421,
    MethodNotAllowed: 405,
    Malformed: 400,
}


def status_of(kind: type[TensorFleetError]) -> int:
    for base in kind.__mro__:
        for table in (_OWN, STATUSES):
            if base in table:
                return table[base]
    return 500


def every_error() -> Iterator[type[TensorFleetError]]:
    """All of the tree that can reach a client, for the documentation."""
    waiting: list[type[TensorFleetError]] = [TensorFleetError]
    while waiting:
        kind = waiting.pop(0)
        waiting += kind.__subclasses__()
        if kind.title != getattr(kind.__base__, "title", ""):
            yield kind


def problem(error: TensorFleetError) -> web.Response:
    status = status_of(type(error))
    body = Problem(
        type=f"/docs#problem-{error.code}",
        title=error.title,
        status=status,
        detail=error.detail,
        code=error.code,
        hint=error.hint,
        blame=error.blame,
    )
    response = web.Response(status=status, body=_encode(body), content_type=MEDIA)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="TensorFleet"'
    if status in RETRY_AFTER:
        response.headers["Retry-After"] = str(RETRY_AFTER[status])
    return response


def _encode(body: Problem) -> bytes:
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        # A detail may quote what somebody sent, lone surrogates included.
        return json.dumps(msgspec.to_builtins(body)).encode()


def from_aiohttp(error: web.HTTPException) -> web.StreamResponse:
    """aiohttp's own refusals in our form; its redirects as they are."""
    if error.status < 400:
        return error
    response = problem(_translate(error))
    if error.status == 405 and "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _translate(error: web.HTTPException) -> TensorFleetError:
    match error.status:
        case 404:
            return errors.NotFound("There is nothing at this address.", "/docs lists what there is.")
        case 405:
            allowed = error.headers.get("Allow", "")
            return MethodNotAllowed(
                "This address does not take that method.", f"It takes {allowed}." if allowed else ""
            )
        case 413:
            return errors.TooLarge("The request is larger than the head accepts.")
        case 415:
            return UnsupportedMedia("The body is of a kind that this address does not take.")
        case status if status >= 500:
            return errors.Fault(HTTPStatus(status).phrase + ".")
        case status:
            return Malformed(f"{HTTPStatus(status).phrase}: the request could not be understood.")


def unforeseen(request_id: str) -> errors.Fault:
    """The answer to what nobody thought of; call it where the exception is being handled."""
    log.exception("request %s failed", request_id)
    return errors.Fault(
        f"Request {request_id} failed inside TensorFleet.", "The head's log has the details under this number."
    )
