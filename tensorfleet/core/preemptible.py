"""Whether others may take a running job's place.

Nothing could be promised about a queue in which jobs without an end can also not be interrupted: so a job that says
nothing about it can be, unless it says how long it runs at most. One that has left a whole checkpoint loses little.
"""

from __future__ import annotations

from tensorfleet.core.job import Job
from tensorfleet.core.scheduling.policy import JobClass


def preemptible(job: Job) -> bool:
    """What the job says; of one that says nothing, whether it has no `max_duration`, is a scavenger, or has left a
    whole checkpoint. A scavenger always is."""
    if job.spec.job_class is JobClass.SCAVENGER:
        return True
    if job.spec.preemptible is not None:
        return job.spec.preemptible
    return not job.spec.max_duration or any(each.whole for each in job.checkpoints)
