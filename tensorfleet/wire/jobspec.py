"""From a job file to the complete JobSpec that the scheduler takes, and back.

Every refusal names the field, and says what would be valid.
"""

from __future__ import annotations

import difflib
import re
import shlex

from tensorfleet.core.checkpoint import Best, CheckpointPolicy
from tensorfleet.core.job import JobSpec, PythonEnv, RetryOn, RetryPolicy, Watchdog
from tensorfleet.core.scheduling.policy import JobClass
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.array import parse_array
from tensorfleet.wire.asking import from_request, to_request
from tensorfleet.wire.jobfile import (
    BestFile,
    CheckpointFile,
    JobFile,
    PythonFile,
    RetryFile,
    WatchdogFile,
)
from tensorfleet.wire.manifest import is_digest
from tensorfleet.wire.units import parse_duration

MAX_RETRIES = 1000
MAX_KEPT = 100

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
_SHELL = re.compile(r"[|&;<>()$`\\\n*?\[\]#~{}!]")


def to_spec(job: JobFile, *, code: str = "", recipe_run: tuple[str, ...] = ()) -> JobSpec:
    """The complete, validated JobSpec. `recipe_run` is the command a recipe stands for. Raises InvalidRequest."""
    run = recipe_run or _command(job.run)
    if job.array:
        parse_array(job.array)
    if job.recipe and job.run is not None:
        raise InvalidRequest("The job names both `run` and `recipe`.", "Keep one of them.")
    digest = code or job.code
    if digest and not is_digest(digest):
        raise InvalidRequest("code: not a SHA-256 digest of an uploaded manifest.")
    name = job.name or job.recipe or _default_name(run)
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"name: {name[:40]!r}{'…' if len(name) > 40 else ''} is not a name.",
            "Use 1 to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
        )
    return JobSpec(
        name=name,
        run=run,
        request=to_request(job),
        env=_environment(job.env),
        code=digest,
        python=_python(job.python),
        priority=check_priority(job.priority),
        max_duration=parse_duration(job.max_duration, "max_duration"),
        grace=min(parse_duration(job.grace, "grace"), 3600.0),
        warm=job.warm,
        recipe=job.recipe,
        retry=_retry(job.retry),
        after=tuple(dict.fromkeys(job.after)),
        checkpoint=_checkpoint(job.checkpoint),
        watchdog=_watchdog(job.watchdog),
        job_class=(kind := to_class(job.job_class)),
        hold=job.hold,
        preemptible=_preemptible(job.preemptible, kind),
    )


def from_spec(spec: JobSpec) -> JobFile:
    """A job file that asks for what `spec` is, once more. A recipe has become the command it stands for; one job of an
    array stays the one it is; jobs to run after have had their say."""
    resources, elastic = from_request(spec.request)
    return JobFile(
        name=spec.name,
        run=list(spec.run),
        code=spec.code,
        env=dict(spec.env),
        python=PythonFile(spec.python.venv) if spec.python.venv else "inherit",
        resources=resources,
        elastic=elastic,
        priority=spec.priority,
        max_duration=spec.max_duration,
        grace=spec.grace,
        warm=spec.warm,
        job_class=spec.job_class.value,
        preemptible=spec.preemptible,
        retry=RetryFile(spec.retry.max, [kind.value for kind in spec.retry.on]),
        watchdog=WatchdogFile(spec.watchdog.factor, spec.watchdog.floor) if spec.watchdog.factor else "off",
        checkpoint=CheckpointFile(
            spec.checkpoint.every,
            spec.checkpoint.keep,
            spec.checkpoint.dir,
            BestFile(spec.checkpoint.metric, spec.checkpoint.best) if spec.checkpoint.metric else None,
        ),
    )


def check_priority(priority: int) -> int:
    """`priority` where it is one. Raises InvalidRequest."""
    if not 0 <= priority <= 100:
        raise InvalidRequest(f"priority: {priority} is not within 0 to 100.", "Higher goes first; 50 is usual.")
    return priority


def to_class(text: str) -> JobClass:
    """The class that `text` names. Raises InvalidRequest."""
    if text not in tuple(JobClass):
        near = difflib.get_close_matches(text, tuple(JobClass), 1, 0.5)
        hint = f"Did you mean `{near[0]}`?" if near else f"There are {', '.join(JobClass)}."
        raise InvalidRequest(f"class: {text[:40]!r} is no class.", hint)
    return JobClass(text)


def _preemptible(wish: bool | None, kind: JobClass) -> bool | None:
    if wish is False and kind is JobClass.SCAVENGER:
        raise InvalidRequest("preemptible: a scavenger always makes room for others.", "Choose the class batch.")
    return wish


def _checkpoint(wish: CheckpointFile) -> CheckpointPolicy:
    if not 1 <= wish.keep <= MAX_KEPT:
        raise InvalidRequest(f"checkpoint.keep: {wish.keep} is not within 1 to {MAX_KEPT}.")
    if wish.dir and (not wish.dir.startswith("/") or ".." in wish.dir.split("/") or "\0" in wish.dir):
        raise InvalidRequest("checkpoint.dir: the path has to be absolute, as it is on the nodes.")
    best = BestFile(wish.best) if isinstance(wish.best, str) else wish.best or BestFile("")
    if best.mode not in set(Best):
        raise InvalidRequest(f"checkpoint.best.mode: {best.mode[:40]!r} is neither min nor max.")
    if len(best.metric) > 200 or (wish.best is not None and not best.metric):
        raise InvalidRequest("checkpoint.best: name the metric, in 1 to 200 characters.")
    every = parse_duration(wish.every, "checkpoint.every")
    return CheckpointPolicy(every, wish.keep, wish.dir.rstrip("/"), best.metric, Best(best.mode))


def _watchdog(watchdog: WatchdogFile | str) -> Watchdog:
    if isinstance(watchdog, str):
        if watchdog != "off":
            raise InvalidRequest(
                f"watchdog: {watchdog[:40]!r} is not known.", "Write `off`, or `{factor: 10, floor: 20s}`."
            )
        return Watchdog(0.0, 0.0)
    if not 2 <= watchdog.factor <= 10_000:
        raise InvalidRequest(f"watchdog.factor: {watchdog.factor} is not within 2 to 10000.")
    return Watchdog(float(watchdog.factor), max(1.0, parse_duration(watchdog.floor, "watchdog.floor")))


def _retry(retry: RetryFile) -> RetryPolicy:
    if not 0 <= retry.max <= MAX_RETRIES:
        raise InvalidRequest(f"retry.max: {retry.max} is not within 0 to {MAX_RETRIES}.")
    kinds = [kind.value for kind in RetryOn] if retry.on is None else retry.on
    for kind in kinds:
        if kind not in set(RetryOn):
            known = ", ".join(RetryOn)
            own = " A job's own error is never tried again." if kind in ("error", "exit", "user") else ""
            raise InvalidRequest(f"retry.on: {kind[:40]!r} is no kind of fault.", f"Known are: {known}.{own}")
    return RetryPolicy(retry.max, tuple(RetryOn(kind) for kind in dict.fromkeys(kinds)))


def _command(run: str | list[str] | None) -> tuple[str, ...]:
    if not run or not (run.strip() if isinstance(run, str) else run[0]):
        raise InvalidRequest("The job has no command.", "Give `run: COMMAND` (or `-- COMMAND`), or a `recipe`.")
    if isinstance(run, str):
        if "\0" in run:
            raise InvalidRequest("run: a command cannot hold a NUL character.")
        if _SHELL.search(run):
            return ("/bin/sh", "-c", run)
        try:
            return tuple(shlex.split(run))
        except ValueError as error:
            raise InvalidRequest(f"run: {str(error).lower()}.", "Close the quotation mark.") from error
    if any("\0" in word for word in run):
        raise InvalidRequest("run: a command cannot hold a NUL character.")
    return tuple(run)


def _default_name(run: tuple[str, ...]) -> str:
    words = [word for word in run if not word.startswith("-")]
    word = (
        words[1]
        if len(words) > 1 and words[0].rpartition("/")[2].startswith("python")
        else words[0]
        if words
        else "job"
    )
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", word.rpartition("/")[2].removesuffix(".py")).strip("-._")[:60]
    return stem or "job"


def _environment(env: dict[str, str | int | float]) -> dict[str, str]:
    for name, value in env.items():
        if not _VARIABLE.fullmatch(name):
            raise InvalidRequest(f"env: {name[:40]!r} is not the name of an environment variable.")
        if "\0" in str(value) or len(str(value)) > 100_000:
            raise InvalidRequest(f"env: the value of {name} holds a NUL character or is too long.")
    return {name: str(value) for name, value in env.items()}


def _python(python: PythonFile | str) -> PythonEnv:
    if isinstance(python, str):
        if python != "inherit":
            raise InvalidRequest(f"python: {python[:40]!r} is not known.", "Write `inherit`, or `{venv: /path}`.")
        return PythonEnv()
    if python.venv and not python.venv.startswith("/"):
        raise InvalidRequest("python.venv: the path has to be absolute, as it is on the nodes.")
    return PythonEnv(venv=python.venv)
