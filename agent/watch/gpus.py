"""Which GPUs may not be handed out, and why: not proven empty, used by somebody outside, or sick. Pure.

Xids are sorted by the actions of NVIDIA's Xid catalogue ("Xid Errors", docs.nvidia.com/deploy/xid-errors): those that
ask for a reset of the card, for its repair, or for a restart of the machine make it sick; those of a program's own
making (13, 31, 43, 45 and the like) do not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from tensorfleet.wire.telemetry import GpuInfo, GpuProcess, GpuTelemetry

SICK_XIDS: Final = {
    48: "double-bit ECC error",
    62: "internal micro-controller halt",
    64: "row remapping failed",
    74: "NVLink error",
    79: "fell off the bus",
    95: "uncontained ECC error",
    119: "GSP does not answer",
    120: "GSP error",
    140: "ECC error that could not be recovered",
}

AFTERGLOW = 3.0
"""Seconds that a card has to be empty in, after its ranks are gone."""

SPARE = 1 << 30
"""Bytes above the least ever seen in use on an empty card, that still count as idle: what a driver takes for itself."""


class Condition(NamedTuple):
    """note: who or what, in one sentence; empty for a free one."""

    state: Literal["free", "dirty", "foreign", "sick"]
    note: str = ""


FREE = Condition("free")


@dataclass(slots=True)
class _Card:
    """sick: why it is not handed out. errors: what it reported since its last test began. hindrance: what else keeps it
    from passing one."""

    empty_since: float
    idle: int | None = None
    ecc: int | None = None
    sick: str = ""
    errors: str = ""
    hindrance: str = ""


@dataclass(slots=True)
class Conditions:
    """ours: whether a process, by its pid, was started for some job of this fleet. sick: cards that an earlier agent
    found sick, and why. One that is found sick stays so until a test ends well."""

    ours: Callable[[int], bool]
    sick: Mapping[str, str] = field(default_factory=dict)
    _cards: dict[str, _Card] = field(default_factory=dict)

    def look(
        self,
        now: float,
        cards: Iterable[GpuInfo],
        measured: Sequence[GpuTelemetry],
        held: Mapping[str, Collection[int]],
    ) -> dict[str, Condition]:
        """The condition of each of `cards` by UUID. now: seconds of a clock that does not jump. held: the cards that
        attempts have now."""
        samples = {sample.uuid: sample for sample in measured}
        return {card.uuid: self._condition(now, card, samples.get(card.uuid), card.uuid in held) for card in cards}

    def begin_test(self, uuid: str) -> None:
        """From the next look on, whatever speaks against `uuid` counts."""
        card = self._cards[uuid]
        card.errors, card.hindrance, card.ecc = "", "it was not measured.", None

    def end_test(self, uuid: str) -> str:
        """What spoke against it; if nothing did, it is not sick any more."""
        card = self._cards[uuid]
        why = card.errors or card.hindrance
        if not why:
            card.sick = ""
        return why

    def _condition(self, now: float, info: GpuInfo, sample: GpuTelemetry | None, held: bool) -> Condition:
        card = self._cards.setdefault(info.uuid, _Card(now - AFTERGLOW, sick=self.sick.get(info.uuid, "")))
        if sample is None:
            return Condition("sick", card.sick) if card.sick else FREE
        found = _sickness(info, sample, card.ecc)
        card.sick = card.sick or found
        card.errors = card.errors or found
        card.hindrance = _in_use(info, sample, card.idle, held)
        card.ecc = sample.ecc_uncorrected if card.ecc is None else card.ecc
        if card.sick:
            return Condition("sick", card.sick)
        if held:
            card.empty_since = now
            return FREE
        computing = [process for process in sample.processes if process.kind == "compute"]
        stuck = [process for process in computing if self.ours(process.pid)]
        waited = now - card.empty_since >= AFTERGLOW
        if computing and not stuck:
            return Condition("foreign", _who(computing[0]))
        if stuck:
            return Condition("dirty", _who(stuck[0])) if waited else FREE
        return self._by_memory(card, sample, waited)

    def _by_memory(self, card: _Card, sample: GpuTelemetry, waited: bool) -> Condition:
        used = sample.memory_used
        if used is None or not waited:
            return FREE
        card.idle = used if card.idle is None else min(card.idle, used)
        if used > card.idle + SPARE:
            return Condition("dirty", f"{(used - card.idle) / 1e9:.1f} GB are in use, and no process shows.")
        return FREE


def _sickness(info: GpuInfo, sample: GpuTelemetry, ecc: int | None) -> str:
    if sample.lost:
        return "it no longer answers."
    for xid in sample.xids:
        if xid.code in SICK_XIDS:
            return f"Xid {xid.code}: {SICK_XIDS[xid.code]}."
    if info.repair_failed:
        return "a row of its memory could not be replaced."
    if ecc is not None and sample.ecc_uncorrected is not None and sample.ecc_uncorrected > ecc:
        return f"{sample.ecc_uncorrected - ecc} uncorrected ECC errors."
    return ""


def _in_use(info: GpuInfo, sample: GpuTelemetry, idle: int | None, held: bool) -> str:
    """What else keeps a card from passing its test."""
    if held:
        return "a job is on it."
    if info.repair_pending:
        return "a row of its memory waits for a reset to be replaced."
    for process in sample.processes:
        if process.kind == "compute":
            return _who(process)
    if idle is not None and sample.memory_used is not None and sample.memory_used > idle + SPARE:
        return f"{(sample.memory_used - idle) / 1e9:.1f} GB are in use, and no process shows."
    return ""


def _who(process: GpuProcess) -> str:
    used = "" if process.memory is None else f" holds {process.memory / 1e9:.1f} GB"
    return f"pid {process.pid} of {process.user or 'unknown'} ({process.command or '?'}){used}."
