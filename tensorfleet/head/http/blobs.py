"""Uploading code: which parts are not here yet, and one part."""

from __future__ import annotations

from tensorfleet.errors import StoreFull
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import MissingBody, MissingView


@route("POST", "/api/v1/blobs:missing", Permission.SUBMIT, tag="code", errors=[StoreFull])
async def missing_blobs(call: Call[None, MissingBody]) -> MissingView:
    """Tell which blobs have to be uploaded.

    Files are cut into chunks of 1 MiB; each chunk, and the list of files, is a blob named by its SHA-256.
    """
    return MissingView(sorted(await call.services.objects.missing(call.body.digests)))


@route("PUT", "/api/v1/blobs/{digest}", Permission.SUBMIT, tag="code", status=204, errors=[StoreFull])
async def put_blob(call: Call[None, bytes]) -> None:
    """Upload a blob.

    Its bytes, at most 4 MiB, whose SHA-256 is the name. Answers once they are durable.
    """
    call.services.room.check()
    await call.services.objects.put(call.part("digest"), call.body)
