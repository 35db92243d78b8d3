"""The description is OpenAPI 3.1, holds every route with all it takes and gives, and can be read by people."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from process.rest_head import Head
from tensorfleet.head.http.app import ROUTES
from tensorfleet.head.http.route import Route


@pytest.fixture(scope="module")
def document(rest: Head):
    return rest.ask("GET", "/openapi.json").json


def test_it_is_valid(document) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_is_described(document, route: Route) -> None:
    operation = document["paths"][route.path][route.method.lower()]
    assert operation["summary"].endswith(".")
    assert str(route.status) in operation["responses"]
    named = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
    assert named == set(re.findall(r"{(\w+)}", route.path))
    assert all(parameter["description"] for parameter in operation["parameters"])
    assert ("requestBody" in operation) is (route.body is not None)
    assert ("401" in operation["responses"]) is bool(operation["security"]) or route.name in ("login", "exchange_token")


def test_nothing_else_is_described(document) -> None:
    assert sum(len(methods) for methods in document["paths"].values()) == len(ROUTES)
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


def test_streams_and_texts_are_described_beside_the_json(document) -> None:
    content = document["paths"]["/api/v1/jobs/{job}/logs"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/json", "text/event-stream", "text/plain"]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.add(tag)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        if found.get("id"):
            assert found["id"] not in self.ids
            self.ids.add(str(found["id"]))
        if "href" in found:
            self.links.add(str(found["href"]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_all_of_it_and_needs_nothing_else(rest: Head, document) -> None:
    answer = rest.ask("GET", "/docs")
    assert "script" not in answer.headers["Content-Security-Policy"]
    page = _Page()
    page.feed(answer.data.decode())
    assert not page.open
    assert {route.name for route in ROUTES} <= page.ids
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= page.ids
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    assert {link for link in page.links if not link.startswith("#")} == {"/openapi.json"}
    assert not page.tags & {"script", "link", "img", "iframe"}


def test_a_problem_links_to_where_it_is_explained(rest: Head) -> None:
    page = rest.ask("GET", "/docs").data.decode()
    for answer in (
        rest.ask("GET", "/api/v1/jobs/none"),
        rest.ask("GET", "/api/v1/jobs", None),
        rest.ask("PATCH", "/api/v1/jobs"),
        rest.ask("POST", "/api/v1/jobs", body={"x": 1}),
        rest.ask("GET", "/health", Host="evil.example"),
    ):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        assert f'id="{answer.json["type"].removeprefix("/docs#")}"' in page
