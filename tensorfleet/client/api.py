"""Client: one method for each route of the head, plain calls that answer the structs of `wire.rest`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tensorfleet.client.queue import Queue
from tensorfleet.client.stream import follow
from tensorfleet.client.transport import Query, Transport, escape
from tensorfleet.core.job import TERMINAL, JobState
from tensorfleet.wire import rest
from tensorfleet.wire.checkpoint import CheckpointPage, CheckpointView
from tensorfleet.wire.telemetry import NodeTelemetry
from tensorfleet.wire.why import PlanView, WhyView

if TYPE_CHECKING:
    from tensorfleet.wire.jobfile import JobFile

T = TypeVar("T")
_V1 = "/api/v1"


class Client:
    """url: where the head answers. ca: PEM file with its CA. timeout: seconds for one request.

    `job` arguments take a job's id or its name (the newest of that name). Every method raises errors of
    `tensorfleet.errors`: what the head answered, or HeadUnreachable. Safe to use from several threads.
    notice: told in a sentence when a followed stream loses contact and when it is back.
    """

    def __init__(
        self,
        url: str,
        api_key: str = "",
        ca: str | Path = "",
        timeout: float = 30.0,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._http = Transport(url, api_key, str(ca), timeout)
        self._notice = notice
        self.queue = Queue(self._http)

    @property
    def url(self) -> str:
        return self._http.url

    @property
    def transport(self) -> Transport:
        return self._http

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # jobs

    def submit(self, job: JobFile, key: str = "") -> rest.JobView:
        """Durable when it returns. key: Idempotency-Key; made up when empty, so a lost answer submits once."""
        return self._http.post(rest.JobView, f"{_V1}/jobs", job, key=key or str(uuid.uuid4()))

    def plan(self, job: JobFile) -> PlanView:
        """What would become of `job` if it were submitted now."""
        return self._http.post(PlanView, f"{_V1}/jobs:plan", job, again=True)

    def jobs(
        self,
        *,
        states: Sequence[str] = (),
        owner: str = "",
        team: str = "",
        name: str = "",
        array: str = "",
        most: int = 0,
    ) -> Iterator[rest.JobView]:
        """Newest first, page by page as they are wanted; at most `most` where it is given."""
        query: dict[str, Any] = {"state": list(states), "owner": owner, "team": team, "name": name}
        query |= {"array": array or None, "limit": min(most or 200, 200)}
        left = most
        for job in self._pages(rest.JobPage, f"{_V1}/jobs", query):
            yield job
            left -= 1
            if left == 0:
                return

    def job(self, job: str) -> rest.JobView:
        return self._http.get(rest.JobView, _job(job))

    def stop(self, job: str, grace: float | None = None) -> rest.JobView:
        """SIGTERM, then SIGKILL after `grace` seconds (the job's own grace for None)."""
        return self._http.post(rest.JobView, f"{_job(job)}/stop", rest.StopBody(grace))

    def kill(self, job: str) -> rest.JobView:
        return self._http.post(rest.JobView, f"{_job(job)}/kill")

    def pause(self, job: str, grace: float | None = None) -> rest.JobView:
        """Asks its ranks to end, for `grace` seconds (a minute for None), and frees its nodes until it is resumed."""
        return self._http.post(rest.JobView, f"{_job(job)}/pause", rest.StopBody(grace))

    def requeue(self, job: str, grace: float | None = None) -> rest.JobView:
        """As a pause that is followed by a resume at once."""
        return self._http.post(rest.JobView, f"{_job(job)}/requeue", rest.StopBody(grace))

    def resume_job(self, job: str) -> rest.JobView:
        return self._http.post(rest.JobView, f"{_job(job)}/resume")

    def retry(self, job: str) -> rest.JobView:
        """Takes a job that failed or was cancelled up again."""
        return self._http.post(rest.JobView, f"{_job(job)}/retry")

    def job_file(self, job: str) -> JobFile:
        """What `job` asked for, as a job file to submit again."""
        from tensorfleet.wire.jobfile import JobFile

        return self._http.get(JobFile, f"{_job(job)}/file")

    def why(self, job: str) -> WhyView:
        return self._http.get(WhyView, f"{_job(job)}/why")

    def wait(self, job: str | rest.JobView, until: Collection[JobState] = TERMINAL) -> rest.JobView:
        """The job as soon as it is in one of the states `until`: when it is over, if none are given."""
        view = self.job(job if isinstance(job, str) else job.id)
        if view.state in until:
            return view
        for event in self.follow_events(job=view.id, after=0):
            if event.data.get("state") in until:
                view = self.job(view.id)
                if view.state in until:
                    break
        return view

    def run(
        self,
        command: str | Sequence[str],
        *,
        workdir: str | Path | None = ".",
        env: Mapping[str, str] | None = None,
        name: str = "",
        priority: int = 50,
        team: str = "",
        warm: bool = True,
        **resources: Any,
    ) -> rest.JobView:
        """Uploads `workdir` (None: nothing) and submits `command`; resources as in a job file: gpus=8, slots=2, …"""
        from tensorfleet.client.prepare import prepare
        from tensorfleet.wire.jobfile import JobFile, check_fields

        plain = {
            "run": command if isinstance(command, str) else [str(word) for word in command],
            "env": dict(env or {}),
            "name": name,
            "priority": priority,
            "team": team,
            "warm": warm,
            "resources": resources,
        }
        job = check_fields(plain, JobFile)
        prepared = prepare(self, job, Path(workdir) if workdir is not None else None, named=workdir not in (None, "."))
        return self.submit(prepared)

    # what comes out of a job

    def logs(
        self,
        job: str,
        *,
        rank: int | None = None,
        attempt: int | None = None,
        since: float = 0,
        tail: int = 0,
    ) -> Iterator[rest.LogLine]:
        """Lines written so far. since: unix seconds. tail: only the last so many."""
        query: dict[str, Any] = {"rank": rank, "attempt": attempt, "since": since or None, "tail": tail or None}
        while True:
            page = self._http.get(rest.LogPage, f"{_job(job)}/logs", {**query, "limit": 10_000})
            yield from page.items
            if tail or not page.items or page.cursor == query.get("cursor"):
                return
            query["cursor"] = page.cursor

    def follow_logs(
        self,
        job: str,
        *,
        rank: int | None = None,
        attempt: int | None = None,
        since: float = 0,
        tail: int = 0,
    ) -> Iterator[rest.LogLine | rest.JobView]:
        """Lines as they are written, none lost or doubled over broken connections; the ended job comes last."""
        query = {"rank": rank, "attempt": attempt, "since": since or None, "tail": tail or None}
        for message in self._follow(f"{_job(job)}/logs", query):
            if message.event == "end":
                yield self._read(rest.JobView, message.data)
                return
            if message.event == "line":
                yield self._read(rest.LogLine, message.data)

    def metrics(self, job: str, *, name: str = "", rank: int | None = None, points: int = 500) -> list[rest.Series]:
        """Every curve of the job, thinned to about `points` each."""
        query = {"name": name, "rank": rank, "points": points}
        return self._http.get(rest.MetricsView, f"{_job(job)}/metrics", query).items

    def follow_metrics(
        self, job: str, *, name: str = "", rank: int | None = None
    ) -> Iterator[rest.Series | rest.JobView]:
        """New points as they arrive, each Series with those only, beginning with all there are; the ended job last."""
        for message in self._follow(f"{_job(job)}/metrics", {"name": name, "rank": rank}):
            if message.event == "end":
                yield self._read(rest.JobView, message.data)
                return
            if message.event == "point":
                yield self._read(rest.Series, message.data)

    def artifacts(self, job: str) -> Iterator[rest.ArtifactView]:
        return self._pages(rest.ArtifactPage, f"{_job(job)}/artifacts", {})

    def download_artifact(
        self, job: str, artifact: rest.ArtifactView, target: Path, progress: Callable[[int], None] = lambda size: None
    ) -> None:
        """Writes one artifact to `target`, which is whole or absent. progress: told the bytes of each piece."""
        from tensorfleet.client.download import download

        parts = "/".join(escape(part) for part in artifact.path.split("/"))
        url = f"{_job(job)}/artifacts/{parts}?node_rank={artifact.node_rank}"
        download(self._http, url, artifact, target, progress)

    def checkpoints(self, job: str) -> list[CheckpointView]:
        """What the job can go on from, newest first."""
        return self._http.get(CheckpointPage, f"{_job(job)}/checkpoints").items

    def checkpoint_files(self, job: str, checkpoint: str = "latest") -> list[rest.ArtifactView]:
        """checkpoint: a step, `latest` or `best`. Laid together in one directory, the files are the checkpoint."""
        return list(self._pages(rest.ArtifactPage, f"{_job(job)}/checkpoints/{escape(checkpoint)}/files", {}))

    def download_checkpoint_file(
        self,
        job: str,
        checkpoint: str,
        file: rest.ArtifactView,
        target: Path,
        progress: Callable[[int], None] = lambda size: None,
    ) -> None:
        """As `download_artifact`."""
        from tensorfleet.client.download import download

        parts = "/".join(escape(part) for part in file.path.split("/"))
        download(self._http, f"{_job(job)}/checkpoints/{escape(checkpoint)}/files/{parts}", file, target, progress)

    # history

    def events(self, job: str = "", *, after: int = 0) -> Iterator[rest.EventView]:
        """What happened behind event number `after`, oldest first."""
        while True:
            page = self._http.get(rest.EventPage, f"{_V1}/events", {"job": job, "after": after, "limit": 1000})
            yield from page.items
            if not page.next:
                return
            after = page.items[-1].id

    def recent_events(self, job: str = "", most: int = 50) -> list[rest.EventView]:
        """The last `most` events, oldest first."""
        query = {"job": job, "tail": most}
        return self._http.get(rest.EventPage, f"{_V1}/events", query).items

    def follow_events(self, job: str = "", *, after: int | None = None) -> Iterator[rest.EventView]:
        """Events as they happen, without end; from behind number `after` on, or from now on without it."""
        query = {"job": job, "after": after}
        for message in self._follow(f"{_V1}/events", query, "" if after is None else str(after)):
            yield self._read(rest.EventView, message.data)

    # the fleet

    def health(self) -> rest.HealthView:
        return self._http.get(rest.HealthView, "/health")

    def workers(self) -> list[rest.WorkerView]:
        return list(self._pages(rest.WorkerPage, f"{_V1}/workers", {}))

    def worker(self, node: str) -> rest.WorkerView:
        return self._http.get(rest.WorkerView, _node(node))

    def telemetry(self, node: str) -> NodeTelemetry:
        """All that the node measured last, a second ago at most while it is online."""
        return self._http.get(NodeTelemetry, f"{_node(node)}/telemetry")

    def follow_workers(self) -> Iterator[rest.WorkerView | rest.EventView]:
        """Every node as it is, then each as it changes, and events of nodes between; without end."""
        for message in self._follow("/worker-activity", {}):
            if message.event == "worker":
                yield self._read(rest.WorkerView, message.data)
            else:
                yield self._read(rest.EventView, message.data)

    def approve(self, node: str, words: str) -> rest.WorkerView:
        """Lets a node in that shows these pairing words on its own screen."""
        return self._http.post(rest.WorkerView, f"{_node(node)}/approve", rest.ApproveBody(words))

    def drain(self, node: str) -> rest.WorkerView:
        return self._http.post(rest.WorkerView, f"{_node(node)}/drain", again=True)

    def resume(self, node: str) -> rest.WorkerView:
        return self._http.post(rest.WorkerView, f"{_node(node)}/resume", again=True)

    def label(self, node: str, labels: dict[str, str | None]) -> rest.WorkerView:
        """Labels the node; null takes a label away."""
        return self._http.post(rest.WorkerView, f"{_node(node)}/labels", rest.LabelsBody(labels), again=True)

    def test(self, node: str) -> rest.WorkerView:
        """Has the node test its sick GPUs; events tell how each did."""
        return self._http.post(rest.WorkerView, f"{_node(node)}/test", again=True)

    def remove(self, node: str) -> None:
        self._http.request("DELETE", _node(node))

    def join_token(self) -> rest.TokenView:
        return self._http.post(rest.TokenView, f"{_V1}/join-tokens")

    def backup(self, objects: bool = False) -> Iterator[bytes]:
        """A backup of the head in pieces, for an administrator; `wire.backup` tells a whole one. objects: with the
        files of jobs."""
        from tensorfleet.client.download import pieces

        return pieces(self._http, f"{_V1}/backup" + ("?objects=all" if objects else ""))

    # uploads

    def blobs_missing(self, digests: Iterable[str]) -> list[str]:
        body = rest.MissingBody(list(digests))
        return self._http.post(rest.MissingView, f"{_V1}/blobs:missing", body, again=True).missing

    def put_blob(self, digest: str, data: bytes) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        self._http.request("PUT", f"{_V1}/blobs/{digest}", body=data, headers=headers, again=True)

    # who one is

    def me(self) -> rest.MeView:
        return self._http.get(rest.MeView, f"{_V1}/me")

    def login(self, token: str) -> rest.KeyView:
        """Exchanges a one-time login token for an API key."""
        return self._http.post(rest.KeyView, f"{_V1}/login", rest.LoginBody(token))

    def login_token(self) -> rest.TokenView:
        """A one-time token with which this account can be taken to a browser: URL/login?token=TOKEN."""
        return self._http.post(rest.TokenView, f"{_V1}/login-tokens")

    def keys(self) -> list[rest.KeyView]:
        return list(self._pages(rest.KeyPage, f"{_V1}/keys", {}))

    def create_key(self, user: str, team: str = "", role: Any = "member", days: float | None = None) -> rest.KeyView:
        """A new API key; the answer is the only place where its secret is ever shown."""
        return self._http.post(rest.KeyView, f"{_V1}/keys", rest.KeyBody(user, team, role, days))

    def revoke_key(self, key: str) -> None:
        self._http.request("DELETE", f"{_V1}/keys/{escape(key)}")

    # shared

    def _pages(self, into: Any, path: str, query: Query) -> Iterator[Any]:
        cursor = None
        while True:
            page = self._http.get(into, path, {**query, "cursor": cursor})
            yield from page.items
            cursor = page.next
            if not cursor:
                return

    def _follow(self, path: str, query: Query, last_id: str = "") -> Any:
        return follow(self._http, path, query, last_id=last_id, notice=self._notice)

    def _read(self, into: type[T], data: str) -> T:
        return self._http.decode(into, "a stream", data.encode())


def _job(job: str) -> str:
    return f"{_V1}/jobs/{escape(job)}"


def _node(node: str) -> str:
    return f"{_V1}/workers/{escape(node)}"
