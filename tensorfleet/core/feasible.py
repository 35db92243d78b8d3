"""How many ranks of a request one node can take, and what a fleet could ever take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from tensorfleet.core.describe import labelled, listed, of_cards, unit
from tensorfleet.core.node import Gpu, GpuState, Node
from tensorfleet.core.resources import Free, Kind, Request


@lru_cache(maxsize=4096)
def is_model(model: str, wanted: str) -> bool:
    """Whether the GPU `model` is one of those in `wanted` (as in `Request`): `L4` is none of `NVIDIA L40S`."""
    return not wanted or any(_word(word.strip()).search(model) for word in wanted.split("|"))


@lru_cache(maxsize=4096)
def _word(word: str) -> re.Pattern[str]:
    before = r"(?<!\d)" if word[:1].isdigit() else ""
    after = r"(?!\d)" if word[-1:].isdigit() else ""
    return re.compile(f"{before}{re.escape(word)}{after}", re.IGNORECASE)


def accepts(gpu: Gpu, request: Request) -> bool:
    """Whether a rank of `request` may run on `gpu`, once it is free."""
    if gpu.memory < request.gpu_memory or 0 < request.gpu_memory_max < gpu.memory:
        return False
    return is_model(gpu.model, request.gpu_model)


def matching(gpus: Iterable[Gpu], request: Request) -> tuple[str, ...]:
    """UUIDs of the GPUs that `request` accepts, in the order of their index."""
    fitting = (gpu for gpu in gpus if accepts(gpu, request))
    return tuple(gpu.uuid for gpu in sorted(fitting, key=lambda gpu: gpu.index))


def admits(node: Node, request: Request) -> bool:
    """Whether `node` is labelled as `request` wants."""
    return all(node.label(name) == value for name, value in request.labels)


def capacity(node: Node, free: Free, request: Request) -> int:
    """Ranks of `request` that `free` on `node` holds at once."""
    if (request.labels and not admits(node, request)) or (request.apart and request.apart in free.apart):
        return 0
    if request.kind is Kind.SLOT:
        count = free.slots
    elif request.gpu_model or request.gpu_memory or request.gpu_memory_max:
        available = set(free.gpus)
        count = sum(1 for gpu in node.gpus if gpu.uuid in available and accepts(gpu, request))
    else:
        count = len(free.gpus)
    if request.cpus:
        count = min(count, int((free.cpus + 1e-9) / request.cpus))
    if request.memory:
        count = min(count, free.memory // request.memory)
    return max(count, 0)


def whole(node: Node) -> Free:
    """Everything `node` has."""
    return Free(node.slots, tuple(gpu.uuid for gpu in node.gpus), node.cpus, node.memory)


def usable(node: Node) -> Free:
    """What of it may be handed out: no GPU that is dirty, foreign or sick."""
    gpus = tuple(gpu.uuid for gpu in node.gpus if gpu.state is GpuState.FREE)
    return Free(node.slots, gpus, node.cpus, node.memory)


def largest(nodes: Iterable[Node], request: Request) -> str:
    """The nearest to `request` that the fleet could ever run, or the constraint that no node meets, in words."""
    nodes = list(nodes)
    counts = sorted(filter(None, (_room(node, request) for node in nodes)), reverse=True)
    if not counts:
        return _unmet(nodes, request)
    name = unit(request, sum(counts))
    wanted = f" labelled {labelled(request.labels)}" if request.labels else ""
    total = f"the largest possible is {sum(counts)} {name}"
    if len(counts) == 1:
        return f"{total} on one node{wanted}"
    text = f"{total} on {len(counts)} nodes{wanted}, at most {counts[0]} on one node"
    if request.shape:
        nearest = [min(pair) for pair in zip(sorted(request.shape, reverse=True), counts, strict=False)]
        text += f"; the nearest shape is {','.join(map(str, nearest))}"
    elif request.nodes > 1 and (fitting := sum(count >= request.per_node for count in counts)):
        text += f"; the nearest is {fitting} node{'' if fitting == 1 else 's'} x {request.per_node}"
    return text


def _room(node: Node, request: Request) -> int:
    return capacity(node, whole(node), request)


def _unmet(nodes: Sequence[Node], request: Request) -> str:
    """The first constraint without which a node would take a rank, and what would do instead."""
    if request.kind is Kind.GPU and not any(node.gpus for node in nodes):
        return "no node has a GPU"
    for field, reason in (
        ("labels", _labels),
        ("gpu_model", _models),
        ("gpu_memory", _cards),
        ("cpus", _cores),
        ("memory", _memory),
    ):
        changes: dict[str, object] = {field: type(getattr(request, field))()}
        if field == "gpu_memory":
            changes["gpu_memory_max"] = 0
        eased = replace(request, **changes)  # type: ignore[arg-type]  # the fields are those above
        able = [node for node in nodes if _room(node, eased)]
        if eased != request and able:
            return reason(able, eased, request)
    return f"no node has a {unit(request)} with all of what each rank asks for"


def _labels(able: Sequence[Node], eased: Request, request: Request) -> str:
    wanted = dict(request.labels)
    known = sorted({(name, value) for node in able for name in wanted if (value := node.label(name)) is not None})
    there = f"; those there are have {labelled(known[:8])}" if known else ""
    return f"no node with a {unit(eased)} is labelled {labelled(request.labels)}{there}"


def _models(able: Sequence[Node], eased: Request, request: Request) -> str:
    known = sorted({gpu.model for node in able for gpu in node.gpus if accepts(gpu, eased)})
    return f"no node has a {unit(request)}; there are {listed(known[:8])}"


def _cards(able: Sequence[Node], eased: Request, request: Request) -> str:
    sizes = sorted({gpu.memory for node in able for gpu in node.gpus if accepts(gpu, eased)})
    nearest = sizes[-1] if sizes[-1] < request.gpu_memory else sizes[0]
    return f"no {unit(request)} has {of_cards(request)}; the nearest has {nearest / 2**30:.3g} GB"


def _cores(able: Sequence[Node], eased: Request, request: Request) -> str:
    return f"no node has {request.cpus:g} cores for a rank; the most is {max(node.cpus for node in able):g}"


def _memory(able: Sequence[Node], eased: Request, request: Request) -> str:
    most = max(node.memory for node in able)
    return f"no node has {request.memory / 10**9:.3g} GB for a rank; the most is {most / 10**9:.3g} GB"
