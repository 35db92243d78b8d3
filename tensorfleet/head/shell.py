"""The one executor of the head's brain.

Whatever happens is put into one inbox. The loop takes all that waits there, lets the brain decide about each and
then plan once, writes everything in a single durable transaction, and only then tells anybody: clients get their
answer, agents their commands, listeners their events. When the store refuses, nobody is told and the brain returns
to what is durable.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tensorfleet.core.actions import (
    Action,
    Command,
    SaveJob,
)
from tensorfleet.core.array import spread
from tensorfleet.core.control import Control
from tensorfleet.core.event import Event
from tensorfleet.core.inputs import (
    Input,
    Now,
    Pause,
    RemoveNode,
    Resume,
    Retry,
    SetDrain,
    SetLabels,
    Stop,
    Submit,
    SubmitArray,
    Tick,
)
from tensorfleet.core.job import TERMINAL, CauseCode, Job, JobSpec, JobState
from tensorfleet.core.liveness import comes_last
from tensorfleet.core.node import Node
from tensorfleet.core.outlook import Outlook
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.wait import Wait
from tensorfleet.errors import Conflict, Fault, NotFound, StoreFailed, StoreFull, TensorFleetError, Unavailable
from tensorfleet.head.bus import EVENTS, Bus, curves_of, logs_of
from tensorfleet.head.catalog import Catalog
from tensorfleet.head.passtimes import PassTimes
from tensorfleet.head.quarantine import Quarantine
from tensorfleet.head.records import (
    BOOKINGS,
    NODES,
    POLICY,
    USED,
    from_doc,
    policy_from,
    to_doc,
    used_from,
)
from tensorfleet.head.room import Room
from tensorfleet.head.writing import writes_of
from tensorfleet.obs.logging import fields
from tensorfleet.store.port import Append, Committed, Put, Store, Write
from tensorfleet.wire.array import Indices

log = logging.getLogger(__name__)

BATCH = 256
"""Inputs decided in one transaction at most."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letters that read like digits."""


def new_id(letter: str) -> str:
    """An id nobody has: `letter` says of what."""
    return letter + "".join(secrets.choice(ALPHABET) for _ in range(9))


def wall_and_mono() -> Now:
    """Now, by the wall and by the clock since boot, which goes on through a suspend and never jumps."""
    return Now(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))


NEW_WORK = (Submit, SubmitArray, Retry)
"""What a full disk refuses."""


@dataclass(slots=True, eq=False)
class _Entry:
    what: Input | None
    also: tuple[Write, ...]
    done: asyncio.Future[None] | None


class Shell:
    """Feeds the brain and carries out what it decides. `send` hands a command to a node's session, if it has one."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        send: Callable[[Command], None],
        clock: Callable[[], Now] = wall_and_mono,
        room: Room | None = None,
        quarantine: Quarantine | None = None,
    ) -> None:
        self._store = store
        self._bus = bus
        self._send = send
        self._clock = clock
        self._room = room or Room()
        self._quarantine = quarantine = quarantine or Quarantine()
        self._catalog = Catalog(store, quarantine)
        self._inbox: asyncio.Queue[_Entry] = asyncio.Queue()
        self._stopped = False
        self.passes = PassTimes()
        jobs = [job for job in self._catalog.load() if job.state not in TERMINAL]
        nodes = [from_doc(doc, Node) for doc in store.find(NODES)]
        sound = quarantine.sound(jobs, lambda some: rehearse(some, nodes, clock()))
        taken = {job.id for job in sound}
        self._catalog.aside |= {job.id: quarantine.why(job.id) for job in jobs if job.id not in taken}
        policy, used = policy_from(store.get(POLICY, POLICY)), used_from(store.get(USED, USED))
        booked = [from_doc(doc, Booking) for doc in store.find(BOOKINGS)]
        self.control = Control(sound, nodes, clock(), policy, used, booked)

    def now(self) -> Now:
        return self._clock()

    async def run(self) -> None:
        """The loop. Raises StoreFailed when the store is lost, which ends the head."""
        for job, why in self._catalog.aside.items():
            text = f"Job {job} is set aside, because {why}"
            log.error("a job is set aside", extra=fields(job=job, why=why))
            news = Append(to_doc(Event("job.quarantined", self._clock().wall, text, job=job)))
            self._inbox.put_nowait(_Entry(None, (news,), None))
        async with asyncio.TaskGroup() as tasks:
            ticking = tasks.create_task(self._tick())
            try:
                while True:
                    batch = [await self._inbox.get()]
                    while len(batch) < BATCH and not self._inbox.empty():
                        batch.append(self._inbox.get_nowait())
                    await self._decide(sorted(batch, key=lambda entry: comes_last(entry.what)))
            except asyncio.CancelledError:
                await self._write_used()
                raise
            finally:
                self._stopped = True
                ticking.cancel()
                while not self._inbox.empty():
                    done = self._inbox.get_nowait().done
                    if done and not done.done():
                        done.set_exception(Unavailable("The head is shutting down.", "Try again in a moment."))

    def tell(self, what: Input) -> None:
        """Something happened, and nobody waits for what comes of it."""
        self._inbox.put_nowait(_Entry(what, (), None))

    async def ask(self, what: Input | None, also: Iterable[Write] = ()) -> None:
        """Returns when `what` was decided and all of it is durable. Raises what the brain or the store raise."""
        if self._stopped:
            raise Unavailable("The head is shutting down.", "Try again in a moment.")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(_Entry(what, tuple(also), done))
        await done

    async def submit(
        self,
        spec: JobSpec,
        owner: str,
        team: str,
        also: Callable[[str], Sequence[Write]] = lambda _: (),
        array: Indices | None = None,
    ) -> str:
        """The new job's id, or that of the first of an array, once all is durable. `also` gives further writes for
        the same transaction."""
        self._room.check()
        specs = [spec] if array is None else spread(spec, new_id("a"), array.values, array.most)
        ids = [new_id("j") for _ in specs]

        def wish() -> SubmitArray:
            met = self.succeeded(spec.after)
            return SubmitArray(
                tuple(Submit(job_id, each, owner, team, met) for job_id, each in zip(ids, specs, strict=True))
            )

        await self._ask_after(spec, wish, also(ids[0]))
        return ids[0]

    async def retry(self, job: str, by: str) -> None:
        """Takes a job that failed or was cancelled up again. Raises NotFound, Conflict and StoreFull."""
        self._room.check()
        found, _ = self.job(job)
        await self._ask_after(found.spec, lambda: Retry(found, by, self.succeeded(found.spec.after)))

    async def _ask_after(self, spec: JobSpec, wish: Callable[[], Input], also: Iterable[Write] = ()) -> None:
        """`wish` once more if a job that `spec` comes after has succeeded while the wish was on its way."""
        met = self.succeeded(spec.after)
        try:
            await self.ask(wish(), also)
        except Conflict:
            if self.succeeded(spec.after) == met:
                raise
            await self.ask(wish(), also)

    def succeeded(self, jobs: Iterable[str]) -> frozenset[str]:
        """Those of `jobs` that have succeeded."""
        return frozenset(job for job in jobs if self.job(job)[0].state is JobState.SUCCEEDED)

    async def pause(self, job: str, by: str, grace: float | None, requeue: bool) -> None:
        """Raises NotFound, and Conflict for one that is over."""
        await self.wish(job, lambda job_id: Pause(job_id, by, grace, requeue))

    async def resume(self, job: str, by: str) -> None:
        """Raises NotFound, and Conflict for one that is over."""
        await self.wish(job, lambda job_id: Resume(job_id, by))

    async def stop(self, job: str, by: str, code: CauseCode, grace: float | None = None) -> None:
        """Ends `job` (an id or a name). Raises NotFound, and Conflict for one that is over."""
        await self.wish(job, lambda job_id: Stop(job_id, by, code, grace))

    async def wish(self, job: str, wish: Callable[[str], Input]) -> None:
        """Asks for what `wish` makes of the id of `job`. Raises NotFound, and Conflict for one that is over."""
        found, _ = self.job(job)
        try:
            await self.ask(wish(found.id))
        except NotFound:
            found, _ = self.job(found.id)
            raise Conflict(f"Job {found.spec.name} ({found.id}) is already {found.state.value}.") from None

    async def drain(self, node: str, by: str, on: bool) -> None:
        await self.ask(SetDrain(node, on, by))

    async def label(self, node: str, by: str, changes: Mapping[str, str | None]) -> None:
        """Labels `node`; null takes a label away. Raises NotFound, and InvalidRequest for too many."""
        await self.ask(SetLabels(node, changes, by))

    async def remove_node(self, node: str, by: str) -> None:
        await self.ask(RemoveNode(node, by))

    async def record(self, event: Event, writes: Iterable[Write] = ()) -> None:
        """Writes something that is no business of the brain's, with its event, in one transaction."""
        await self.ask(None, (*writes, Append(to_doc(event))))

    def job(self, reference: str) -> tuple[Job, int]:
        """The job with this id or name, and its revision. Raises NotFound."""
        return self._catalog.get(reference)

    def jobs(
        self, where: Callable[[Job], bool], after: str | None, limit: int
    ) -> tuple[list[tuple[Job, int]], str | None]:
        """A page of jobs, newest first; and the cursor of the next."""
        return self._catalog.page(where, after, limit)

    def reachable(self, job: Job) -> bool:
        return self.control.fleet.reachable(job, self._clock())

    def wait_of(self, job: Job) -> Wait:
        """What a queued job waits for."""
        return self.control.why(job, self._clock())

    def line(self) -> list[Job]:
        """All jobs that wait, in the order of the queue."""
        found: list[Job] = []
        for job_id in self.control.line(self._clock()):
            with suppress(NotFound):  # one that is being made durable just now
                found.append(self._catalog.get(job_id)[0])
        return [job for job in found if job.state is JobState.QUEUED]

    def outlook(self, job: Job) -> Outlook:
        """What is in store for `job`."""
        return self.control.outlook(job, self._clock())

    def preview(self, spec: JobSpec, owner: str, team: str) -> Outlook:
        """What would become of `spec` if it were submitted now. Raises ImpossibleRequest."""
        self.control.check(spec)
        return self.control.preview(spec, owner, team, self._clock())

    async def _write_used(self) -> None:
        """What everybody had, at an orderly end; a head that is killed forgets the last minute of it."""
        used = self.control.dispatch.used(self._clock())
        with suppress(TensorFleetError):
            await self._store.commit([Put(USED, USED, to_doc(used))])

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.tell(Tick())

    async def _decide(self, batch: list[_Entry]) -> None:
        now = self._clock()
        actions: list[Action] = []
        also: list[Write] = []
        accepted: list[_Entry] = []
        for entry in batch:
            try:
                actions += self.control.handle(entry.what, now) if entry.what is not None else []
            except TensorFleetError as error:
                _answer(entry, error)
                continue
            except Exception:
                # A fault of ours must cost one request, not the head: the others are decided anew without it.
                self._quarantine.doubt()
                log.exception("a decision failed", extra=fields(input=repr(entry.what)[:500]))
                _answer(entry, Fault("The head could not decide this because of a fault of its own.", "See its log."))
                self.control.drop()
                await self._decide([other for other in batch if other is not entry])
                return
            also += entry.also
            accepted.append(entry)
        actions += self._settle(now)
        saved = {action.job.id: action.job for action in actions if isinstance(action, SaveJob)}
        writes = [*writes_of(actions, saved), *also]
        try:
            committed = await self._store.commit(writes) if writes else Committed((), ())
        except StoreFull as error:
            self.control.drop()
            # What the reserve gives back is for the ends of jobs that run, not for new ones.
            rest = [each for each in accepted if not isinstance(each.what, NEW_WORK)] if self._room.release() else []
            log.error("a decision could not be stored", extra=fields(error=error.detail))
            for entry in accepted:
                if entry not in rest:
                    _answer(entry, error)
            if rest:
                await self._decide(rest)
            return
        except StoreFailed as error:
            for entry in accepted:
                _answer(entry, error)
            raise
        except TensorFleetError as error:
            self.control.drop()
            log.error("a decision could not be stored", extra=fields(error=error.detail))
            for entry in accepted:
                _answer(entry, error)
            return
        self.control.keep()
        for job, rev in zip(saved.values(), committed.revisions, strict=False):
            self._catalog.put(job, rev)
        self._tell_everybody(actions, committed)
        for job in saved.values():
            if job.state in TERMINAL:
                self._bus.forget(logs_of(job.id))
                self._bus.forget(curves_of(job.id))
        for entry in accepted:
            _answer(entry, None)

    def _settle(self, now: Now) -> list[Action]:
        """The scheduling pass, timed where there was one."""
        before, began = self.control.dispatch.passes, time.perf_counter()
        actions = self.control.settle(now)
        if self.control.dispatch.passes > before:
            self.passes.note(time.perf_counter() - began, actions)
        return actions

    def _tell_everybody(self, actions: list[Action], committed: Committed) -> None:
        for action in actions:
            if isinstance(action, Command):
                self._send(action)
        if committed.events:
            self._bus.poke(EVENTS)


def rehearse(jobs: Sequence[Job], nodes: Sequence[Node], now: Now) -> None:
    """The first pass with `jobs` and all of `nodes` online, of which nothing comes. Raises whatever that raises."""
    control = Control(jobs, nodes, now)
    for link in control.fleet.links.values():
        link.connected = True
    control.handle(Tick(), now)
    control.settle(now)


def _answer(entry: _Entry, error: Exception | None) -> None:
    if entry.done is None or entry.done.done():
        return
    if error is None:
        entry.done.set_result(None)
    else:
        entry.done.set_exception(error)
