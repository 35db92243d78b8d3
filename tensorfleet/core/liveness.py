"""When silence becomes a verdict: whose shares are given up, and whose are held.

A silent node may be dead, or cut off with its ranks alive and well. Giving up a share too soon throws away what its
ranks did since their last checkpoint; too late, the time until somebody notices. So a share is given up the sooner
the less there is to lose, and never while there is nowhere else to go: then waiting costs nothing. A double run wastes
GPU time only, because the late attempt can commit nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorfleet.core.actions import Action, Emit
from tensorfleet.core.attempts import current, doomed
from tensorfleet.core.event import Event
from tensorfleet.core.feasible import whole
from tensorfleet.core.fleet import AT_ONCE, LOST_AFTER, UNREACHABLE_AFTER, Fleet
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.inputs import Now, Tick
from tensorfleet.core.job import Job, JobState, Share
from tensorfleet.core.node import Node

WORTH = 1 / 20
"""Seconds of silence to bear for each second of work that would be lost."""

HEAD_AWAY = 3.0
"""Seconds between two ticks after which the head itself was away: stopped, suspended, or stuck on its disk."""

CUT_FOR = 3600.0
"""Seconds for which the head takes most of the fleet's silence for a fault of its own link."""


def comes_last(what: object) -> bool:
    """Whether `what` is decided after all that waits with it: silence is judged when every word was heard that came
    while the head wrote to a slow disk."""
    return isinstance(what, Tick)


def excuse(fleet: Fleet, since: float, now: Now) -> None:
    """Nobody is blamed for the time in which the head could not listen. since: the tick before, monotonic."""
    gap = now.mono - since
    if gap > HEAD_AWAY:
        for link in fleet.links.values():
            link.heard = min(now.mono, link.heard + gap)


def silence(fleet: Fleet, node: Node, now: Now) -> float:
    """Seconds since `node` was heard."""
    return now.mono - fleet.links[node.id].heard


def is_cut(fleet: Fleet, now: Now, after: float) -> bool:
    """Whether so many nodes fell silent that the head's own link is the likelier cause: most of the fleet, and more
    than one. after: seconds without a word that make a node silent."""
    silences = [silence(fleet, node, now) for node in fleet.nodes.values()]
    lately = sum(after <= each < CUT_FOR for each in silences)
    heard = sum(each < after for each in silences)
    return lately > max(heard, 1)


def cut_news(before: bool, cut: bool, now: Now) -> list[Action]:
    """What people are told when the fleet is cut off from the head, or heard again."""
    if cut == before:
        return []
    if cut:
        text = "Most of the fleet fell silent at once: the head's own network is the likely cause. No job is moved."
        return [Emit(Event("fleet.cut", now.wall, text))]
    return [Emit(Event("fleet.whole", now.wall, "Most of the fleet is heard again."))]


def given_up(fleet: Fleet, now: Now) -> Iterator[tuple[Job, Share, float]]:
    """Shares on silent nodes that are waited for no longer, each with the seconds its node was silent for."""
    # One cut reaches every node at another beat: the first to be due is judged by whether the others still speak.
    if is_cut(fleet, now, AT_ONCE):
        return
    for node in list(fleet.nodes.values()):
        quiet = silence(fleet, node, now)
        if quiet < UNREACHABLE_AFTER:
            continue
        for job, share in list(fleet.shares_on(node.id)):
            if quiet >= _patience(fleet, job, node, now):
                yield job, share, quiet


def _patience(fleet: Fleet, job: Job, node: Node, now: Now) -> float:
    if job.state in (JobState.STOPPING, JobState.PAUSING):
        return LOST_AFTER
    if doomed(job):
        return UNREACHABLE_AFTER
    places = list(fleet.places(now, without=job.id).values())
    if seat_gang([(other, whole(other)) for other, _ in places], job.spec.request) is None:
        return float("inf")
    if fleet.links[node.id].closed or seat_gang(places, job.spec.request) is None:
        return LOST_AFTER
    attempt = current(job)
    saved = max((each.at for each in job.checkpoints if each.whole), default=0.0)
    at_risk = now.wall - max(attempt.started, attempt.placed, saved)
    return min(LOST_AFTER, max(UNREACHABLE_AFTER, at_risk * WORTH))
