"""Server-sent events as the HTML Living Standard, section 9.2, defines their text. No network in here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """event: its type. id: where to resume after it; the last one seen where it has none of its own."""

    event: str
    data: str
    id: str


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines that end in CR LF, LF or CR; an unfinished last one is dropped, as the standard asks."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        # A CR at the very end may be the first half of CR LF.
        keep = b"\r" if rest.endswith(b"\r") else b""
        whole = rest[: len(rest) - len(keep)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *complete, rest = whole.split(b"\n")
        rest += keep
        for line in complete:
            yield line.decode(errors="replace")


def messages(chunks: Iterable[bytes], last_id: str = "") -> Iterator[Message]:
    """Each complete message of a stream; comments, such as heartbeats, are skipped."""
    event, data = "", []  # type: ignore[var-annotated]  # list of str
    for line in lines(chunks):
        if not line:
            if data:
                yield Message(event or "message", "\n".join(data), last_id)
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last_id = value
