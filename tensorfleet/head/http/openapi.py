"""The description of the REST interface (OpenAPI 3.1), made from the routes and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from tensorfleet import __version__
from tensorfleet.errors import TensorFleetError
from tensorfleet.head.http.errors import MEDIA, status_of
from tensorfleet.head.http.guard import CSRF_HEADER, SAFE
from tensorfleet.head.http.route import BYTES, JSON, PAGES, Route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import Problem

Json = dict[str, Any]

REF: Final = "#/components/schemas/{name}"

PARTS: Final = {
    "job": "A job's id, or its name for the newest of that name.",
    "worker": "A node's id or name.",
    "key": "A key's id.",
    "reservation": "A reservation's id.",
    "digest": "SHA-256 of the blob, in lower-case hexadecimal.",
    "path": "The file's path as in the list.",
    "checkpoint": "A step, `latest` or `best`.",
    "asset": "A file's name.",
    "page": "A page of the web interface.",
}

TAGS: Final = {
    "jobs": "What was asked to run, and what comes of it.",
    "code": "Uploading what jobs run.",
    "workers": "The nodes of the fleet.",
    "events": "The fleet's history, and what happens now.",
    "queue": "The order in which jobs start, and its policy.",
    "keys": "Credentials.",
    "login": "Getting a credential.",
    "head": "The head itself.",
    PAGES: "For people.",
}

INTRODUCTION: Final = (
    "One head, its nodes and their jobs. Send `Authorization: Bearer KEY`; a browser has a session cookie instead, "
    f"and changes by cookie also need the header `{CSRF_HEADER}: 1` and an Origin of this head. Times are seconds "
    "since 1970 (UTC), sizes are bytes. What is refused says why in application/problem+json: a stable `code`, a "
    "sentence and a hint."
)


def parts_of(route: Route) -> list[str]:
    """The names of the variable parts of a path."""
    return re.findall(r"{(\w+)}", route.path)


def describe(routes: Sequence[Route]) -> Json:
    """The whole document."""
    models = {model for route in routes for model in (route.query, route.body, route.answer) if _is_model(model)}
    _, schemas = msgspec.json.schema_components([*sorted(models, key=str), Problem], ref_template=REF)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    queries = {route.query.__name__ for route in routes if route.query}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TensorFleet",
            "version": __version__,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: `tfk_…`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "tensorfleet",
                    "description": "A browser's session; under TLS its name is `__Host-tensorfleet`.",
                },
            },
        },
    }


def _is_model(model: type[Any] | None) -> bool:
    return model is not None and issubclass(model, msgspec.Struct)


def _operation(route: Route, schemas: Json) -> Json:
    public = route.permission is Permission.NOTHING
    needs = "" if public else f"Needs the permission to {route.permission.value}."
    operation: Json = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "description": " ".join(filter(None, (route.description, needs))),
        "parameters": [*_path(route), *_query(route, schemas), *_headers(route)],
        "responses": _responses(route),
        "security": [] if public else [{"key": []}, {"session": []}],
    }
    if route.body is bytes:
        operation["requestBody"] = {"required": True, "content": {BYTES: {}}}
    elif route.body is not None:
        operation["requestBody"] = {"required": True, "content": {route.takes: {"schema": _ref(route.body)}}}
    return operation


def _ref(model: type[Any]) -> Json:
    return {"$ref": REF.format(name=model.__name__)}


def _path(route: Route) -> Iterable[Json]:
    for name in parts_of(route):
        schema: Json = {"type": "string", "minLength": 1}
        if name == "digest":
            schema["pattern"] = "^[0-9a-f]{64}$"
        yield {"name": name, "in": "path", "required": True, "description": PARTS[name], "schema": schema}


def _query(route: Route, schemas: Json) -> Iterable[Json]:
    if route.query is None:
        return
    for name, schema in schemas[route.query.__name__]["properties"].items():
        plain = _without_null(schema)
        text = plain.pop("description", "")
        if plain.get("default") is None:
            plain.pop("default", None)
        yield {"name": name, "in": "query", "required": False, "description": text, "schema": plain}


def _without_null(schema: Json) -> Json:
    """A parameter that may be left out is never null."""
    plain = dict(schema)
    options = [option for option in plain.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        plain = {**options[0], **plain}
    return plain


def _headers(route: Route) -> Iterable[Json]:
    for name, text in route.headers.items():
        yield {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
    if route.method not in SAFE and route.permission is not Permission.NOTHING:
        text = "1; only needed for changes by cookie."
        yield {
            "name": CSRF_HEADER,
            "in": "header",
            "required": False,
            "description": text,
            "schema": {"type": "string"},
        }


def _responses(route: Route) -> Json:
    content = {media: {"schema": {"type": "object" if media == JSON else "string"}} for media in route.also}
    if BYTES in content:
        content[BYTES] = {}
    if route.answer is not None:
        content = {JSON: {"schema": _ref(route.answer)}, **content}
    text = " ".join([HTTPStatus(route.status).phrase + ".", *(f"{m}: {t}" for m, t in route.also.items())])
    responses: Json = {str(route.status): {"description": text, **({"content": content} if content else {})}}
    for status, meaning in route.other.items():
        responses[str(status)] = {"description": meaning, **({"content": content} if content else {})}
    by_status: dict[int, list[type[TensorFleetError]]] = {}
    for error in route.errors:
        by_status.setdefault(status_of(error), []).append(error)
    for status, errors in sorted(by_status.items()):
        responses[str(status)] = _problem(status, errors)
    return responses


def _problem(status: int, errors: list[type[TensorFleetError]]) -> Json:
    text = "; ".join(f"`{error.code}`: {error.title}" for error in errors) + "."
    found: Json = {"description": text, "content": {MEDIA: {"schema": _ref(Problem)}}}
    if status in (429, 503, 507):
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"description": "How to log in.", "schema": {"type": "string"}}}
    return found
