"""Files that a job wrote: listed, fetched whole, found by their path and nothing else."""

from __future__ import annotations

from random import Random
from urllib.parse import quote

import pytest
import urllib3

from process.rest_head import Head
from tensorfleet.core.inputs import TaskEnded
from tensorfleet.core.job import RankExit
from tensorfleet.wire.manifest import CHUNK, File, Manifest, digest_of, seal_manifest

FILES = {
    "model/weights.bin": Random(0).randbytes(2_560_000),
    "empty": b"",
    "<b>.html": b"<script>alert(1)</script>",
    "Grüße.txt": "Grüße".encode(),
    "a%2fb": b"percent",
}


@pytest.fixture(scope="module")
def job(rest: Head) -> str:
    """A job over whose one node came back FILES, a link and a link that leads nowhere."""
    rest.join()
    made = rest.ask("POST", "/api/v1/jobs", body={"run": "true"}).json["id"]

    async def end() -> None:
        entries = [File("latest", 0o777, 0, (), "model/weights.bin"), File("loop", 0o777, 0, (), "loop")]
        for path, data in FILES.items():
            chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
            for chunk in chunks:
                await rest.services.objects.put(digest_of(chunk), chunk)
            entries.append(File(path, 0o644, len(data), tuple(map(digest_of, chunks))))
        tree, parts = seal_manifest(Manifest(tuple(entries)))
        for blob in (tree, *parts):
            await rest.services.objects.put(digest_of(blob), blob)
        share = rest.services.shell.job(made)[0].attempt.shares[0]
        outputs = digest_of(tree)
        await rest.services.shell.ask(TaskEnded(share.node, f"{made}.1.0", (RankExit(0, 0),), None, outputs=outputs))

    rest.do(end())
    return made


def test_they_are_listed_with_their_sizes(rest: Head, job: str) -> None:
    listed = rest.ask("GET", f"/api/v1/jobs/{job}/artifacts").json["items"]
    sizes = {path: len(data) for path, data in FILES.items()} | {"latest": len(FILES["model/weights.bin"])}
    assert {artifact["path"]: artifact["size"] for artifact in listed} == sizes


@pytest.mark.parametrize("path", FILES)
def test_they_come_as_they_are(rest: Head, job: str, path: str) -> None:
    answer = rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/{quote(path)}")
    assert answer.data == FILES[path]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_link_gives_what_it_leads_to(rest: Head, job: str) -> None:
    assert rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/latest").data == FILES["model/weights.bin"]
    assert rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/loop").status == 404


@pytest.mark.parametrize("path", ["model", "model/", "/empty", "EMPTY", "empty%20", "a/b", "empty?node_rank=1"])
def test_no_other_path_leads_to_them(rest: Head, job: str, path: str) -> None:
    assert rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/{path}").status == 404


def test_a_file_with_a_lost_part_is_never_taken_for_the_whole(rest: Head, job: str) -> None:
    data = FILES["model/weights.bin"]
    rest.do(rest.services.objects.delete(digest_of(data[CHUNK : 2 * CHUNK])))
    with pytest.raises(urllib3.exceptions.ProtocolError):
        rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/latest")
    rest.do(rest.services.objects.delete(digest_of(data[:CHUNK])))
    assert rest.ask("GET", f"/api/v1/jobs/{job}/artifacts/latest").status == 404
