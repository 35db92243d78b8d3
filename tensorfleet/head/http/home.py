"""The start page: the web interface where it is built, a plain page where it is not."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

from aiohttp import web

from tensorfleet.errors import NotFound
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.page import page
from tensorfleet.head.http.route import BYTES, HTML, PAGES, route
from tensorfleet.head.roles import Permission

POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Styles may be inline: MUI writes them at run time. Scripts may not."""

_ASSET: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


@route("GET", "/", Permission.NOTHING, tag=PAGES, also={HTML: "A page."}, other={302: "The web interface is at /ui/."})
async def show_home(call: Call[None, None]) -> web.StreamResponse:
    """Go to the web interface, or say that it is not built."""
    if await asyncio.to_thread((call.site.ui / "index.html").is_file):
        return web.Response(status=302, headers={"Location": "/ui/"}, content_type=HTML)
    return page(
        "TensorFleet",
        "<h1>TensorFleet</h1><p>The head is running. Its web interface is not part of this installation: "
        "<code>make ui</code> in a checkout builds it.</p>"
        '<nav><a href="/docs">The REST interface</a><a href="/login">Log in</a><a href="/health">Health</a></nav>',
    )


@route("GET", "/ui/{page}", Permission.NOTHING, tag=PAGES, also={HTML: "A page."}, errors=[NotFound])
async def show_page(call: Call[None, None]) -> web.StreamResponse:
    """Show a page of the web interface.

    All of them are one document: which page it shows is decided in the browser, from the address.
    """
    index: Path = call.site.ui / "index.html"
    if not await asyncio.to_thread(index.is_file):
        raise NotFound("The web interface is not part of this installation.", "`make ui` in a checkout builds it.")
    return web.FileResponse(index, headers={"Content-Security-Policy": POLICY})


@route(
    "GET",
    "/assets/{asset}",
    Permission.NOTHING,
    tag=PAGES,
    also={BYTES: "A file of the built web interface, under its own media type."},
    errors=[NotFound],
)
async def get_asset(call: Call[None, None]) -> web.StreamResponse:
    """Get a part of the web interface."""
    name = call.part("asset")
    path: Path = call.site.ui / "assets" / name
    if not _ASSET.fullmatch(name) or not await asyncio.to_thread(path.is_file):
        raise NotFound(f"There is no asset {name[:80]!r}.")
    # Their names carry a digest of what is in them.
    return web.FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})
