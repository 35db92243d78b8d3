"""Every route under generated requests, right and wrong ones (schemathesis): no fault, nothing undocumented.

The seed is fixed, so that a run finds what the last one found. Some jobs and nodes have the names that Hypothesis
tries first, so that not everything is about things that do not exist.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from process.rest_head import Head
from tensorfleet.head.http.app import ROUTES
from tensorfleet.head.http.openapi import describe

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDLESS = {"watch_workers"}
"""Answers by a stream that has no end; tried in test_http_streams.py."""

EXAMPLES = 20

_CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(with_security_parameters=False)))
)
_SCHEMA = schemathesis.openapi.from_dict(describe(ROUTES), config=_CONFIG)
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for operation in (result.ok() for result in _SCHEMA.get_all_operations())
    if operation.definition.raw["operationId"] not in ENDLESS
}


@pytest.fixture(scope="module")
def keys(rest: Head) -> dict[str, str | None]:
    for name in ("0", "00", "a", "A"):
        rest.join(name, slots=100_000)
        job = rest.ask("POST", "/api/v1/jobs", body={"run": "true", "name": name, "team": "vision"}).json["id"]
        rest.finish(job)
    return {"admin": rest.admin, "viewer": rest.key_for("looker", "viewer"), "nobody": None}


def test_every_route_is_tried() -> None:
    assert OPERATIONS.keys() | ENDLESS == {route.name for route in ROUTES}


@pytest.mark.parametrize("who", ["admin", "viewer", "nobody"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_requests_of_every_kind(rest: Head, keys: dict[str, str | None], name: str, who: str) -> None:
    operation, key = OPERATIONS[name], keys[who]
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    public = operation.definition.raw["security"] == []
    if public and who == "viewer":
        pytest.skip("nobody may as well")
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=right | wrong)
    @settings(
        max_examples=EXAMPLES if who == "admin" else EXAMPLES // 4,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: schemathesis.Case) -> None:
        response = case.call(base_url=rest.url, headers=headers)
        if who == "nobody" and not public:
            assert response.status_code == 401
        else:
            case.validate_response(response, checks=CHECKS)
        assert b"Traceback" not in response.content

    send()
