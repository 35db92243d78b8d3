"""The protocol with one rule taken away: what the simulator is worth is that it notices each.

Every entry of RULES patches one function of the brains, or of the harness' durability, for as long as it is removed.
`directed` names the test of a rule that no run of sessions in order can miss: a second line of defence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from tensorfleet.agent import decide
from tensorfleet.core import attempts, checkpoints, control, fleet, liveness
from tensorfleet.core.actions import Action, AnswerCheckpoint, Assign, Forget, Halt, Launch
from tensorfleet.core.control import Control
from tensorfleet.core.fleet import Fleet, Link
from tensorfleet.core.job import Job, JobState, Share, TaskPhase, parse_alloc
from tensorfleet.core.scheduling.calendar import Calendar
from tensorfleet.sim.head import Answer, Head
from tensorfleet.sim.machine import Machine
from tensorfleet.sim.world import run


@dataclass(frozen=True, slots=True)
class Rule:
    """guards: the invariants of docs/simulation.md. without: what to patch, as (owner, name, replacement). directed:
    the test that catches its removal where the simulator takes too long. within: seeds in which it has to."""

    name: str
    guards: str
    without: tuple[tuple[object, str, object], ...]
    directed: str = ""
    within: int = 1500

    @contextmanager
    def removed(self) -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, instead in self.without:
                stack.enter_context(patch.object(owner, name, instead))
            yield


@dataclass(frozen=True, slots=True)
class Caught:
    """seed: the first that breaks without the rule, 0 for none of `tried`."""

    rule: Rule
    seed: int
    broken: str
    tried: int


def hunt(rule: Rule, most: int, first: int = 1) -> Caught:
    """Runs seeds without `rule` until one breaks. A brain that raises is caught as well."""
    with rule.removed():
        for seed in range(first, first + most):
            try:
                broken = run(seed).broken
            except (ValueError, KeyError, RuntimeError) as error:
                broken = f"{type(error).__name__}: {error}"
            if broken:
                return Caught(rule, seed, broken, most)
    return Caught(rule, 0, "", most)


def _any_attempt(self: Control, alloc: str, node: str) -> tuple[Job, Share] | None:
    job_id, _, node_rank = parse_alloc(alloc)
    job = self.fleet.jobs.get(job_id)
    if job is None or job.attempt is None or job.state is JobState.QUEUED:
        return None
    for share in job.attempt.shares:
        if share.node_rank == node_rank and share.node == node and share.phase is not TaskPhase.ENDED:
            return job, share
    return None


def _never_heard(self: Fleet, *known: object) -> None:
    _fleet_init(self, *known)  # type: ignore[arg-type]
    self.links = {node: Link(-1e6) for node in self.links}


_fleet_init = Fleet.__init__
_connected = Control._connected
_commit = Head._commit
_launch = Machine._launch
_fork = Machine._fork
_assign = decide.Brain._assign
_ended = attempts.ended


def _no_halts(self: Control, *told: object) -> list[Action]:
    actions: list[Action] = _connected(self, *told)  # type: ignore[arg-type]
    stale = {alloc for link in self.fleet.links.values() for alloc in link.stale}
    return [action for action in actions if not (isinstance(action, Halt) and action.alloc in stale)]


def _ignores_stale(self: Fleet, *how: object, **more: object) -> bool:
    kept = {node: link.stale for node, link in self.links.items()}
    for link in self.links.values():
        link.stale = set()
    try:
        return _takes_work(self, *how, **more)  # type: ignore[arg-type]
    finally:
        for node, stale in kept.items():
            self.links[node].stale = stale


_takes_work = Fleet.takes_work


def _answers_first(self: Head, what: object, answer: Answer | None = None) -> None:
    if answer is not None and self.up:
        answer(None)
    _ask(self, what)  # type: ignore[arg-type]


_ask = Head.ask


def _tells_first(self: Head) -> None:
    """Commands leave as soon as they are decided."""
    decided = self.control.settle

    def settle(now: object) -> list[Action]:
        actions = decided(now)  # type: ignore[arg-type]
        for action in actions:
            if isinstance(action, Assign | Launch | Halt | Forget | AnswerCheckpoint):
                self._command(action)
        return actions

    with patch.object(self.control, "settle", settle):
        _decide(self)


_decide = Head._decide


def _forgets_first(self: Head) -> None:
    """An end is acknowledged as soon as it is decided."""
    handled = self.control.handle

    def handle(what: object, now: object) -> list[Action]:
        actions = handled(what, now)  # type: ignore[arg-type]
        for action in actions:
            if isinstance(action, Forget):
                self._command(action)
        return actions

    with patch.object(self.control, "handle", handle):
        _decide(self)


def _late_tombstone(self: Machine, assign: object) -> None:
    _launch(self, assign)  # type: ignore[arg-type]
    self.disk[assign.alloc].launched = False  # type: ignore[attr-defined]


def _marks_when_started(self: Machine, assign: object) -> None:
    folder = self.disk.get(assign.alloc)  # type: ignore[attr-defined]
    _fork(self, assign)  # type: ignore[arg-type]
    if folder:
        self._later(0.5, 5.0, lambda: setattr(folder, "launched", True))


def _launches_again(self: decide.Brain, task: decide.Task, master: str) -> list[decide.Action]:
    self._put(replace(task, phase=decide.Phase.LAUNCHING))
    return [decide.StartRanks(task.assign, master)]


def _assigns_again(self: decide.Brain, assign: object) -> list[decide.Action]:
    self.tasks.pop(assign.alloc, None)  # type: ignore[attr-defined]
    return _assign(self, assign)  # type: ignore[arg-type]


def _leaves_siblings(*what: object) -> object:
    job, actions = _ended(*what)  # type: ignore[arg-type]
    return job, [action for action in actions if not isinstance(action, Halt)]


def _forgets_at_once(self: decide.Brain, task: decide.Task) -> list[decide.Action]:
    del self.tasks[task.assign.alloc]
    return [decide.Remove(task.assign.alloc)]


def _retries_stopped(job: Job, at: float) -> object:
    return _conclude(replace(job, state=JobState.RUNNING) if job.state is JobState.STOPPING else job, at)


_conclude = attempts.conclude


def _nowhere(*_: object) -> frozenset[str]:
    return frozenset()


def _nothing(*what: object, **more: object) -> list[object]:
    return []


def _no(*what: object, **more: object) -> bool:
    return False


def _yes(*what: object, **more: object) -> bool:
    return True


def _unfenced(self: decide.Brain, assign: object) -> list[decide.Action]:
    self.newest.clear()
    return _assign(self, assign)  # type: ignore[arg-type]


def _rule(name: str, guards: str, *without: tuple[object, str, object], directed: str = "") -> Rule:
    return Rule(name, guards, without, directed)


RULES: tuple[Rule, ...] = (
    _rule(
        "the tombstone is written before the ranks start",
        "I2",
        (Machine, "_launch", _late_tombstone),
        (Machine, "_fork", _marks_when_started),
    ),
    _rule("a task that is launched is not launched again", "I2", (decide.Brain, "_launch", _launches_again)),
    _rule("a task that is known is not prepared again", "I2", (decide.Brain, "_assign", _assigns_again)),
    _rule(
        "silence is borne for the lease before anything is replaced",
        "I4",
        (liveness, "UNREACHABLE_AFTER", 1.5),
        (fleet, "UNREACHABLE_AFTER", 1.5),
        (control, "UNREACHABLE_AFTER", 1.5),
        (liveness, "LOST_AFTER", 1.5),
    ),
    _rule("a head that starts counts every node as just heard", "I5", (Fleet, "__init__", _never_heard)),
    _rule(
        "silence is judged after all that waits was heard",
        "I4",
        (liveness, "comes_last", _no),
        directed="test_what_waited_with_a_tick_is_heard_before_silence_is_judged",
    ),
    _rule("a head that was stopped blames nobody for it", "I4", (liveness, "excuse", _nothing)),
    _rule("nothing is moved while most of the fleet is silent", "I4", (liveness, "is_cut", _no)),
    _rule("reports of an older attempt change no job", "I7", (Control, "_find", _any_attempt)),
    _rule("checkpoints of an older attempt do not count", "I9", (checkpoints, "_is_current", _yes)),
    _rule("an answer comes after the commit", "I6", (Head, "ask", _answers_first)),
    _rule("a placement is told after the commit", "I9", (Head, "_decide", _tells_first)),
    _rule("an end is acknowledged after the commit", "I6", (Head, "_decide", _forgets_first)),
    _rule(
        "what a node still has and nobody wants is halted when it connects",
        "I10",
        (Control, "_connected", _no_halts),
        directed="test_the_stale_attempt_of_a_returning_node_is_ended",
    ),
    _rule(
        "a wish to end is sent again when its node connects",
        "I10",
        (attempts, "halt_again", _nothing),
        directed="test_an_agent_that_comes_back_is_told_of_the_pause_with_its_grace",
    ),
    _rule("the rest of a gang ends with the share that went wrong", "I10", (attempts, "ended", _leaves_siblings)),
    _rule(
        "a node gets no work while it has what was given up",
        "I11",
        (Fleet, "takes_work", _ignores_stale),
        directed="test_a_node_gets_no_work_before_the_ranks_of_a_lost_attempt_are_gone",
    ),
    _rule(
        "a node whose link comes and goes gets no new work",
        "row 9",
        (fleet, "flaps", _no),
        directed="test_a_link_that_comes_and_goes_gets_no_new_work_until_it_stays",
    ),
    _rule("a share that its node does not know is lost", "I10", (Control, "_reconcile", _nothing)),
    _rule("what is not acknowledged is reported again", "I10", (decide, "_again", _nothing)),
    _rule("a job that is to stop is not tried again", "I8", (attempts, "conclude", _retries_stopped)),
    _rule(
        "a command about an unknown task is answered",
        "I10",
        (decide, "_unknown", _nothing),
        directed="test_an_unknown_task_is_answered",
    ),
    _rule(
        "a task that runs is not forgotten",
        "I10",
        (decide.Brain, "_forget", _forgets_at_once),
        directed="test_a_task_that_runs_is_not_forgotten",
    ),
    _rule(
        "an older attempt does not start where a newer is known",
        "I9",
        (decide.Brain, "_assign", _unfenced),
        directed="test_an_older_attempt_does_not_start",
    ),
    _rule("nobody starts where it is set aside for others", "I12", (Calendar, "shut", _nowhere)),
)
