"""The door: is this name ours, who is it, may they, and did a page of ours send it."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from tensorfleet.errors import NotAllowed, NotAuthenticated, TooManyRequests
from tensorfleet.head.http.bucket import Buckets
from tensorfleet.head.http.errors import WrongHost
from tensorfleet.head.keyring import Keyring
from tensorfleet.head.roles import NOBODY, Permission, Principal

log = logging.getLogger(__name__)

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "X-TensorFleet"


class Guard:
    """tls: whether the head speaks TLS itself. names: host names by which it is reached, beside addresses."""

    def __init__(self, keys: Keyring, buckets: Buckets, tls: bool, names: Collection[str]) -> None:
        self._keys = keys
        self._buckets = buckets
        self._tls = tls
        self._names = frozenset(name.lower().rstrip(".") for name in names) | {"localhost"}
        self.cookie: Final = "__Host-tensorfleet" if tls else "tensorfleet"

    def check_host(self, request: web.Request) -> None:
        """Without TLS, a foreign name that was made to point here (DNS rebinding) is refused. Raises WrongHost.

        An address cannot be rebound, and under TLS the certificate does not fit a foreign name.
        """
        if self._tls:
            return
        name = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
        if name in self._names:
            return
        try:
            ipaddress.ip_address(name)
        except ValueError:
            raise WrongHost(
                f"This head does not go by the name {name[:80]!r}.", "Use its address, or localhost on its own machine."
            ) from None

    async def admit(self, request: web.Request, permission: Permission) -> Principal:
        """Who asks. Raises NotAuthenticated, NotAllowed, TooManyRequests."""
        if permission is Permission.NOTHING:
            return NOBODY
        who = self._identify(request)
        if not who.may(permission):
            raise NotAllowed(
                f"A {who.role} may not do this; it takes the permission to {permission.value}.",
                "Ask an administrator for a key with another role.",
            )
        await self._keys.touch(who)
        return who

    def _identify(self, request: web.Request) -> Principal:
        header = request.headers.get("Authorization")
        if header is not None:
            scheme, _, secret = header.partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated("Only `Authorization: Bearer KEY` is understood.")
            try:
                return self._keys.by_key(secret.strip())
            except NotAuthenticated as error:
                self.failed(request)
                raise error
        cookie = request.cookies.get(self.cookie)
        if cookie is None:
            raise NotAuthenticated(
                "This needs a credential.",
                "Run `tensorfleet login`, open a login link in the browser, or send `Authorization: Bearer KEY`.",
            )
        who = self._keys.by_session(cookie)
        if request.method not in SAFE:
            self.check_own_page(request)
            if request.headers.get(CSRF_HEADER) != "1":
                raise NotAllowed(f"A change by cookie needs the header `{CSRF_HEADER}: 1`.")
        return who

    def check_own_page(self, request: web.Request) -> None:
        """Raises NotAllowed when a page of somebody else sent this, or when that cannot be known."""
        origin = urlsplit(request.headers.get("Origin", ""))
        if origin.netloc.lower() != request.host.lower() or (self._tls and origin.scheme != "https"):
            raise NotAllowed("This request comes from a page of another site.")

    def failed(self, request: web.Request) -> None:
        """A wrong credential was shown. Raises TooManyRequests to those that show too many; a right one is never
        refused, whoever else shares its address."""
        address = request.remote or ""
        if not self._buckets.take(address):
            raise TooManyRequests("Too many wrong credentials from this address.", "Wait a second.")
        log.warning("a wrong credential was shown by %s", address)
