"""Jobs that the platform takes off their nodes: to make room for others, or to go on with another number of ranks.

Both are a pause with a place in the queue after it: ranks get time for a checkpoint, and nothing counts as a fault.
"""

from __future__ import annotations

from tensorfleet.core.attempts import Outcome, say
from tensorfleet.core.inputs import Pause
from tensorfleet.core.job import Job
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.wishes import pause

PLATFORM = "the platform"


def make_room(job: Job, wanted: Job, policy: Policy, at: float) -> Outcome:
    """`job` gives its place to `wanted`, and queues again."""
    outcome, actions = _requeue(job, policy, at)
    whom = f"{wanted.spec.name} ({wanted.id}), {wanted.spec.job_class.value}, of {wanted.owner}"
    return outcome, [say(job, "job.preempted", f"{job.spec.name} makes room for {whom}.", at, PLATFORM), *actions]


def set_aside(job: Job, policy: Policy, at: float) -> Outcome:
    """`job` leaves nodes that are reserved for others from now on, and queues again."""
    outcome, actions = _requeue(job, policy, at)
    text = f"{job.spec.name} makes room: its nodes are set aside for others now."
    return outcome, [say(job, "job.preempted", text, at, PLATFORM), *actions]


def resize(job: Job, ranks: int, policy: Policy, at: float) -> Outcome:
    """`job` is to go on with `ranks` ranks."""
    outcome, actions = _requeue(job, policy, at)
    had = sum(share.ranks for share in job.attempt.shares) if job.attempt else 0
    way = "grows" if ranks > had else "shrinks"
    text = f"{job.spec.name} {way} from {had} ranks to {ranks}."
    return outcome, [say(job, "job.resized", text, at, PLATFORM), *actions]


def _requeue(job: Job, policy: Policy, at: float) -> Outcome:
    return pause(job, Pause(job.id, PLATFORM, max(job.spec.grace, policy.grace), requeue=True), at)
