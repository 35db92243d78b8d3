"""The head's brain: what happened goes in, what to do comes out.

`handle` decides about one input, `settle` runs the scheduling pass when any input asked for it. Both work on a
draft of the fleet: the shell makes their saves durable and then calls `keep`, or `drop` when the store refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tensorfleet.core import (
    attempts,
    bookings,
    checkpoints,
    dependencies,
    explain,
    labels,
    liveness,
    membership,
    outlook,
    quota,
    stability,
    strikes,
    wishes,
)
from tensorfleet.core.actions import Action, DropNode, Forget, Halt, SaveJob, SaveNode, SaveUsed
from tensorfleet.core.dependencies import unmet
from tensorfleet.core.disk import disk_news
from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.draft import Draft
from tensorfleet.core.fleet import AT_ONCE, UNREACHABLE_AFTER, Fleet
from tensorfleet.core.gpunews import gpu_news
from tensorfleet.core.inputs import (
    Arrange,
    CancelBooking,
    CheckpointDamaged,
    CheckpointDone,
    Heard,
    Input,
    NodeConnected,
    NodeDisconnected,
    NodeJoined,
    Now,
    Pause,
    RemoveNode,
    Reserve,
    Resume,
    Retry,
    SetDrain,
    SetLabels,
    SetPolicy,
    Stop,
    Submit,
    SubmitArray,
    TaskEnded,
    TaskPrepared,
    TaskRunning,
    Tick,
)
from tensorfleet.core.job import TERMINAL, CauseCode, Hold, Job, JobSpec, JobState, Share, TaskPhase, parse_alloc
from tensorfleet.core.node import Node, NodeState
from tensorfleet.core.outlook import Outlook
from tensorfleet.core.possible import Possible
from tensorfleet.core.queueing import arrange
from tensorfleet.core.retry import wait_before
from tensorfleet.core.room import make_room, resize, set_aside
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.scheduling.used import Used
from tensorfleet.core.wait import Wait
from tensorfleet.errors import Conflict, NotFound

MAX_STALE = 1000
"""Stale shares of one node that are remembered: a node that talks nonsense costs no memory."""


class Control:
    """Decides for one fleet. Not thread-safe: one caller, one input at a time."""

    def __init__(
        self,
        jobs: Iterable[Job],
        nodes: Iterable[Node],
        now: Now,
        policy: Policy | None = None,
        used: Used | None = None,
        booked: Iterable[Booking] = (),
    ) -> None:
        self.policy = self._kept_policy = policy or Policy()
        self.fleet = Fleet(jobs, nodes, now)
        self.bookings = Draft({booking.id: booking for booking in booked})
        self.dispatch = Dispatch(self.fleet, self.policy, now, used or Used(), self.bookings)
        self._possible = Possible(self.fleet.nodes)
        self._stale = True
        self._ticked = now.mono
        self._cut = False

    def handle(self, what: Input, now: Now) -> list[Action]:
        """What to do about `what`. Raises a UserError for a request that cannot be met; then nothing changed."""
        if isinstance(what, Arrange):
            self._stale = True
            return arrange(self.fleet, self._live(what.job), what, now.wall)
        match what:
            case Submit():
                return self._submit(what, now)
            case SubmitArray():
                return [action for place, each in enumerate(what.jobs) for action in self._submit(each, now, place)]
            case Stop() | Pause() | Resume():
                return self._wish(what, now)
            case Retry():
                return self._retry(what, now)
            case NodeJoined():
                return membership.joined(self.fleet, what, now)
            case NodeConnected():
                return self._connected(what, now)
            case NodeDisconnected():
                return self._disconnected(what, now)
            case Heard():
                return self._heard(what, now)
            case TaskPrepared() | TaskRunning() | TaskEnded():
                return self._report(what, now)
            case CheckpointDone() | CheckpointDamaged():
                return self._checkpoint(what, now)
            case SetDrain():
                self._stale = True
                return membership.drain(self.fleet, self._node(what.node), what, now)
            case SetLabels():
                self._stale = True
                return labels.relabel(self.fleet, what, now)
            case Reserve() | CancelBooking():
                self._stale = True
                return bookings.handle(self.bookings, what, self.fleet, now)
            case RemoveNode():
                return self._remove(what, now)
            case SetPolicy():
                return self._set_policy(what, now)
            case Tick():
                return self._tick(now)

    def settle(self, now: Now) -> list[Action]:
        """The scheduling pass, when something changed since the last one."""
        if not self._stale:
            return []
        self._stale = False
        if self.dispatch.scheduler.policy != self.policy:
            self.dispatch.reform(self.policy, now)
        decision = self.dispatch.decide(now)
        actions: list[Action] = []
        for ask, _, shares in decision.starts:
            actions += self._put(*attempts.place(self._live(ask.id), shares, now.wall), now)
        for job_id, wanted in decision.leave:
            actions += self._put(*make_room(self._live(job_id), self._live(wanted), self.policy, now.wall), now)
        for job_id in self.dispatch.in_the_way(now):
            actions += self._put(*set_aside(self._live(job_id), self.policy, now.wall), now)
        for job_id, ranks in decision.resize:
            actions += self._put(*resize(self._live(job_id), ranks, self.policy, now.wall), now)
        return actions

    def keep(self) -> None:
        """What was decided is durable."""
        self._kept_policy = self.policy
        self.fleet.keep()
        self.bookings.keep()

    def drop(self) -> None:
        """What was decided could not be stored: back to what is."""
        self.policy = self._kept_policy
        self.fleet.drop()
        self.bookings.drop()
        self._stale = True

    def why(self, job: Job, now: Now) -> Wait:
        """What `job` waits for."""
        return explain.why(job, self.fleet, self.dispatch, now)

    def line(self, now: Now) -> list[str]:
        """Ids of all jobs that wait, in the order of the queue."""
        return self.dispatch.in_order(now)

    def outlook(self, job: Job, now: Now) -> Outlook:
        """What is in store for `job`."""
        return outlook.outlook(job, self.fleet, self.dispatch, now)

    def preview(self, spec: JobSpec, owner: str, team: str, now: Now) -> Outlook:
        """What would become of `spec` if it were submitted now."""
        probe = Job("preview", spec, owner, team, now.wall, since=now.wall, order="~")
        return outlook.preview(probe, self.fleet, self.dispatch, now)

    def check(self, spec: JobSpec) -> None:
        """Raises ImpossibleRequest when no placement on the whole fleet could ever hold `spec`."""
        self._possible.check(spec.request)

    def _submit(self, what: Submit, now: Now, place: int = 0) -> list[Action]:
        self.check(what.spec)
        order = f"{int(now.wall * 1e6) + place:020d}-{what.id}"
        waits_for = unmet(what.spec, what.met, self.fleet.jobs.__contains__)
        job = Job(what.id, what.spec, what.owner, what.team, now.wall, since=now.wall, order=order, waits_for=waits_for)
        job = replace(job, held=Hold(what.owner, now.wall) if what.spec.hold else None)
        self._stale = True
        said = attempts.say(job, "job.queued", f"{job.spec.name} was submitted.", now.wall, what.owner)
        return self._put(job, [said], now)

    def _wish(self, what: Stop | Pause | Resume, now: Now) -> list[Action]:
        outcome = wishes.grant(self._live(what.job), what, now.wall)
        self._stale = True
        return self._put(*outcome, now)

    def _retry(self, what: Retry, now: Now) -> list[Action]:
        if what.job.id in self.fleet.jobs:
            raise Conflict(f"Job {what.job.spec.name} ({what.job.id}) is live again already.")
        waits_for = unmet(what.job.spec, what.met, self.fleet.jobs.__contains__)
        job, actions = wishes.retry(what, now.wall)
        self._stale = True
        return self._put(replace(job, waits_for=waits_for), actions, now)

    def _connected(self, what: NodeConnected, now: Now) -> list[Action]:
        actions = labels.told(self.fleet, what.node, what.facts, now)
        node = self._node(what.node)
        fresh = what.facts.of(node)
        if fresh != node:
            self.fleet.nodes.put(node.id, fresh)
            actions += [SaveNode(fresh), *gpu_news(node, fresh, now.wall), *disk_news(node, fresh, now.wall)]
        link = self.fleet.links[node.id]
        gaps = stability.gaps(link, now)
        self.fleet.links[node.id] = replace(link, heard=now.mono, connected=True, closed=False, gaps=gaps)
        self._stale = True
        known = {task.alloc for task in what.tasks}
        wanted = set()
        for job, share in list(self.fleet.shares_on(node.id)):
            alloc = attempts.alloc_of(job, share)
            wanted.add(alloc)
            actions += self._reconcile(job, share, alloc in known, now)
        stale = {task.alloc for task in what.tasks if task.alloc not in wanted}
        self.fleet.links[node.id].stale = stale
        actions += [Halt(node.id, alloc, 0.0) for alloc in sorted(stale)]
        return actions + self._show_node(fresh, now)

    def _reconcile(self, job: Job, share: Share, known: bool, now: Now) -> list[Action]:
        if known:
            return attempts.halt_again(job, share) if attempts.doomed(job) else []
        if share.phase is TaskPhase.ASSIGNED and not attempts.doomed(job):
            return [attempts.assign(job, share)]
        return self._lose(job, share, "the node no longer knows of it.", now)

    def _disconnected(self, what: NodeDisconnected, now: Now) -> list[Action]:
        link = self.fleet.links.get(what.node)
        if link:
            link.connected = False
            link.closed = now.mono - link.heard < AT_ONCE
        self._stale = True
        return []

    def _heard(self, what: Heard, now: Now) -> list[Action]:
        link = self.fleet.links.get(what.node)
        if link is None:
            return []
        # A pass may have left it out before anybody was told that it is silent.
        self._stale |= now.mono - link.heard >= UNREACHABLE_AFTER
        link.heard, link.gaps = now.mono, stability.gaps(link, now)
        node = self.fleet.nodes.get(what.node)
        return self._show_node(node, now) if node else []

    def _report(self, what: TaskPrepared | TaskRunning | TaskEnded, now: Now) -> list[Action]:
        found = self._find(what.alloc, what.node)
        if found is None:
            return self._late(what)
        job, share = found
        match what:
            case TaskPrepared():
                host = self.fleet.rendezvous_host(job, what.node)
                return self._put(*attempts.prepared(job, share, host, what.port), now)
            case TaskRunning():
                return self._put(*attempts.running(job, share, now.wall), now)
            case TaskEnded():
                self._stale = True
                struck = (
                    strikes.strike(self.fleet, self._node(what.node), job.id, what.error, now) if what.fault else []
                )
                return [*struck, *self._put(*attempts.ended(job, share, what, now.wall), now)]

    def _late(self, what: TaskPrepared | TaskRunning | TaskEnded) -> list[Action]:
        """A report about anything but the current attempt changes no job. Its node gets no work while it goes on."""
        link = self.fleet.links.get(what.node)
        stale = link.stale if link else set()
        if not isinstance(what, TaskEnded):
            if len(stale) < MAX_STALE:
                stale.add(what.alloc)
            return [Halt(what.node, what.alloc, 0.0)]
        if what.alloc in stale:
            stale.remove(what.alloc)
            self._stale = True
        return [Forget(what.node, what.alloc)]

    def _checkpoint(self, what: CheckpointDone | CheckpointDamaged, now: Now) -> list[Action]:
        job, actions = checkpoints.handle(self.fleet.jobs, what, now.wall)
        if job is None:
            return actions
        self.fleet.jobs.put(job.id, job)
        self._stale |= job.spec.request.min_nodes > 0  # one that is safe may be given another size
        return [SaveJob(job), *actions]

    def _find(self, alloc: str, node: str) -> tuple[Job, Share] | None:
        """The live share that `alloc` names, when `node` is the one that holds it."""
        try:
            job_id, number, node_rank = parse_alloc(alloc)
        except ValueError:
            return None
        job = self.fleet.jobs.get(job_id)
        if job is None or job.attempt is None or job.attempt.number != number or job.state is JobState.QUEUED:
            return None
        for share in job.attempt.shares:
            if share.node_rank == node_rank and share.node == node and share.phase is not TaskPhase.ENDED:
                return job, share
        return None

    def _remove(self, what: RemoveNode, now: Now) -> list[Action]:
        node = self._node(what.node)
        held = list(self.fleet.shares_on(node.id))
        if held and self.fleet.node_state(node, now) is not NodeState.OFFLINE:
            raise Conflict(
                f"{node.name} still runs jobs.", f"`tensorfleet node drain {node.name}` first, or stop them."
            )
        actions = [action for job, share in held for action in self._lose(job, share, "it was removed.", now)]
        self.fleet.nodes.remove(node.id)
        self.fleet.links.pop(node.id, None)
        self._stale = True
        said = membership.say(node, "node.removed", f"{node.name} left the fleet.", now, what.by)
        return [*actions, DropNode(node.id), said]

    def _set_policy(self, what: SetPolicy, now: Now) -> list[Action]:
        actions = quota.set_policy(self.policy, what, self.fleet.placed(), now.wall)
        self.policy, self._stale = what.policy, True
        return actions

    def _tick(self, now: Now) -> list[Action]:
        actions: list[Action] = []
        liveness.excuse(self.fleet, self._ticked, now)
        if said := stability.watch(self.fleet, self._ticked, now):
            self._stale, actions = True, said
        self._ticked = now.mono
        for node in list(self.fleet.nodes.values()):
            actions += self._show_node(node, now)
        cut, self._cut = self._cut, liveness.is_cut(self.fleet, now, UNREACHABLE_AFTER)
        actions += liveness.cut_news(cut, self._cut, now)
        for job, share, quiet in liveness.given_up(self.fleet, now):
            # It may still have its ranks: if it is heard again without a new session, they are in the way there.
            self.fleet.links[share.node].stale.add(attempts.alloc_of(job, share))
            actions += self._lose(job, share, f"it was not heard for {quiet:.0f} s.", now)
        for job in list(self.fleet.placed()):
            limit, attempt = job.spec.max_duration, job.attempt
            over = limit and attempt and attempt.started and now.wall - attempt.started > limit
            if over and job.state is JobState.RUNNING:
                actions += self._wish(Stop(job.id, "platform", CauseCode.TIMEOUT), now)
        actions += bookings.expire(self.bookings, now)
        self._stale |= self.dispatch.due(now)
        if used := self.dispatch.used_lately(now):
            actions.append(SaveUsed(used))
        for job_id, until in list(self.fleet.backoff.items()):
            if now.mono >= until or job_id not in self.fleet.jobs:
                del self.fleet.backoff[job_id]
                self.fleet.jobs.touch(job_id)
                self._stale = True
        return actions

    def _lose(self, job: Job, share: Share, error: str, now: Now) -> list[Action]:
        """`share` is over as far as the head is concerned; whatever its node says of it later changes nothing."""
        self._stale = True
        lost = TaskEnded(share.node, attempts.alloc_of(job, share), error=error, fault=True)
        return self._put(*attempts.ended(job, share, lost, now.wall), now)

    def _show_node(self, node: Node, now: Now) -> list[Action]:
        said = membership.show(self.fleet, node, now)
        self._stale |= bool(said)
        return said

    def _node(self, node_id: str) -> Node:
        node = self.fleet.nodes.get(node_id)
        if node is None:
            raise NotFound(f"There is no node {node_id}.", "`tensorfleet nodes` lists them.")
        return node

    def _live(self, job_id: str) -> Job:
        job = self.fleet.jobs.get(job_id)
        if job is None:
            raise NotFound(f"There is no live job {job_id}.", "`tensorfleet ps --all` lists those that ended, too.")
        return job

    def _put(self, job: Job, actions: list[Action], now: Now) -> list[Action]:
        if job.state not in TERMINAL:
            if job.state is JobState.QUEUED and (wait := wait_before(job)):
                self.fleet.backoff.setdefault(job.id, now.mono + wait)
            self.fleet.jobs.put(job.id, job)
            self.fleet.note_waits(job)
            return [SaveJob(job), *actions]
        self.fleet.jobs.remove(job.id)
        actions = [SaveJob(job), *actions]
        for outcome in dependencies.released(job, self.fleet.dependents(job.id), now.wall):
            actions += self._put(*outcome, now)
        return actions
