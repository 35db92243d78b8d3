"""Requests to one head over kept-alive connections: credential, TLS, and repeating what may safely be repeated."""

from __future__ import annotations

import ipaddress
import random
import ssl
import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import urllib3

from tensorfleet import __version__
from tensorfleet.client.problems import from_answer, unreachable
from tensorfleet.errors import Fault, InvalidRequest

T = TypeVar("T")
Query = Mapping[str, Any]

LEAF_NAME = "tensorfleet-head"
"""A name in every head's own certificate, so that a pinned CA is enough whatever address the head is reached by."""

PERSISTENCE = 10.0
"""Seconds for which a request whose answer was lost is repeated: as long as a killed head takes to return."""


def normal_url(url: str) -> str:
    """`url` with a scheme and without anything behind host and port. Raises InvalidRequest."""
    text = url.strip()
    if "://" not in text:
        text = f"{'http' if is_loopback(urlsplit(f'//{text}').hostname or '') else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidRequest(f"{url[:80]!r} is not an address of a head: {error}.", _EXAMPLE) from error
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.username
    ):
        raise InvalidRequest(f"{url[:80]!r} is not an address of a head.", _EXAMPLE)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


_EXAMPLE = "Write it like http://127.0.0.1:7337 or https://head.lab:7337."


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def escape(part: str) -> str:
    """One segment of a path."""
    return quote(part, safe="")


def backoff(attempt: int, cap: float = 5.0) -> float:
    """Seconds to wait before try number `attempt` + 1: full jitter, so that clients do not return all at once.

    Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    return random.uniform(0, min(cap, 0.1 * 2 ** min(attempt, 16)))


CONNECTIONS = 20
"""Kept open at most: those of an upload, and some that follow."""


class Transport:
    """url: of the head. api_key: the credential. ca: a PEM file to trust instead of the system's. timeout: seconds."""

    def __init__(self, url: str, api_key: str = "", ca: str = "", timeout: float = 30.0) -> None:
        self.url = normal_url(url)
        self._timeout = timeout
        self._headers = {"User-Agent": f"tensorfleet/{__version__}", "Accept": "application/json"}
        if api_key:
            if not api_key.isascii() or not api_key.isprintable():
                raise InvalidRequest("The API key holds characters that no key has.", "Copy it again.")
            self._headers["Authorization"] = f"Bearer {api_key}"
        self._ca = ca
        self._pool = self._connect(LEAF_NAME if ca else "")
        self.answered = False
        """Whether the head has answered before: then it is down for a moment, and not the wrong address."""

    def _connect(self, leaf: str) -> urllib3.HTTPConnectionPool:
        options: dict[str, Any] = {"maxsize": CONNECTIONS, "retries": False}
        if self.url.startswith("https:"):
            try:
                options["ssl_context"] = ssl.create_default_context(cafile=self._ca or None)
            except (OSError, ssl.SSLError) as error:
                raise InvalidRequest(f"The CA file {self._ca} cannot be used: {error}.", "Check --ca.") from error
            if leaf:
                options |= {"assert_hostname": leaf, "server_hostname": leaf}
        return urllib3.connection_from_url(self.url, **options)

    def close(self) -> None:
        self._pool.close()

    def open(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """One try; the body is not read yet. Raises urllib3's errors for a lost connection."""
        chosen = [(name, value) for name, value in (query or {}).items() if value not in (None, "", ())]
        target = path + ("?" + urlencode(chosen, doseq=True) if chosen else "")
        timeout = urllib3.Timeout(connect=min(self._timeout, 10.0), read=read_timeout or self._timeout)
        sent = {**self._headers, **(headers or {})}

        def send() -> urllib3.BaseHTTPResponse:
            return self._pool.urlopen(
                method, target, body=body, headers=sent, timeout=timeout, redirect=False, preload_content=False
            )

        try:
            return send()
        except urllib3.exceptions.SSLError as error:
            if not (self._ca and "mismatch" in str(error)):
                raise
            # The CA is not the fleet's own (a proxy in front of the head, say): then the address has to match.
            self._pool = self._connect("")
            return send()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> bytes:
        """The body of a good answer. again: harmless to send twice, so repeated when the answer is lost.

        Raises HeadUnreachable, or what the head answered as an error of the tree.
        """
        tries, deadline = 0, 0.0
        while True:
            try:
                answer = self.open(method, path, query=query, body=body, headers=headers)
                data = answer.read()
                answer.release_conn()
                self.answered = True
                break
            except urllib3.exceptions.HTTPError as error:
                never_sent = isinstance(error, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.SSLError))
                now = time.monotonic()
                if not again or (tries == 0 and never_sent and not self.answered) or (tries and now > deadline):
                    raise unreachable(self.url, error) from error
                deadline = deadline or now + PERSISTENCE
                time.sleep(backoff(tries, cap=1.0))
                tries += 1
        if answer.status >= 300:
            raise from_answer(self.url, answer.status, data)
        return data

    def get(self, into: type[T], path: str, query: Query | None = None) -> T:
        return self.decode(into, path, self.request("GET", path, query=query, again=True))

    def post(self, into: type[T], path: str, body: object = None, *, again: bool = False, key: str = "") -> T:
        """body: a Struct or plain data. key: Idempotency-Key, which makes a repetition harmless."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        data = msgspec.json.encode({} if body is None else body)
        return self.decode(into, path, self.request("POST", path, body=data, headers=headers, again=again or bool(key)))

    def decode(self, into: type[T], path: str, data: bytes) -> T:
        try:
            return msgspec.json.decode(data, type=into)
        except msgspec.MsgspecError as error:
            raise Fault(
                f"The answer of {self.url} to {path} is not understood: {error}.",
                f"Is it a TensorFleet head? This client is version {__version__}; `tensorfleet version` shows both.",
            ) from error
