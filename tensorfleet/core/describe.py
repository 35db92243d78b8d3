"""A request in words, for those who wait and for those who are refused."""

from __future__ import annotations

from collections.abc import Iterable

from tensorfleet.core.resources import Kind, Request


def describe(request: Request) -> str:
    """`request` in words: `2 nodes x 4 GPUs`, `3 slots`, `nodes with 4, 2 and 2 A100 GPUs, labelled rack=a`."""
    return ", ".join([_gang(request), *_rules(request)])


def unit(request: Request, count: int = 1) -> str:
    """What one rank occupies, `count` of them: `A100 or H100 GPUs`, `slot`."""
    word = "GPU" if request.kind is Kind.GPU else "slot"
    models = listed(request.gpu_model.split("|"), "or")
    return f"{models} {word}{'' if count == 1 else 's'}".strip()


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


def of_cards(request: Request) -> str:
    """The memory that its GPUs are to have: `40 GB`, `40 to 80 GB`, `at most 24 GB`; empty for any.

    A card is labelled in units of 2^30 bytes and reports a little less, so a lower bound counts 10^9 and an upper
    bound 2^30 bytes to a GB.
    """
    least, most = request.gpu_memory / 10**9, request.gpu_memory_max / 2**30
    if least and most:
        return f"{least:.3g} to {most:.3g} GB"
    if most:
        return f"at most {most:.3g} GB"
    return f"{least:.3g} GB or more" if least else ""


def labelled(labels: Iterable[tuple[str, str]]) -> str:
    """`rack=a and switch=s1`."""
    return listed([f"{name}={value}" for name, value in labels])


def _gang(request: Request) -> str:
    if request.shape:
        text = f"nodes with {listed([str(ranks) for ranks in request.shape])} {unit(request, 2)}"
    else:
        count = request.per_node or request.ranks
        text = f"{count} {unit(request, count)}"
        if request.min_nodes:
            text = f"{request.min_nodes} to {request.nodes} nodes x {text}"
        elif request.nodes > 1:
            text = f"{request.nodes} nodes x {text}"
    memory = of_cards(request)
    return f"{text} of {memory}" if memory else text


def _rules(request: Request) -> list[str]:
    rules = [f"labelled {labelled(request.labels)}"] if request.labels else []
    if request.spread:
        rules.append("spread")
    if request.apart:
        rules.append(f"apart from other `{request.apart}` jobs")
    return rules
