"""The job file, which is also the body of `POST /api/v1/jobs`: its fields, and how it is read.

One model for YAML, JSON, REST and the command line's flags, so that all of them refuse the same things with the
same words. `jobspec` turns it into what the scheduler takes.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, Final, TypeVar

import msgspec

from tensorfleet.errors import InvalidRequest, TooLarge

S = TypeVar("S", bound=msgspec.Struct)

MAX_BYTES = 2**20
"""The largest job file; code travels by upload, not in here."""


class ResourcesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`gpus` in all, or `nodes` x `gpus_per_node`, or `slots` on CPU (for each node where `nodes` is given), or the
    `shape` of a gang whose nodes differ: `[4, 2, 2]` GPUs, or `slots:4,2,2`.

    `cpus` and `memory` are for each rank. `gpu` names models and a range of memory: `A100`, `H100|A100:40GB..80GB`.
    `labels`: what the nodes have to be labelled with. `spread`: over as many switches and nodes as can be. `apart`: a
    word; of all jobs that give the same, no two are on one node at a time.
    """

    nodes: int | None = None
    gpus_per_node: int | None = None
    gpus: int | None = None
    slots: int | None = None
    gpu: str = ""
    cpus: float = 0
    memory: str | int = 0
    shape: list[int] | str | None = None
    labels: dict[str, str | int] = {}
    spread: bool = False
    apart: str = ""


class ElasticFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The job runs on as many of `max_nodes` as there are, but not on fewer than `min_nodes`; it is placed anew with
    fewer when a node is lost, and with more when some are free and it has a checkpoint."""

    min_nodes: int = 1
    max_nodes: int | None = None


class PythonFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`venv`: an absolute path that exists on the nodes."""

    venv: str = ""


class WatchdogFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The job is restarted when its steps have been missing for `factor` times their median, and `floor` at least."""

    factor: float = 10.0
    floor: str | int | float = "20s"


class RetryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`max`: further attempts after faults of one kind in a row. `on`: rank, node, gpu, hang, oom, preempt; a job's
    own error is never tried again."""

    max: int = 3
    on: list[str] | None = None


class BestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`metric`: a name given to `run.checkpoint.save(metric={name: value})`. `mode`: min or max."""

    metric: str
    mode: str = "min"


class CheckpointFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`every`: time between the saves that `run.checkpoint.due()` asks for. `keep`: how many of the newest stay, and
    beside them the `best` by a metric. `dir`: an absolute path on storage that all nodes share; without it the files
    come to the head.
    """

    every: str | int | float = 300
    keep: int = 3
    dir: str = ""
    best: BestFile | str | None = None


class JobFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"job_class": "class"}):
    """The job as a person writes it. `code` is the digest of an uploaded work directory's manifest.

    `after`: jobs, by id or name, that have to succeed first. `array`: makes a job of each index, like `0-9`, `0-30:10`,
    `1,5,7`, and `0-99%4` for four at once; each finds its own in TENSORFLEET_ARRAY_INDEX. `resume_from`: another job
    whose newest checkpoint to begin with, or `JOB@STEP`. `class`: urgent, normal, batch or scavenger. `hold`: it is
    submitted, but does not start before it is released. `preemptible`: whether others may take its place; null for
    yes unless it has a `max_duration` and no checkpoint.
    """

    name: str = ""
    run: str | list[str] | None = None
    recipe: str = ""
    params: dict[str, str | int | float | bool] = {}
    workdir: str = ""
    code: str = ""
    env: dict[str, str | int | float] = {}
    python: PythonFile | str = "inherit"
    resources: ResourcesFile = ResourcesFile()
    elastic: ElasticFile | None = None
    priority: int = 50
    team: str = ""
    max_duration: str | int | float = 0
    grace: str | int | float = 10
    warm: bool = True
    retry: RetryFile = RetryFile()
    after: list[str] = []
    array: str = ""
    checkpoint: CheckpointFile = CheckpointFile()
    resume_from: str = ""
    watchdog: WatchdogFile | str = WatchdogFile()
    job_class: str = "normal"
    hold: bool = False
    preemptible: bool | None = None


def _load_json(text: str) -> Any:
    """JSON that can be written down again: half of a surrogate pair is no text. Raises ValueError."""
    plain = json.loads(text)
    json.dumps(plain, ensure_ascii=False).encode()
    return plain


def _load_yaml(text: str) -> Any:
    """YAML without aliases: a kilobyte of them can stand for a terabyte. Raises ValueError."""
    import yaml  # 17 ms, which a `tensorfleet run` without a job file is spared

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):
            raise InvalidRequest("The file uses YAML aliases (*name).", "Write the values out.")
        return yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def read_job_file(data: bytes, name: str = "the job file") -> JobFile:
    """The job in `data`, YAML or JSON. Raises TooLarge or InvalidRequest with one sentence about what is wrong."""
    return check_fields(read_mapping(data, name, "It needs at least `run: COMMAND`."), JobFile)


def read_mapping(data: bytes, name: str, least: str) -> dict[str, Any]:
    """The fields in `data`, YAML or JSON. least: what a file without any is told. Raises TooLarge or InvalidRequest."""
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"{name} has more than {MAX_BYTES} bytes, the limit.",
            "Put data into files of the work directory.",
        )
    try:
        text = data.decode()
        plain = _load_json(text) if text.lstrip().startswith("{") else _load_yaml(text)
    except UnicodeError as error:
        raise InvalidRequest(f"{name} is not UTF-8 text.") from error
    except RecursionError as error:
        raise InvalidRequest(f"{name} is nested too deeply.") from error
    except ValueError as error:
        first = " ".join(str(error).split())[:200]
        raise InvalidRequest(f"{name} is neither YAML nor JSON: {first}") from error
    if not isinstance(plain, dict):
        raise InvalidRequest(f"{name} holds no fields.", least)
    return plain


def check_fields(plain: Any, into: type[S]) -> S:
    """`plain` as an `into`. Raises InvalidRequest, offering the nearest known name for an unknown field."""
    try:
        return msgspec.convert(plain, into)
    except msgspec.ValidationError as error:
        raise explain(error, into) from error
    except RecursionError as error:
        raise InvalidRequest("The request is nested too deeply.") from error


def explain(error: msgspec.ValidationError, model: type[msgspec.Struct]) -> InvalidRequest:
    """msgspec's complaint about a value of `model` in our words."""
    message, _, where = str(error).partition(" - at `$")
    place = where.rstrip("`").lstrip(".")
    unknown = re.search(r"unknown field `(.*)`", message, re.DOTALL)
    if unknown:
        known = _fields(model, place)
        near = difflib.get_close_matches(unknown[1], known, 1, 0.5)
        shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in unknown[1][:80])
        full = f"{place}.{shown}" if place else shown
        hint = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(sorted(known))}."
        return InvalidRequest(f"There is no field `{full}`.", hint)
    hint = "Put the value in quotes." if re.search(r"`str\b.*got `(int|float|bool)`", message) else ""
    plain = re.sub(r"`([a-z| ]+)`", _plainly, message)
    return InvalidRequest(f"{place or 'The request'}: {plain[0].lower()}{plain[1:]}.", hint)


_TYPES: Final = {
    "str": "text",
    "array": "a list",
    "object": "a mapping",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def _plainly(types: re.Match[str]) -> str:
    return " or ".join(_TYPES.get(name, name) for name in types[1].split(" | "))


def _fields(model: type[msgspec.Struct], place: str) -> list[str]:
    nested: dict[str, type[msgspec.Struct]] = {
        "resources": ResourcesFile,
        "python": PythonFile,
        "elastic": ElasticFile,
        "retry": RetryFile,
        "watchdog": WatchdogFile,
        "checkpoint": CheckpointFile,
        "checkpoint.best": BestFile,
    }
    found: type[msgspec.Struct] = nested.get(place, model)
    return [field.encode_name for field in msgspec.structs.fields(found)]
