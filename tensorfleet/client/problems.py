"""What went wrong, as errors of the one tree: problem documents by their code, lost connections in words."""

from __future__ import annotations

import msgspec
from urllib3 import exceptions as lost

from tensorfleet import errors
from tensorfleet.wire.rest import Problem


def _tree(base: type[errors.TensorFleetError]) -> dict[str, type[errors.TensorFleetError]]:
    # A kind without a code of its own is some room's private word for its base.
    found = {base.code: base} if "code" in vars(base) else {}
    for kind in base.__subclasses__():
        found |= _tree(kind)
    return found


BY_CODE = _tree(errors.TensorFleetError)
BY_STATUS: dict[int, type[errors.TensorFleetError]] = {
    401: errors.NotAuthenticated,
    403: errors.NotAllowed,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    503: errors.Unavailable,
}


def from_answer(url: str, status: int, body: bytes) -> errors.TensorFleetError:
    """The error that an answer with `status` of 400 or above stands for."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        if status in (502, 504):
            return errors.HeadUnreachable(f"A proxy at {url} answers {status}: it does not reach the head.", RUNNING)
        return errors.HeadUnreachable(
            f"What answers at {url} is not a TensorFleet head: status {status} without an explanation.", ADDRESS
        )
    kind = BY_CODE.get(problem.code)
    if kind is None:
        fallback = errors.UserError if status < 500 else errors.PlatformError
        kind = BY_STATUS.get(status, fallback)
    hint = problem.hint
    if kind is errors.NotAuthenticated and not hint:
        hint = "Run `tensorfleet login`, or set TENSORFLEET_API_KEY."
    return kind(problem.detail or problem.title, hint)


RUNNING = "Is `tensorfleet head` running there, and is the port open in the firewall?"
ADDRESS = "Check the address: --url, TENSORFLEET_URL, or `tensorfleet login URL`. The head's usual port is 7337."


def unreachable(url: str, error: Exception) -> errors.HeadUnreachable:
    """Why no answer came from `url`, and what to do."""
    text = " ".join(str(part) for part in _chain(error))
    if isinstance(error, lost.NameResolutionError):
        return errors.HeadUnreachable(f"No machine is known by the name in {url}.", ADDRESS)
    if isinstance(error, lost.SSLError) or "SSL" in text:
        return _untrusted(url, text)
    if isinstance(error, lost.NewConnectionError):
        reason = "refuses connections" if "refused" in text else "cannot be reached"
        return errors.HeadUnreachable(f"The head at {url} {reason}.", RUNNING)
    if isinstance(error, lost.ConnectTimeoutError):
        return errors.HeadUnreachable(f"Nothing answers at {url}; the attempt timed out.", RUNNING)
    if isinstance(error, lost.ReadTimeoutError):
        return errors.HeadUnreachable(f"The head at {url} took the request but did not answer in time.", "Try again.")
    if "BadStatusLine" in text or "not a valid HTTP" in text or "LineTooLong" in text:
        return errors.HeadUnreachable(f"What answers at {url} does not speak HTTP.", ADDRESS)
    return errors.HeadUnreachable(f"The connection to the head at {url} broke off.", f"{RUNNING} Try again.")


def _untrusted(url: str, text: str) -> errors.HeadUnreachable:
    if "WRONG_VERSION_NUMBER" in text or "record layer failure" in text or "UNEXPECTED_EOF" in text:
        return errors.HeadUnreachable(
            f"What answers at {url} does not speak TLS.", "If the head uses plain HTTP, write http:// instead."
        )
    if "Hostname mismatch" in text or "IP address mismatch" in text or "doesn't match" in text:
        return errors.HeadUnreachable(
            f"The certificate at {url} was made for another name.",
            "Use a name or address of the head that its certificate lists.",
        )
    if "expired" in text:
        return errors.HeadUnreachable(f"The certificate at {url} has expired.", "Are both machines' clocks right?")
    return errors.HeadUnreachable(
        f"The certificate at {url} is not trusted by this machine.",
        f"Run `tensorfleet login {url}`, which compares the fleet's fingerprint with you, or give its CA with --ca.",
    )


def _chain(error: BaseException | None) -> list[str]:
    parts: list[str] = []
    while error is not None and len(parts) < 8:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return parts
