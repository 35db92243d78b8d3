"""Teams: what the policy gives them, and what they hold."""

from __future__ import annotations

from collections import Counter

from tensorfleet.core.job import Job, JobState
from tensorfleet.core.quota import ranks_held
from tensorfleet.core.scheduling.policy import Slice
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.queue import ShareholderView, TeamPage, TeamView


@route("GET", "/api/v1/teams", Permission.READ, tag="queue")
async def list_teams(call: Call[None, None]) -> TeamPage:
    """List the teams.

    Those that have a user, a live job, or a place in the queue's policy, each with its share, guarantee and cap,
    and with what it holds. Change them with `PATCH /api/v1/queue/policy`.
    """
    fleet, policy = call.services.shell.control.fleet, call.services.shell.control.policy
    holds: Counter[str] = Counter()
    running: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for job in fleet.jobs.values():
        for name in _names(job):
            waiting[name] += job.state is JobState.QUEUED
    for job in fleet.placed():
        for name in _names(job):
            running[name] += 1
            holds[name] += ranks_held(job)

    def view(name: str, entitled: Slice) -> ShareholderView:
        return ShareholderView(
            name, entitled.share, entitled.guarantee, entitled.cap, holds[name], running[name], waiting[name]
        )

    seen = {*waiting, *policy.teams, *policy.users}
    teams = {name.partition("/")[0] for name in seen} | call.services.keys.teams()
    users = sorted(name for name in seen if "/" in name)
    return TeamPage(
        [
            TeamView(
                view(team, policy.team(team)),
                [view(each, policy.users.get(each) or Slice()) for each in users if each.partition("/")[0] == team],
            )
            for team in sorted(teams)
        ]
    )


def _names(job: Job) -> tuple[str, str]:
    """Those on whose account it goes."""
    return job.team, f"{job.team}/{job.owner}"
