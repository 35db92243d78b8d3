"""The description of the REST interface, for machines and for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

import msgspec
from aiohttp import web

from tensorfleet.head.http.call import Call
from tensorfleet.head.http.errors import every_error, status_of
from tensorfleet.head.http.openapi import INTRODUCTION, TAGS, describe
from tensorfleet.head.http.page import page
from tensorfleet.head.http.route import HTML, JSON, PAGES, route
from tensorfleet.head.roles import ROLES, Permission

Json = dict[str, Any]


@route("GET", "/openapi.json", Permission.READ, tag="head", also={JSON: "An OpenAPI 3.1 document."})
async def show_openapi(call: Call[None, None]) -> web.Response:
    """Read the description of this interface."""
    return web.Response(body=msgspec.json.encode(describe(call.site.routes)), content_type=JSON)


@route("GET", "/docs", Permission.READ, tag=PAGES, also={HTML: "A page."})
async def show_docs(call: Call[None, None]) -> web.Response:
    """Read about this interface.

    The same description as a page.
    """
    return page("TensorFleet · REST", render(describe(call.site.routes)))


def render(document: Json) -> str:
    """The document as the body of a page."""
    sections = [
        f"<h1>TensorFleet {escape(document['info']['version'])}: the REST interface</h1><p>{_prose(INTRODUCTION)}</p>",
        '<p>As <a href="/openapi.json">OpenAPI 3.1</a> for programs.</p><nav>',
        *(f'<a href="#about-{tag}">{tag}</a>' for tag in (*TAGS, "roles", "problems", "schemas")),
        "</nav>",
    ]
    for tag, text in TAGS.items():
        sections.append(f'<h2 id="about-{tag}">{tag}</h2><p>{escape(text)}</p>')
        for path, methods in document["paths"].items():
            sections += [_operation(path, verb, op) for verb, op in methods.items() if tag in op["tags"]]
    sections += [_roles(), _problems(), _schemas(document["components"]["schemas"])]
    return "".join(sections)


def _prose(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _table(rows: Iterable[Iterable[str]]) -> str:
    """Cells are HTML."""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{body}</table>" if body else ""


def _operation(path: str, verb: str, operation: Json) -> str:
    inputs = [
        (f"<code>{escape(p['name'])}</code>", p["in"], _type(p["schema"]), _prose(p["description"]))
        for p in operation["parameters"]
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        inputs.append(("body", escape(media), _type(content.get("schema", {})), ""))
    outputs = []
    for status, response in operation["responses"].items():
        types = {_type(content.get("schema", {})) for content in response.get("content", {}).values()}
        outputs.append((status, " ".join(sorted(types)), _prose(response["description"])))
    return (
        f'<h3 id="{operation["operationId"]}"><span class="method">{verb.upper()}</span> '
        f"<code>{escape(path)}</code></h3>"
        f"<p>{_prose(operation['summary'])} {_prose(operation['description'])}</p>{_table(inputs)}{_table(outputs)}"
    )


def _type(schema: Json) -> str:
    """A schema in a few words, with links to the named ones."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    kind = str(schema.get("type", ""))
    if kind == "array":
        inner = [_type(option) for option in schema.get("prefixItems", [])] or [_type(schema.get("items") or {})]
        return f"list of {', '.join(inner)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    bounds = [
        f"≥ {schema['minimum']}" if "minimum" in schema else "",
        f"≤ {schema['maximum']}" if "maximum" in schema else "",
    ]
    return " ".join(filter(None, (kind, *bounds)))


def _roles() -> str:
    permissions = [p for p in Permission if p is not Permission.NOTHING]
    rows = [["", *(f"<b>{role}</b>" for role in ROLES)]]
    rows += [[p.value, *("yes" if p in may else "" for may in ROLES.values())] for p in permissions]
    return f'<h2 id="about-roles">roles</h2>{_table(rows)}'


def _problems() -> str:
    rows = sorted(
        (str(status_of(kind)), f'<code id="problem-{kind.code}">{kind.code}</code>', escape(kind.title))
        for kind in every_error()
    )
    return f'<h2 id="about-problems">problems</h2>{_table(rows)}'


def _schemas(schemas: Json) -> str:
    sections = ['<h2 id="about-schemas">schemas</h2>']
    for name, schema in sorted(schemas.items()):
        sections.append(f'<h3 id="schema-{name}">{name}</h3><p>{_prose(schema.get("description", ""))}</p>')
        if "enum" in schema:
            sections.append(f"<p>{_type(schema)}</p>")
        required = schema.get("required", [])
        sections.append(
            _table(
                (f"<code>{escape(field)}</code>", _type(inner), "" if field in required else "may be left out")
                for field, inner in schema.get("properties", {}).items()
            )
        )
    return "".join(sections)
