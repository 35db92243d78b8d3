"""Trusting a head for the first time: its CA by fingerprint, then a credential that works there, then both saved.

The CA comes over a connection that is not yet trusted, and nothing is sent on it; what makes it trusted is the
comparison of its fingerprint with one that came another way. Source: the join of k3s, with SSH's first question.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tensorfleet.client.api import Client
from tensorfleet.client.problems import ADDRESS, RUNNING
from tensorfleet.client.transport import normal_url
from tensorfleet.config.client import ClientSettings, save_client
from tensorfleet.config.paths import client_config
from tensorfleet.errors import HeadUnreachable, InvalidRequest, NotAllowed
from tensorfleet.wire.rest import MeView

PATIENCE = 10.0


def split_link(text: str) -> tuple[str, str]:
    """A head's address and the one-time token in `text`, which may be a whole login link."""
    parts = urlsplit(text)
    if parts.path == "/login" and "token" in parse_qs(parts.query):
        return normal_url(f"{parts.scheme}://{parts.netloc}"), parse_qs(parts.query)["token"][0]
    return normal_url(text), ""


def fetch_ca(url: str) -> tuple[str, str]:
    """The CA that the head at `url` presents, in PEM, and its fingerprint in hex; nobody vouches for it yet.

    Raises HeadUnreachable.
    """
    # The standard library shows no chains before Python 3.13; imported here as only a login over https pays for it.
    from OpenSSL import SSL, crypto

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    try:
        with socket.create_connection((host, port), PATIENCE) as plain:
            plain.settimeout(None)  # pyOpenSSL wants a blocking socket; the kernel's timeout bounds it
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(PATIENCE))
            connection = SSL.Connection(context, plain)
            if not re.fullmatch(r"[0-9.]+|.*:.*", host):
                connection.set_tlsext_host_name(host.encode())
            connection.set_connect_state()
            connection.do_handshake()
            chain = connection.get_peer_cert_chain() or []
    except SSL.Error as error:
        raise HeadUnreachable(f"What answers at {url} does not speak TLS.", "Perhaps it is http://?") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise HeadUnreachable(f"The head at {url} cannot be reached: {reason}.", RUNNING) from error
    roots = [one for one in chain if one.get_issuer() == one.get_subject()]
    if not roots:
        raise HeadUnreachable(f"{url} presents no CA of its own, so it is not a TensorFleet head.", ADDRESS)
    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, roots[-1])
    pem = crypto.dump_certificate(crypto.FILETYPE_PEM, roots[-1]).decode()
    return pem, hashlib.sha256(der).hexdigest()


def _timeval(seconds: float) -> bytes:
    return struct.pack("@ll", int(seconds), 0)


def _trusted(url: str) -> bool:
    """Whether this machine's own CAs vouch for `url`, as they do for a proxy with a public certificate."""
    try:
        with Client(url, timeout=PATIENCE) as client:
            client.health()
    except HeadUnreachable as error:
        if "not trusted" not in error.detail:
            raise
        return False
    return True


def same_fingerprint(one: str, other: str) -> bool:
    """Whether two ways of writing a SHA-256 fingerprint mean the same; at least 32 hexadecimal digits of it."""
    plain = re.sub(r"[^0-9a-f]", "", one.lower().removeprefix("sha256"))
    return len(plain) >= 32 and other.startswith(plain)


def log_in(
    where: str,
    *,
    api_key: str = "",
    token: str = "",
    ca: str = "",
    fingerprint: str = "",
    confirm: Callable[[str], bool],
    ask_key: Callable[[], str],
    file: Path | None = None,
) -> tuple[ClientSettings, MeView]:
    """Tries the credential at the head and saves what it takes to come back; answers both.

    confirm: asked whether a fingerprint is right where none was given. ask_key: where no credential was given.
    Raises NotAllowed for a fingerprint that is not the expected one, and what the head answers.
    """
    url, link_token = split_link(where)
    place = file or client_config()
    if url.startswith("https:") and not ca and (fingerprint or not _trusted(url)):
        pem, found = fetch_ca(url)
        if fingerprint and not same_fingerprint(fingerprint, found):
            raise NotAllowed(
                f"The head at {url} has another CA: its fingerprint is {found}.",
                "This may be somebody else's machine. Nothing was sent to it.",
            )
        if not fingerprint and not confirm(found):
            raise NotAllowed("The fingerprint was not confirmed; nothing was sent to the head.")
        target = place.parent / f"{found[:16]}.pem"
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_text(pem)
        ca = str(target)
    elif ca:
        ca = str(Path(ca).expanduser().absolute())
    token = token or link_token
    if token:
        with Client(url, ca=ca) as client:
            api_key = client.login(token).key or ""
    api_key = api_key or ask_key()
    if not api_key:
        raise InvalidRequest("No credential was given.", "Give --api-key, or --token with a one-time login token.")
    with Client(url, api_key, ca) as client:
        me = client.me()
    settings = ClientSettings(url, api_key, ca, str(place))
    save_client(settings, place)
    return settings, me
