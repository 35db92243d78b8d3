"""Why a port could not be opened, in a sentence."""

from __future__ import annotations

import errno

from tensorfleet.errors import InvalidRequest, PortInUse, TensorFleetError


def refusal(error: OSError, host: str, port: int, flag: str) -> TensorFleetError:
    """What to raise for `error` from listening on `host`:`port`. flag: the option that gives the port."""
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"Port {port} of {host} is taken by another process.",
            f"`ss -ltnp 'sport = :{port}'` shows which; or choose another with {flag}.",
        )
    if error.errno == errno.EACCES:
        return InvalidRequest(f"Port {port} may not be used by this user.", "Ports from 1024 on may be.")
    return InvalidRequest(
        f"{host} is not an address to listen on: {error.strerror or error}.", "Give an address of this machine."
    )
