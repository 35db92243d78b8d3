"""Files that a job wrote to its output directory."""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.core.job import Job
from tensorfleet.errors import NotFound, TensorFleetError
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import BYTES, route
from tensorfleet.head.roles import Permission
from tensorfleet.objects.port import Objects
from tensorfleet.wire.manifest import File, fetch_manifest
from tensorfleet.wire.rest import ArtifactPage, ArtifactView

HOPS = 10
"""Symbolic links followed one after the other."""


HANG = "hang/"
"""Where an agent puts the stacks of ranks that made no steps."""


class ArtifactQuery(msgspec.Struct, frozen=True):
    node_rank: Annotated[int | None, Meta(description="the copy of this node; the lowest that has one otherwise")] = (
        None
    )


@route("GET", "/api/v1/jobs/{job}/artifacts", Permission.READ, tag="jobs", errors=[NotFound])
async def list_artifacts(call: Call[None, None]) -> ArtifactPage:
    """List the files a job wrote.

    Those that its ranks left in their output directories, of its latest attempt, by path and node; and in `hang/` the
    stacks of attempts that hung.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    views = []
    for node_rank, tree in (await _trees(job, call.services.objects)).items():
        for path in tree:
            file = _resolve(tree, path)
            if file is not None:
                views.append(ArtifactView(path, file.size, file.mode, node_rank))
    return ArtifactPage(sorted(views, key=lambda view: (view.path, view.node_rank)), None)


@route(
    "GET",
    "/api/v1/jobs/{job}/artifacts/{path}",
    Permission.READ,
    tag="jobs",
    also={BYTES: "The file, whatever is in it; never interpreted by the head."},
    errors=[NotFound],
)
async def get_artifact(call: Call[ArtifactQuery, None]) -> web.StreamResponse:
    """Get a file a job wrote.

    The path is compared with those in the list and with nothing else.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    path, wanted = call.part("path"), call.query.node_rank
    for node_rank, tree in (await _trees(job, call.services.objects)).items():
        file = _resolve(tree, path) if wanted in (None, node_rank) else None
        if file is not None:
            return await send_file(call, file)
    raise NotFound(f"Job {job.id} has no artifact {path[:80]!r}.", f"`tensorfleet artifacts {job.id}` lists them.")


async def _trees(job: Job, objects: Objects) -> dict[int, dict[str, File]]:
    """What each node brought back in the latest attempt, by path; and of earlier ones the stacks of those that hung."""
    trees: dict[int, dict[str, File]] = {}
    for attempt in job.attempts:
        for share in attempt.shares:
            if share.outputs and (share.hang or attempt is job.attempt):
                manifest = await fetch_manifest(share.outputs, objects.get)
                kept = (file for file in manifest.files if attempt is job.attempt or file.path.startswith(HANG))
                trees.setdefault(share.node_rank, {}).update((file.path, file) for file in kept)
    return trees


def _resolve(tree: dict[str, File], path: str) -> File | None:
    """The regular file at `path`, through links inside the tree."""
    for _ in range(HOPS):
        file = tree.get(path)
        if file is None or not file.target:
            return file
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), file.target))
    return None


async def send_file(call: Call[Any, Any], file: File) -> web.StreamResponse:
    """The answer that is the content of `file`, for download."""
    chunks = _chunks(call.services.objects, file)
    # The first chunk is read before the answer begins, so that most of what can go wrong still gets a status.
    first = await anext(chunks, b"")
    name = quote(posixpath.basename(file.path), safe="")
    response = web.StreamResponse(headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})
    response.content_type, response.content_length = BYTES, file.size
    await response.prepare(call.request)
    try:
        await response.write(first)
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
    except TensorFleetError:
        # Cut off short of the announced length, so that nobody takes half a file for the whole.
        if call.request.transport is not None:
            call.request.transport.abort()
    return response


async def _chunks(objects: Objects, file: File) -> AsyncIterator[bytes]:
    for digest in file.chunks:
        yield await objects.get(digest)
