"""A backup of the head, while it runs."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.core.event import Event
from tensorfleet.errors import StoreFull, TensorFleetError
from tensorfleet.head.backup import backup
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import BYTES, route
from tensorfleet.head.roles import Permission


class BackupQuery(msgspec.Struct, frozen=True):
    objects: Annotated[
        Literal["none", "all"], Meta(description="`all`: the files of jobs too: code, checkpoints, outputs")
    ] = "none"


@route(
    "GET",
    "/api/v1/backup",
    Permission.ADMINISTER,
    tag="head",
    also={BYTES: "A tar archive that ends with its manifest; without that end it is not whole."},
    errors=[StoreFull],
)
async def get_backup(call: Call[BackupQuery, None]) -> web.StreamResponse:
    """Get a backup of the head.

    All that a head on another machine needs to take this one's place, with the keys of its certificate authority:
    whoever has it can be the head. `tensorfleet restore` reads it.
    """
    services = call.services
    objects = services.objects if call.query.objects == "all" else None
    async with aclosing(backup(services.fleet, services.data_dir, services.store, objects)) as pieces:
        # Made before the answer begins: what can go wrong still gets a status.
        first = await anext(pieces)
        text = f"{call.who.user} took a backup of the head."
        await services.shell.record(Event("head.backup", services.shell.now().wall, text, actor=call.who.user))
        response = web.StreamResponse(headers={"Content-Disposition": "attachment; filename=tensorfleet.backup"})
        response.content_type = BYTES
        await response.prepare(call.request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
            await response.write_eof()
        except TensorFleetError:
            if call.request.transport is not None:
                call.request.transport.abort()
        return response
