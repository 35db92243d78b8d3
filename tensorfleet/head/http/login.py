"""Logging in with a one-time token: a browser gets a session, a program an API key."""

from __future__ import annotations

from html import escape
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from tensorfleet.errors import Conflict, NotAllowed, NotAuthenticated, StoreFull, TooManyRequests
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.page import page
from tensorfleet.head.http.route import FORM, HTML, route
from tensorfleet.head.keyring import SESSION_LONGEST
from tensorfleet.head.roles import Permission
from tensorfleet.wire.rest import KeyView, LoginBody, TokenView


class LoginQuery(msgspec.Struct, frozen=True):
    token: Annotated[str, Meta(max_length=200, description="the one-time token of the login link")] = ""


@route("GET", "/login", Permission.NOTHING, tag="login", also={HTML: "A form with one button."})
async def show_login(call: Call[LoginQuery, None]) -> web.Response:
    """Show the page behind a login link.

    Opening it uses nothing up, so that previews of links do no harm; its button does.
    """
    return page(
        "Log in · TensorFleet",
        '<h1>TensorFleet</h1><form method="post" action="/login">'
        f'<p><label>One-time token <input name="token" size="70" autocomplete="off" value="{escape(call.query.token)}">'
        "</label></p><p><button>Log in</button></p></form>"
        '<p class="soft">A login link works once, within ten minutes. '
        "The head prints one when it starts; POST /api/v1/login-tokens makes another.</p>",
    )


@route(
    "POST",
    "/login",
    Permission.NOTHING,
    tag="login",
    takes=FORM,
    status=303,
    errors=[NotAuthenticated, NotAllowed, TooManyRequests, StoreFull],
)
async def login(call: Call[None, LoginBody]) -> web.Response:
    """Log a browser in.

    Exchanges a one-time token for a session cookie and goes on to the start page.
    """
    guard, keys = call.site.guard, call.services.keys
    guard.check_own_page(call.request)
    try:
        secret = await keys.open_session(call.body.token)
    except NotAuthenticated:
        guard.failed(call.request)
        raise
    response = web.Response(status=303, headers={"Location": "/"})
    response.set_cookie(
        guard.cookie,
        secret,
        max_age=int(SESSION_LONGEST),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=call.site.tls,
    )
    return response


@route("POST", "/api/v1/login-tokens", Permission.READ, tag="login", status=201, errors=[StoreFull])
async def create_login_token(call: Call[None, None]) -> TokenView:
    """Make a one-time login token for yourself.

    Open `/login?token=…` with it to take this account to a browser. It never gives more than this credential has.
    """
    token, expires = await call.services.keys.new_login_token(call.who.user, call.who.role)
    return TokenView(token, expires)


@route("POST", "/logout", Permission.READ, tag="login", status=204, errors=[StoreFull])
async def logout(call: Call[None, None]) -> web.Response:
    """Log a browser out.

    Ends the session of the cookie; an API key stays as it is.
    """
    guard = call.site.guard
    secret = call.request.cookies.get(guard.cookie)
    response = web.Response(status=204)
    if secret:
        await call.services.keys.close_session(secret)
        response.del_cookie(guard.cookie, path="/", secure=call.site.tls, httponly=True, samesite="Strict")
    return response


@route(
    "POST",
    "/api/v1/login",
    Permission.NOTHING,
    tag="login",
    status=201,
    errors=[NotAuthenticated, TooManyRequests, Conflict, StoreFull],
)
async def exchange_token(call: Call[None, LoginBody]) -> KeyView:
    """Exchange a one-time token for an API key.

    The key lives for 90 days and is in this answer and never again.
    """
    try:
        return await call.services.keys.exchange(call.body.token)
    except NotAuthenticated:
        call.site.guard.failed(call.request)
        raise
