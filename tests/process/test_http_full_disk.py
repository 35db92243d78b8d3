"""A disk that takes no more: what would have to be kept is refused for now, what is only read goes on."""

from __future__ import annotations

from pathlib import Path

from process.rest_head import head
from tensorfleet.store.faulty import Fault, FaultyStore
from tensorfleet.store.memory import MemoryStore


def test_a_full_disk_refuses_changes_for_now_and_nothing_else(tmp_path: Path) -> None:
    full = False
    with head(tmp_path, FaultyStore(MemoryStore(), lambda _: Fault.FULL if full else None)) as running:
        job = {"run": "true", "name": "kept"}
        assert running.ask("POST", "/api/v1/jobs", body=job).status == 201
        key = running.key_for("ann", "member")
        full = True
        for method, path, body in (
            ("POST", "/api/v1/jobs", job),
            ("POST", "/api/v1/jobs/kept/kill", None),
            ("POST", "/api/v1/keys", {"user": "ben"}),
            ("POST", "/api/v1/join-tokens", None),
        ):
            refused = running.ask(method, path, body=body, Idempotency_Key="once")
            assert (refused.status, refused.json["code"]) == (507, "store_full"), path
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.json["blame"] == "infra"
        assert running.ask("GET", "/api/v1/jobs", key).status == 200, "the use of a key need not be recorded"
        full = False
        again = running.ask("POST", "/api/v1/jobs", body=job, Idempotency_Key="once")
        assert again.status == 201
        assert len(running.ask("GET", "/api/v1/jobs").json["items"]) == 2
