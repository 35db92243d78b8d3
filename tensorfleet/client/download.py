"""An artifact from the head to a file that is whole or absent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import urllib3

from tensorfleet.client.problems import from_answer, unreachable
from tensorfleet.client.transport import Transport
from tensorfleet.errors import Corrupt, InvalidRequest
from tensorfleet.wire.manifest import check_path
from tensorfleet.wire.rest import ArtifactView

PIECE = 2**18


def place_in(folder: Path, path: str) -> Path:
    """Where the artifact `path` goes under `folder`. Raises InvalidRequest if that would be outside of it, also by a
    symbolic link that lies there already."""
    target = folder / check_path(path)
    if not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(folder)):
        raise InvalidRequest(f"{path} would be written outside {folder}, through a link.", "Choose another directory.")
    return target


def pieces(http: Transport, url: str) -> Iterator[bytes]:
    """The bytes at `url` as they come. Raises HeadUnreachable when they break off."""
    try:
        answer = http.open("GET", url, headers={"Accept": "application/octet-stream"})
        try:
            if answer.status != 200:
                raise from_answer(http.url, answer.status, answer.read())
            yield from answer.stream(PIECE)
        finally:
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise unreachable(http.url, error) from error


def download(http: Transport, url: str, artifact: ArtifactView, target: Path, progress: Callable[[int], None]) -> None:
    """Raises Corrupt when another number of bytes arrives than the artifact has, HeadUnreachable when it breaks off."""
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    size = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            for piece in pieces(http, url):
                file.write(piece)
                size += len(piece)
                progress(len(piece))
        if size != artifact.size:
            raise Corrupt(f"{artifact.path} arrived with {size} of {artifact.size} bytes.", "Try again.")
        part.chmod((artifact.mode & 0o777) | 0o600)
        part.replace(target)
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
