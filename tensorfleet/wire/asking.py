"""The `resources` of a job file as the Request that the scheduler takes, and back.

Every refusal names the field, and says what would be valid.
"""

from __future__ import annotations

import re

import msgspec

from tensorfleet.core.resources import MAX_RANKS, Kind, Request
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.jobfile import ElasticFile, JobFile, ResourcesFile
from tensorfleet.wire.labels import check_labels
from tensorfleet.wire.units import parse_size

MAX_MODELS = 16

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
_DECIMAL = re.compile(r"(?<=[kmgtKMGT])[bB]?\s*$")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def to_request(job: JobFile) -> Request:
    """What `job` asks for. Raises InvalidRequest."""
    resources = _widest(job)
    if not 0 <= resources.cpus <= 100_000:
        raise InvalidRequest(f"resources.cpus: {resources.cpus} is not a number of cores.")
    if resources.apart and not _GROUP.fullmatch(resources.apart):
        raise InvalidRequest(
            f"resources.apart: {resources.apart[:40]!r} is not a name.",
            "Use 1 to 100 letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
        )
    kind, nodes, ranks, shape = _gang(resources)
    if ranks > MAX_RANKS:
        raise InvalidRequest(f"resources: {ranks} ranks are over the limit of {MAX_RANKS}.")
    if kind is Kind.SLOT and resources.gpu:
        raise InvalidRequest("resources: slots are CPU shares and need no `gpu`.", "Leave it out.")
    model, least, most = parse_gpu(resources.gpu)
    return Request(
        kind=kind,
        ranks=ranks,
        nodes=nodes,
        gpu_model=model,
        gpu_memory=least,
        cpus=float(resources.cpus),
        memory=parse_size(resources.memory, "resources.memory"),
        min_nodes=job.elastic.min_nodes if job.elastic else 0,
        shape=shape,
        gpu_memory_max=most,
        labels=tuple(check_labels(resources.labels, "resources.labels").items()),
        spread=resources.spread,
        apart=resources.apart,
    )


def from_request(request: Request) -> tuple[ResourcesFile, ElasticFile | None]:
    """The fields that ask for `request`."""
    gang: dict[str, int | str | list[int] | None] = {"nodes": request.nodes or None}
    each = request.per_node or request.ranks
    if request.shape:
        sizes = ",".join(map(str, request.shape))
        gang = {"shape": list(request.shape) if request.kind is Kind.GPU else f"slots:{sizes}"}
    elif request.kind is Kind.SLOT:
        gang["slots"] = each
    else:
        gang["gpus_per_node" if request.nodes else "gpus"] = each
    gpu = request.gpu_model
    if request.gpu_memory or request.gpu_memory_max:
        gpu += f":{request.gpu_memory or ''}..{request.gpu_memory_max or ''}"
    resources = ResourcesFile(
        gpu=gpu,
        cpus=request.cpus,
        memory=request.memory,
        labels=dict(request.labels),
        spread=request.spread,
        apart=request.apart,
        **gang,  # type: ignore[arg-type]  # the fields are those above
    )
    return resources, ElasticFile(request.min_nodes, request.nodes) if request.min_nodes else None


def parse_gpu(text: str) -> tuple[str, int, int]:
    """Models (joined by `|`), least and most memory in bytes (0 for no bound) from `H100|A100:40GB..80GB`.

    Cards are labelled in units of 2^30 bytes and report a little less, and some more than that many 10^9. So that an
    80 GB card is within both `80GB..` and `..80GB`, GB is 10^9 in the lower bound and 2^30 in the upper.
    Raises InvalidRequest.
    """
    if not text:
        return "", 0, 0
    models, colon, bounds = text.partition(":")
    names = [name.strip() for name in models.split("|")] if models.strip() or not colon else []
    if len(names) > MAX_MODELS or not all(_MODEL.fullmatch(name) for name in names):
        raise InvalidRequest(
            f"resources.gpu: {text[:40]!r} names no model.", "Write it like A100, H100|A100 or A100:40GB..80GB."
        )
    if not colon:
        return "|".join(names), 0, 0
    if ":" in bounds:
        raise InvalidRequest(
            f"resources.gpu: {text[:60]!r} has two ranges.", "One goes for all models; write it at the end."
        )
    low, _, high = bounds.partition("..")
    if not low.strip() and not high.strip():
        raise InvalidRequest(f"resources.gpu: {text[:40]!r} has an empty range.", "Write it like A100:40GB..80GB.")
    least = parse_size(low, "resources.gpu") if low.strip() else 0
    most = parse_size(_DECIMAL.sub("i", high), "resources.gpu") if high.strip() else 0
    if high.strip() and most < max(least, 1):
        raise InvalidRequest(
            f"resources.gpu: no GPU has at least {low.strip() or '0'} and at most {high.strip()}.",
            "Write the smaller size first, such as A100:40GB..80GB.",
        )
    return "|".join(names), least, most


def _gang(resources: ResourcesFile) -> tuple[Kind, int, int, tuple[int, ...]]:
    """Kind, nodes, ranks, and the shape of a gang whose nodes differ."""
    nodes = _count(resources.nodes, "nodes")
    gpus, per_node = _count(resources.gpus, "gpus"), _count(resources.gpus_per_node, "gpus_per_node")
    slots = _count(resources.slots, "slots")
    if resources.shape is not None:
        if nodes or gpus or per_node or slots:
            raise InvalidRequest("resources: a shape says how many on each node.", "Leave the other numbers out.")
        kind, sizes = _shape(resources.shape)
        return kind, len(sizes), sum(sizes), sizes if len(set(sizes)) > 1 else ()
    if slots and (gpus or per_node or resources.gpu):
        raise InvalidRequest(
            "resources: slots are CPU shares and cannot be asked for beside GPUs.", "Keep one of them."
        )
    if gpus and per_node:
        raise InvalidRequest("resources: give gpus (in all) or gpus_per_node, not both.")
    if gpus and nodes and gpus % nodes:
        raise InvalidRequest(
            f"resources: {gpus} GPUs do not divide over {nodes} nodes.", "Leave `nodes` out, or give a `shape`."
        )
    if resources.gpu and not (gpus or per_node):
        per_node = 1
    nodes = nodes or (1 if per_node else 0)
    kind = Kind.GPU if gpus or per_node else Kind.SLOT
    return kind, nodes, gpus or per_node * nodes or (slots or 1) * (nodes or 1), ()


def _shape(shape: list[int] | str) -> tuple[Kind, tuple[int, ...]]:
    """From `[4, 2, 2]`, `4,2,2`, or `slots:4,2,2` on CPU."""
    kind = Kind.GPU
    sizes: list[int] = []
    if isinstance(shape, str):
        word, colon, numbers = shape.rpartition(":")
        if word not in ("", "slots", "gpus") or (colon and not word) or not re.fullmatch(r"[0-9, ]{1,10000}", numbers):
            raise _no_shape(shape)
        kind = Kind.SLOT if word == "slots" else Kind.GPU
        for part in numbers.split(","):
            if not re.fullmatch(r"\d{1,9}", part.strip(), re.ASCII):
                raise _no_shape(shape)
            sizes.append(int(part))
    else:
        sizes = list(shape)
    if not sizes or any(not 1 <= size <= MAX_RANKS for size in sizes):
        raise _no_shape(shape)
    return kind, tuple(sizes)


def _no_shape(shape: list[int] | str) -> InvalidRequest:
    text = repr(shape) if len(repr(shape)) <= 60 else f"{repr(shape)[:60]}…"
    return InvalidRequest(
        f"resources.shape: {text} is no list of GPUs on each node.",
        f"Write it like 4,2,2 (or slots:4,2,2 on CPU), each number from 1 to {MAX_RANKS}.",
    )


def _count(value: int | None, field: str, least: int = 1) -> int:
    if value is None:
        return 0
    if value < least or value > MAX_RANKS:
        raise InvalidRequest(f"resources.{field}: {value} is not within {least} to {MAX_RANKS}.")
    return value


def _widest(job: JobFile) -> ResourcesFile:
    """What an elastic job asks for at most. Raises InvalidRequest."""
    elastic, resources = job.elastic, job.resources
    if elastic is None:
        return resources
    if resources.gpus:
        raise InvalidRequest("elastic: resources.gpus is a number in all.", "Give gpus_per_node instead.")
    if resources.shape is not None:
        raise InvalidRequest("elastic: resources.shape is fixed.", "Give max_nodes and gpus_per_node instead.")
    most = elastic.max_nodes or resources.nodes or 0
    if not 1 <= elastic.min_nodes <= most <= MAX_RANKS:
        raise InvalidRequest(
            f"elastic: {elastic.min_nodes} to {most} nodes is no range.",
            "Give max_nodes, and min_nodes up to it.",
        )
    if resources.nodes and not elastic.min_nodes <= resources.nodes <= most:
        raise InvalidRequest(f"resources.nodes: {resources.nodes} is not within the range of `elastic`.")
    return msgspec.structs.replace(resources, nodes=most)
