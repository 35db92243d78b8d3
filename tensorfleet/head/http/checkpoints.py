"""The checkpoints of a job, and the files of one."""

from __future__ import annotations

from aiohttp import web

from tensorfleet.core.checkpoint import Checkpoint
from tensorfleet.core.checkpoints import pick
from tensorfleet.errors import Conflict, NotFound
from tensorfleet.head.http.artifacts import send_file
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import BYTES, route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.checkpoint import CheckpointPage, checkpoint_views
from tensorfleet.wire.manifest import File, fetch_manifest
from tensorfleet.wire.rest import ArtifactPage, ArtifactView


@route("GET", "/api/v1/jobs/{job}/checkpoints", Permission.READ, tag="jobs", errors=[NotFound])
async def list_checkpoints(call: Call[None, None]) -> CheckpointPage:
    """List a job's checkpoints.

    Those that are kept and those on their way, newest first. The next attempt goes on from the first that is `saved`.
    """
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    return CheckpointPage(checkpoint_views(job))


@route(
    "GET",
    "/api/v1/jobs/{job}/checkpoints/{checkpoint}/files",
    Permission.READ,
    tag="jobs",
    errors=[NotFound, Conflict],
)
async def list_checkpoint_files(call: Call[None, None]) -> ArtifactPage:
    """List the files of a checkpoint.

    `checkpoint` is a step, `latest` or `best`. Where nodes have no common storage, each brings a part; laid together in
    one directory they are the checkpoint. One on shared storage is answered with 409, and where it lies.
    """
    files = await _files(call)
    return ArtifactPage([ArtifactView(file.path, file.size, file.mode, rank) for rank, file in files], None)


@route(
    "GET",
    "/api/v1/jobs/{job}/checkpoints/{checkpoint}/files/{path}",
    Permission.READ,
    tag="jobs",
    also={BYTES: "The file."},
    errors=[NotFound, Conflict],
)
async def get_checkpoint_file(call: Call[None, None]) -> web.StreamResponse:
    """Get a file of a checkpoint.

    The path is compared with those in the list and with nothing else.
    """
    path = call.part("path")
    file = next((file for _, file in await _files(call) if file.path == path), None)
    if file is None:
        raise NotFound(f"The checkpoint has no file {path[:80]!r}.")
    return await send_file(call, file)


async def _files(call: Call[None, None]) -> list[tuple[int, File]]:
    """With the node rank that brought it."""
    job, _ = call.site.jobs.find(call.part("job"), call.who)
    checkpoint: Checkpoint = pick(job, call.part("checkpoint"))
    if checkpoint.path:
        raise Conflict(f"The files of this checkpoint lie on shared storage, at {checkpoint.path}.", "Copy them there.")
    files: list[tuple[int, File]] = []
    for part in checkpoint.parts:
        manifest = await fetch_manifest(part.digest, call.services.objects.get)
        files += [(part.node_rank, file) for file in manifest.files]
    return files
