"""The job file, which is also the body of `POST /api/v1/jobs`: read, checked, turned into a core JobSpec.

One model for YAML, JSON, REST and the command line's flags, so that all of them refuse the same things with the
same words.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
from typing import Any, Final, TypeVar

import msgspec

from tensorfleet.core.job import JobSpec, PythonEnv
from tensorfleet.core.resources import MAX_RANKS, Kind, Request
from tensorfleet.errors import InvalidRequest, TooLarge
from tensorfleet.wire.manifest import is_digest
from tensorfleet.wire.units import parse_duration, parse_size

S = TypeVar("S", bound=msgspec.Struct)

MAX_BYTES = 2**20
"""The largest job file; code travels by upload, not in here."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
_SHELL = re.compile(r"[|&;<>()$`\\\n*?\[\]#~{}!]")
_GPU = re.compile(r"([A-Za-z0-9 ._-]{1,60})(?::([0-9.]+ *[KMGTkmgt]i?[Bb]?)(?:\.\.)?)?")


class ResourcesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`gpus` in all, or `nodes` x `gpus_per_node`, or `slots` on CPU (for each node where `nodes` is given).

    `cpus` and `memory` are for each rank. `gpu` names a model and a least memory: `A100:40GB..`.
    """

    nodes: int | None = None
    gpus_per_node: int | None = None
    gpus: int | None = None
    slots: int | None = None
    gpu: str = ""
    cpus: float = 0
    memory: str | int = 0


class PythonFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`venv`: an absolute path that exists on the nodes."""

    venv: str = ""


class JobFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The job as a person writes it. `code` is the digest of an uploaded work directory's manifest."""

    name: str = ""
    run: str | list[str] | None = None
    recipe: str = ""
    params: dict[str, str | int | float | bool] = {}
    workdir: str = ""
    code: str = ""
    env: dict[str, str | int | float] = {}
    python: PythonFile | str = "inherit"
    resources: ResourcesFile = ResourcesFile()
    priority: int = 50
    team: str = ""
    max_duration: str | int | float = 0
    grace: str | int | float = 10
    warm: bool = True


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
            raise InvalidRequest("The job file uses YAML aliases (*name).", "Write the values out.")
        return yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def read_job_file(data: bytes, name: str = "the job file") -> JobFile:
    """The job in `data`, YAML or JSON. Raises TooLarge or InvalidRequest with one sentence about what is wrong."""
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
        raise InvalidRequest(f"{name} holds no fields.", "It needs at least `run: COMMAND`.")
    return check_fields(plain, JobFile)


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
    nested: dict[str, type[msgspec.Struct]] = {"resources": ResourcesFile, "python": PythonFile}
    found: type[msgspec.Struct] = nested.get(place, model)
    return [field.encode_name for field in msgspec.structs.fields(found)]


def to_spec(job: JobFile, *, code: str = "", recipe_run: tuple[str, ...] = ()) -> JobSpec:
    """The complete, validated JobSpec. `recipe_run` is the command a recipe stands for. Raises InvalidRequest."""
    run = recipe_run or _command(job.run)
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
    if not 0 <= job.priority <= 100:
        raise InvalidRequest(f"priority: {job.priority} is not within 0 to 100.", "Higher goes first; 50 is usual.")
    return JobSpec(
        name=name,
        run=run,
        request=_request(job.resources),
        env=_environment(job.env),
        code=digest,
        python=_python(job.python),
        priority=job.priority,
        max_duration=parse_duration(job.max_duration, "max_duration"),
        grace=min(parse_duration(job.grace, "grace"), 3600.0),
        warm=job.warm,
        recipe=job.recipe,
    )


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


def _count(value: int | None, field: str, least: int = 1) -> int:
    if value is None:
        return 0
    if value < least or value > MAX_RANKS:
        raise InvalidRequest(f"resources.{field}: {value} is not within {least} to {MAX_RANKS}.")
    return value


def _request(resources: ResourcesFile) -> Request:
    nodes = _count(resources.nodes, "nodes")
    gpus, per_node = _count(resources.gpus, "gpus"), _count(resources.gpus_per_node, "gpus_per_node")
    slots = _count(resources.slots, "slots")
    if slots and (gpus or per_node or resources.gpu):
        raise InvalidRequest(
            "resources: slots are CPU shares and cannot be asked for beside GPUs.", "Keep one of them."
        )
    if gpus and per_node:
        raise InvalidRequest("resources: give gpus (in all) or gpus_per_node, not both.")
    if gpus and nodes and gpus % nodes:
        raise InvalidRequest(f"resources: {gpus} GPUs do not divide over {nodes} nodes.", "Leave `nodes` out.")
    if not 0 <= resources.cpus <= 100_000:
        raise InvalidRequest(f"resources.cpus: {resources.cpus} is not a number of cores.")
    if resources.gpu and not (gpus or per_node):
        per_node = 1
    nodes = nodes or (1 if per_node else 0)
    ranks = gpus or per_node * nodes or (slots or 1) * (nodes or 1)
    if ranks > MAX_RANKS:
        raise InvalidRequest(f"resources: {ranks} ranks are over the limit of {MAX_RANKS}.")
    model, least = _gpu(resources.gpu)
    return Request(
        kind=Kind.GPU if gpus or per_node else Kind.SLOT,
        ranks=ranks,
        nodes=nodes,
        gpu_model=model,
        gpu_memory=least,
        cpus=float(resources.cpus),
        memory=parse_size(resources.memory, "resources.memory"),
    )


def _gpu(text: str) -> tuple[str, int]:
    if not text:
        return "", 0
    found = _GPU.fullmatch(text)
    if not found:
        raise InvalidRequest(f"resources.gpu: {text[:40]!r} is not understood.", "Write it like A100 or A100:40GB..")
    return found[1].strip(), parse_size(found[2], "resources.gpu") if found[2] else 0
