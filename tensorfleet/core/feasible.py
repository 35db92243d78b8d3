"""How many ranks of a request one node can take, and what a fleet could ever take."""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.node import Gpu, GpuState, Node
from tensorfleet.core.resources import Free, Kind, Request


def matching(gpus: Iterable[Gpu], request: Request) -> tuple[str, ...]:
    """UUIDs of the GPUs that `request` accepts, in the order of their index."""
    wanted = request.gpu_model.lower()
    fitting = (g for g in gpus if wanted in g.model.lower() and g.memory >= request.gpu_memory)
    return tuple(g.uuid for g in sorted(fitting, key=lambda g: g.index))


def capacity(node: Node, free: Free, request: Request) -> int:
    """Ranks of `request` that `free` on `node` holds at once."""
    if request.kind is Kind.GPU:
        available = set(free.gpus)
        count = sum(1 for uuid in matching(node.gpus, request) if uuid in available)
    else:
        count = free.slots
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
    """The largest request of this kind that the fleet could ever run, in words."""
    counts = sorted((capacity(node, whole(node), request) for node in nodes), reverse=True)
    counts = [count for count in counts if count]
    name = f"{request.gpu_model} GPU".strip() if request.kind is Kind.GPU else "slot"
    if not counts:
        return f"no node has a {name} with what each rank asks for"
    total = f"the largest possible is {sum(counts)} {name}{'' if sum(counts) == 1 else 's'}"
    return (
        f"{total} on {len(counts)} nodes, at most {counts[0]} on one node"
        if len(counts) > 1
        else f"{total} on one node"
    )
