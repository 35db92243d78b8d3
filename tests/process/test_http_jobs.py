"""Jobs over REST: submitted once, listed page by page, found by name, stopped; and their code known to be here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from process.rest_head import Head, head
from tensorfleet.recipes.catalog import RECIPES
from tensorfleet.wire.manifest import File, Manifest, decode_manifest, digest_of, encode_manifest


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Head]:
    """A head for one test alone: what waits in the queue of others does not get in the way."""
    with head(tmp_path) as running:
        yield running


def submit(rest: Head, key: str = "admin", idempotency: str = "", **job: object):
    headers = {"Idempotency_Key": idempotency} if idempotency else {}
    return rest.ask("POST", "/api/v1/jobs", key, {"run": "true", **job}, **headers)


def upload(rest: Head, data: bytes, key: str = "admin") -> str:
    digest = digest_of(data)
    answer = rest.ask("PUT", f"/api/v1/blobs/{digest}", key, data, Content_Type="application/octet-stream")
    assert answer.status == 204, answer.data
    return digest


def test_a_job_is_answered_when_it_is_stored(rest: Head) -> None:
    made = submit(rest, name="first", env={"A": 1}, priority=7)
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/jobs/{made.json['id']}"
    stored = rest.do(lambda: rest.services.store.get("jobs", made.json["id"]))
    assert (stored["spec"]["name"], stored["spec"]["env"], stored["owner"]) == ("first", {"A": "1"}, "admin")
    assert rest.ask("GET", made.headers["Location"]).json == made.json


def test_the_same_key_gives_the_same_job(rest: Head) -> None:
    first, again = (submit(rest, name="once", idempotency="abc") for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers


def test_the_same_key_with_another_body_is_refused(rest: Head) -> None:
    submit(rest, name="one", idempotency="taken")
    refused = submit(rest, name="other", idempotency="taken")
    assert (refused.status, refused.json["code"]) == (409, "conflict")


def test_keys_of_two_users_do_not_meet(rest: Head) -> None:
    key = rest.key_for("ann", "member")
    assert submit(rest, name="mine", idempotency="k").status == 201
    assert submit(rest, key, name="mine", idempotency="k").status == 201


def test_many_at_once_with_one_key_make_one_job(rest: Head) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: submit(rest, name="race", idempotency="race"), range(32)))
    assert len({answer.json["id"] for answer in answers}) == 1
    assert sorted(answer.status for answer in answers) == [200] * 31 + [201]


def test_a_key_of_a_refused_request_is_free_again(rest: Head) -> None:
    assert submit(rest, name="bad name", idempotency="again").status == 422
    assert submit(rest, name="good-name", idempotency="again").status == 201


def test_an_idempotency_key_is_printable_and_short(rest: Head) -> None:
    assert submit(rest, idempotency="x" * 256).status == 422


def test_pages_hold_every_job_once_newest_first(rest: Head) -> None:
    made = [submit(rest, name="paged").json["id"] for _ in range(11)]
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = rest.ask("GET", f"/api/v1/jobs?name=paged&limit=4{f'&cursor={cursor}' if cursor else ''}").json
        seen += [job["id"] for job in page["items"]]
        cursor, pages = page["next"], pages + 1
        if pages == 1:
            submit(rest, name="paged")
    assert seen == made[::-1]
    assert pages == 3


def test_filters_are_exact_and_go_together(own: Head) -> None:
    own.join(slots=1)
    done = submit(own, name="filtered").json["id"]
    own.finish(done)
    gone, waits = (submit(own, name="filtered").json["id"] for _ in range(2))
    own.ask("POST", f"/api/v1/jobs/{gone}/kill")

    def ids(query: str) -> list[str]:
        return [job["id"] for job in own.ask("GET", f"/api/v1/jobs?name=filtered&{query}").json["items"]]

    assert ids("state=succeeded") == [done]
    assert ids("state=succeeded&state=stopping") == [gone, done]
    assert ids("owner=admin&state=queued") == [waits]
    assert ids("owner=adm") == ids("team=defaul") == []


def test_a_shown_job_follows_what_happens(own: Head) -> None:
    waiting = submit(own, name="shown").json
    assert (waiting["state"], waiting["attempt"]) == ("queued", 0)
    assert waiting["why"]
    assert own.ask("GET", "/api/v1/jobs").json["items"] == [waiting]
    why = own.ask("GET", f"/api/v1/jobs/{waiting['id']}/why").json
    assert (why["state"], why["text"]) == ("queued", waiting["why"])
    own.join("n1")
    placed = own.ask("GET", "/api/v1/jobs").json["items"][0]
    assert (placed["state"], placed["why"], placed["shares"][0]["node"]) == ("starting", "", "n1")
    own.finish(waiting["id"], code=7)
    ended = own.ask("GET", "/api/v1/jobs/shown").json
    assert (ended["state"], ended["cause"]["exit_code"]) == ("failed", 7)
    kinds = [event["kind"] for event in own.ask("GET", "/api/v1/jobs/shown/events").json["items"]]
    assert kinds == ["job.queued", "job.starting", "job.running", "job.failed"]


def test_a_job_that_is_over_cannot_be_stopped(own: Head) -> None:
    job = submit(own, name="over").json["id"]
    for grace in (-1, 3601):
        assert own.ask("POST", f"/api/v1/jobs/{job}/stop", body={"grace": grace}).status == 422
    assert own.ask("POST", f"/api/v1/jobs/{job}/stop", body={}).json["state"] == "cancelled"
    for verb, body in (("stop", {"grace": 1.5}), ("kill", None)):
        refused = own.ask("POST", f"/api/v1/jobs/{job}/{verb}", body=body)
        assert (refused.status, refused.json["code"]) == (409, "conflict")


def test_what_no_fleet_could_place_is_refused_with_what_it_could(own: Head) -> None:
    own.join(slots=4)
    refused = submit(own, resources={"slots": 5})
    assert (refused.status, refused.json["code"]) == (422, "impossible_request")
    assert "4 slots" in refused.json["detail"] + refused.json["hint"]


def test_a_plan_tells_and_changes_nothing(rest: Head) -> None:
    before = rest.do(rest.services.store.last_event)
    plan = rest.ask("POST", "/api/v1/jobs:plan", body={"run": "true", "resources": {"slots": 1}})
    assert plan.status == 200
    assert isinstance(plan.json["starts_now"], bool)
    assert rest.ask("POST", "/api/v1/jobs:plan", body={"run": "true", "resource": {}}).status == 422
    assert rest.do(rest.services.store.last_event) == before


def test_code_that_is_not_all_here_is_refused_with_what_is_missing(rest: Head) -> None:
    have, lack = b"print(1)\n", b"print(2)\n"
    files = [File(name, 0o644, len(data), (digest_of(data),)) for name, data in (("a.py", have), ("b.py", lack))]
    manifest = encode_manifest(Manifest(tuple(files)))
    digest = digest_of(manifest)
    refused = submit(rest, code=digest)
    assert (refused.status, digest in refused.json["hint"]) == (422, True)
    upload(rest, have)
    upload(rest, manifest)
    refused = submit(rest, code=digest)
    assert (refused.status, digest_of(lack) in refused.json["detail"]) == (422, True)
    missing = rest.ask("POST", "/api/v1/blobs:missing", body={"digests": [digest_of(have), digest_of(lack)]})
    assert missing.json == {"missing": [digest_of(lack)]}
    upload(rest, lack)
    assert submit(rest, code=digest).json["code"] == digest


def test_code_that_is_no_manifest_is_refused(rest: Head) -> None:
    for digest in (upload(rest, b"no manifest"), "0" * 63, "../" + "0" * 61, "Z" * 64):
        assert submit(rest, code=digest).status == 422


def test_a_blob_has_the_name_of_its_content_and_four_megabytes_at_most(rest: Head) -> None:
    kind = {"Content_Type": "application/octet-stream"}
    assert rest.ask("PUT", f"/api/v1/blobs/{'0' * 64}", body=b"x", **kind).status == 422
    large = b"x" * (4 * 2**20)
    upload(rest, large)
    over = large + b"x"
    assert rest.ask("PUT", f"/api/v1/blobs/{digest_of(over)}", body=over, **kind).status == 413


def test_a_recipe_becomes_its_script_and_command(rest: Head) -> None:
    job = rest.ask("POST", "/api/v1/jobs", body={"recipe": "digits", "params": {"epochs": 3}}).json
    assert (job["recipe"], job["name"], job["run"]) == ("digits", "digits", ["python", "digits.py", "--epochs", "3"])
    manifest = decode_manifest(rest.do(rest.services.objects.get(job["code"])))
    assert [file.path for file in manifest.files] == ["digits.py"]
    script = b"".join(rest.do(rest.services.objects.get(chunk)) for chunk in manifest.files[0].chunks)
    assert script == RECIPES["digits"].script.read_bytes()


def test_a_recipe_runs_beside_the_users_own_files(rest: Head) -> None:
    data = b"a text of my own\n"
    upload(rest, data)
    code = upload(rest, encode_manifest(Manifest((File("mine.txt", 0o644, len(data), (digest_of(data),)),))))
    job = rest.ask("POST", "/api/v1/jobs", body={"recipe": "charlm", "params": {"text": "mine.txt"}, "code": code}).json
    manifest = decode_manifest(rest.do(rest.services.objects.get(job["code"])))
    assert [file.path for file in manifest.files] == ["charlm.py", "mine.txt"]


def test_wrong_recipes_are_refused_with_the_nearest_name(rest: Head) -> None:
    for body, word in (
        ({"recipe": "digit"}, "digits"),
        ({"recipe": "digits", "params": {"epoch": 1}}, "epochs"),
        ({"recipe": "digits", "params": {"epochs": "many"}}, "epochs"),
        ({"recipe": "digits", "run": "true"}, "recipe"),
        ({"run": "true", "params": {"epochs": 1}}, "params"),
        ({"run": "true", "workdir": "."}, "workdir"),
    ):
        refused = rest.ask("POST", "/api/v1/jobs", body=body)
        assert refused.status == 422
        assert word in refused.json["detail"] + refused.json["hint"]
