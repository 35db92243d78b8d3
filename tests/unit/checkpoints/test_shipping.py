"""One checkpoint after the other goes to the head until it says that it counts; what it says is remembered."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from tensorfleet.agent.blobs import Blobs
from tensorfleet.agent.checkpoints.index import Index
from tensorfleet.agent.checkpoints.shipping import BACKLOG, Shipping, Source
from tensorfleet.agent.link import Broken
from tensorfleet.train.saved import entry_of, seal
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.manifest import digest_of
from tensorfleet.wire.messages import AgentMessage, CheckpointAnswer, CheckpointDone, CheckpointFailed


class Head:
    """The other end of the link: keeps blobs, answers commits. broken: calls that fail before one gets through."""

    def __init__(self, accepts: bool = True) -> None:
        self.blobs: set[str] = set()
        self.commits: list[CheckpointDone] = []
        self.said: list[AgentMessage] = []
        self.broken = 0
        self.connected = True
        self.accepts = accepts
        self.answer: Callable[[CheckpointAnswer], None] = lambda answer: None

    def send(self, message: AgentMessage) -> None:
        self.said.append(message)

    async def call(self, method: str, request: bytes) -> bytes:
        if self.broken:
            self.broken -= 1
            raise Broken
        if method == "MissingBlobs":
            return pack([digest for digest in unpack(request, list[str]) if digest not in self.blobs])
        if method == "PutBlob":
            assert digest_of(request[64:]) == request[:64].decode()
            self.blobs.add(request[:64].decode())
        else:
            done = unpack(request, CheckpointDone)
            assert done.path or done.digest in self.blobs
            self.commits.append(done)
            keep = ((1, done.serial),) if self.accepts else ()
            self.answer(CheckpointAnswer(done.alloc, done.serial, self.accepts, keep))
        return b""


class Place:
    """A task's checkpoint directory, and the shipping of it to `head`."""

    def __init__(self, root: Path, head: Head) -> None:
        self.folder = root / "1"
        self.folder.mkdir(exist_ok=True)
        self.failures = root / "failures"
        self.head = head
        self.index = Index(root / "index.json")
        self.pruned: list[frozenset[tuple[int, int]]] = []
        source = Source("j.1.0", 1, 0, self.folder, self.failures)
        self.shipping = Shipping(source, self.index, Blobs(root / "blobs", head), head, self.pruned.append)
        head.answer = self.shipping.answered

    def save(self, serial: int) -> None:
        place = self.folder / f"step-{serial}"
        place.mkdir()
        (place / "__0_0.distcp").write_bytes(os.urandom(100))
        about = {"step": serial, "attempt": 1, "at": 0.0, "metrics": {"loss": 1.0}, "serial": serial, "parts": 1}
        seal(place, 0, about, [entry_of(place / "__0_0.distcp", place)])

    def run_to_the_end(self) -> None:
        async def story() -> None:
            self.shipping.finish()
            async with asyncio.timeout(30):
                await self.shipping.run()

        asyncio.run(story())


def test_the_last_ones_go_newest_first_and_are_not_sent_again_by_another_agent(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    for serial in (1, 2, 3):
        place.save(serial)
    place.run_to_the_end()
    assert [done.serial for done in place.head.commits] == [3, 2, 1]
    assert place.head.commits[0].metrics == {"loss": 1.0}
    assert place.pruned[0] == frozenset({(1, 3)})
    again = Place(tmp_path, Head())
    again.run_to_the_end()
    assert again.head.commits == []
    assert again.index.by_digest(place.head.commits[0].digest) is not None


def test_a_head_that_goes_away_is_told_again(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    place.save(1)
    place.head.broken = 3
    place.run_to_the_end()
    assert [done.serial for done in place.head.commits] == [1]


def test_a_refused_one_is_not_said_again(tmp_path: Path) -> None:
    place = Place(tmp_path, Head(accepts=False))
    place.save(1)
    place.run_to_the_end()
    assert len(place.head.commits) == 1
    assert [known.fate for known in place.index.all()] == ["dead"]


def test_one_that_is_damaged_before_it_is_sent_is_told_and_passed_over(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    place.save(1)
    place.save(2)
    (place.folder / "step-2" / "__0_0.distcp").write_bytes(os.urandom(100))
    place.run_to_the_end()
    assert [done.serial for done in place.head.commits] == [1]
    (told,) = place.head.said
    assert isinstance(told, CheckpointFailed)
    assert (told.step, "is damaged" in told.error) == (2, True)


def test_of_too_many_those_stay_that_every_node_will_keep_and_the_newest(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    for serial in range(1, 14):
        place.save(serial)
    place.run_to_the_end()
    sent = sorted(done.serial for done in place.head.commits)
    assert len(sent) == BACKLOG
    assert sent == [4, 8, 12, 13]


def test_a_copy_that_ranks_found_damaged_is_not_linked_again(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    place.save(1)
    place.run_to_the_end()
    digest = place.head.commits[0].digest
    place.failures.write_text('{"step": 1, "error": "step-1 is damaged", "damaged": [1, 1]}\n')
    again = Place(tmp_path, Head())
    assert again.index.by_digest(digest) is not None
    again.run_to_the_end()
    assert again.head.said == [CheckpointFailed("j.1.0", 1, "step-1 is damaged", loading=True)]
    assert again.index.by_digest(digest) is None
    assert again.head.commits == []


def test_failed_saves_are_told_once(tmp_path: Path) -> None:
    place = Place(tmp_path, Head())
    place.failures.write_text('{"step": 4, "error": "No space left"}\nnonsense\n{"step": 5, "err')
    place.run_to_the_end()
    assert place.head.said == [CheckpointFailed("j.1.0", 4, "No space left")]
    again = Place(tmp_path, Head())
    again.run_to_the_end()
    assert again.head.said == []
