"""Single changes to what a job asks for, each as its owner writes it: options of `run`, fields of a job file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tensorfleet.core.describe import listed, of_cards, unit
from tensorfleet.core.job import JobSpec
from tensorfleet.core.resources import Kind, Request

Value = str | int | bool | Mapping[str, str] | None

COUNTS: Final = ("nodes", "gpus_per_node", "gpus", "slots", "shape")
"""Fields of `resources`, and options, that say together how many ranks are where: who gives one gives them all."""


@dataclass(frozen=True, slots=True)
class Change:
    """what: in words. options: of `tensorfleet run`, to be given. without: options that are to be left out. fields: of
    the job file, by their full names; None for those that are to be left out. spec: the job as it would be."""

    what: str
    options: tuple[str, ...]
    fields: Mapping[str, Value]
    spec: JobSpec
    without: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`Take any GPU model: --gpu :40GB.. (in a job file, resources.gpu: ":40GB..")`."""
        given = " ".join(self.options) or (f"without {' '.join(self.without)}" if self.without else "")
        counts = {name for name in self.fields if name.removeprefix("resources.") in COUNTS}
        parts = [
            f"{name}: {json.dumps(value)}" if value is not None else f"no {name}"
            for name, value in self.fields.items()
            if value is not None or name not in counts
        ]
        file = f"in a job file, {listed(parts)}{', and no other counts' if counts else ''}"
        return f"{self.what}: {given} ({file})." if given else f"{self.what}: {file}."


def limited(spec: JobSpec, minutes: int) -> Change:
    """With a limit."""
    text = f"{minutes}m"
    changed = replace(spec, max_duration=60.0 * minutes)
    return Change(f"Limit it to {minutes} min", (f"--max-duration {text}",), {"max_duration": text}, changed)


def interruptible(spec: JobSpec) -> Change:
    """Others may take its place."""
    changed = replace(spec, preemptible=True)
    return Change("Let others take its place", ("--preemptible",), {"preemptible": True}, changed)


def looser(spec: JobSpec) -> Iterator[Change]:
    """The same number of ranks, with one rule less about where."""
    request = spec.request
    yield from _other_cards(spec)
    for name, value in request.labels:
        rest = tuple(each for each in request.labels if each[0] != name)
        yield _unlabelled(spec, rest, (f"--label {shlex.quote(f'{name}={value}')}",))
    if len(request.labels) > 1:
        yield _unlabelled(
            spec, (), tuple(f"--label {shlex.quote(f'{name}={value}')}" for name, value in request.labels)
        )
    if request.apart:
        free = replace(request, apart="")
        yield _of(spec, free, "Let it share nodes with jobs like it", ("--apart ''",), {"resources.apart": None})
    if request.spread:
        free = replace(request, spread=False)
        yield Change("Let it be packed", (), {"resources.spread": None}, replace(spec, request=free), ("--spread",))
    if request.cpus:
        free = replace(request, cpus=0.0)
        yield _of(spec, free, f"Do not claim {request.cpus:g} cores a rank", (), {"resources.cpus": None})
    if request.memory:
        free = replace(request, memory=0)
        what = f"Do not claim {request.memory / 10**9:.3g} GB of memory a rank"
        yield _of(spec, free, what, (), {"resources.memory": None})
    if (request.nodes or request.shape) and request.ranks > 1 and not request.min_nodes:
        free = replace(request, nodes=0, shape=())
        yield _of(spec, free, "Leave its split over nodes to the scheduler", *_counts(free))


def smaller(spec: JobSpec, fits: Callable[[JobSpec], bool]) -> Change | None:
    """With as many ranks as `fits`, if that is fewer."""
    request = spec.request
    if request.shape:
        return None
    change = _of_min_nodes if request.min_nodes else _of_nodes if request.nodes > 1 else _of_ranks
    low, high = 0, request.min_nodes or (request.nodes if request.nodes > 1 else request.ranks)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(change(spec, middle).spec) else (low, middle)
    return change(spec, low) if low else None


def _of_min_nodes(spec: JobSpec, least: int) -> Change:
    changed = replace(spec.request, min_nodes=least)
    options, _ = _counts(changed)
    what = f"Let it begin on {least} node{'' if least == 1 else 's'}"
    return _of(spec, changed, what, (*options, f"--min-nodes {least}"), {"elastic.min_nodes": least})


def _of_nodes(spec: JobSpec, nodes: int) -> Change:
    changed = replace(spec.request, nodes=nodes, ranks=nodes * spec.request.per_node)
    return _of(spec, changed, f"Ask for {nodes} node{'' if nodes == 1 else 's'}", *_counts(changed))


def _of_ranks(spec: JobSpec, ranks: int) -> Change:
    changed = replace(spec.request, ranks=ranks)
    return _of(spec, changed, f"Ask for {ranks} {unit(replace(changed, gpu_model=''), ranks)}", *_counts(changed))


def _other_cards(spec: JobSpec) -> Iterator[Change]:
    """Any model, any memory, any at all. One GPU is what a job gets that says nothing but which."""
    request = spec.request
    options, fields = _counts(request) if request.nodes == 1 and request.ranks == 1 else ((), {})
    memory = of_cards(request)
    if request.gpu_model and memory:
        free, text = replace(request, gpu_model=""), _memory(request)
        yield _of(
            spec, free, f"Take any GPU model of {memory}", (f"--gpu {shlex.quote(text)}",), {"resources.gpu": text}
        )
        free, text = replace(request, gpu_memory=0, gpu_memory_max=0), request.gpu_model
        what = f"Take {unit(request, 2)} of any memory"
        yield _of(spec, free, what, (f"--gpu {shlex.quote(text)}",), {"resources.gpu": text})
    if request.gpu_model or memory:
        what = "Take any GPU model" if not memory else "Take GPUs of any memory"
        if request.gpu_model and memory:
            what = "Take any GPU, of whatever model and memory"
        free = replace(request, gpu_model="", gpu_memory=0, gpu_memory_max=0)
        yield _of(spec, free, what, ("--gpu ''", *options), {"resources.gpu": None, **fields})


def _memory(request: Request) -> str:
    """The range as `resources.gpu` has it: GB is 10^9 bytes in its lower bound and 2^30 in its upper."""
    bounds = ((request.gpu_memory, 10**9), (request.gpu_memory_max, 2**30))
    low, high = (f"{size // gb}GB" if size and not size % gb else str(size or "") for size, gb in bounds)
    return f":{low}..{high}"


def _unlabelled(spec: JobSpec, rest: tuple[tuple[str, str], ...], without: tuple[str, ...]) -> Change:
    changed = replace(spec, request=replace(spec.request, labels=rest))
    what = "Leave out the labels" if not rest else "Leave out a label"
    return Change(what, (), {"resources.labels": dict(rest) or None}, changed, without)


def _counts(request: Request) -> tuple[tuple[str, ...], dict[str, Value]]:
    """All that says how many ranks are where, as options and as fields."""
    each, in_all = ("gpus_per_node", "gpus") if request.kind is Kind.GPU else ("slots", "slots")
    given = {"nodes": request.nodes, each: request.per_node} if request.nodes else {in_all: request.ranks}
    options = tuple(f"--{name.replace('_', '-')} {count}" for name, count in given.items())
    return options, {f"resources.{name}": given.get(name) for name in COUNTS}


def _of(spec: JobSpec, request: Request, what: str, options: tuple[str, ...], fields: Mapping[str, Value]) -> Change:
    return Change(what, options, fields, replace(spec, request=request))
