"""The queue over time as an SVG: GPUs in use below, GPUs that are waited for above."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tensorfleet.sim.replay.result import Replay, Step

WIDTH, HEIGHT, MARGIN = 960, 260, 48
POINTS = 600
"""Steps that are drawn; of more, the highest of each stretch."""

STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.used{fill:#2a78b5}.waits{fill:none;stroke:#d1701a;stroke-width:1.5}"
    ".full{stroke:#888;stroke-dasharray:4 3}@media(prefers-color-scheme:dark){text{fill:#ddd}.used{fill:#5aa7e0}}"
)


def draw(replays: Sequence[tuple[str, Replay]]) -> str:
    """An SVG document of replays, each with its name, one below the other; readable on light and on dark ground."""
    panels = [line for number, each in enumerate(replays) for line in _panel(*each, number * 2 * HEIGHT)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT * len(replays)}" role="img">',
            "<title>The queue over time</title>",
            f"<style>{STYLE}</style>",
            *panels,
            "</svg>",
            "",
        ]
    )


def _panel(name: str, replay: Replay, top: int) -> list[str]:
    steps = _thinned(replay.steps)
    end = max((step.at for step in steps), default=1.0) or 1.0
    half = HEIGHT - 2 * MARGIN
    most = max((step.waiting_gpus for step in steps), default=1) or 1

    def across(at: float) -> float:
        return MARGIN + at / end * (WIDTH - 2 * MARGIN)

    def bars(values: Sequence[int], top: float, scale: int) -> str:
        points = []
        for step, following, value in zip(steps, [*steps[1:], steps[-1]], values, strict=True):
            height = top + half - value / scale * half
            points += [f"{across(step.at):.1f},{height:.1f}", f"{across(following.at):.1f},{height:.1f}"]
        return " ".join(points)

    upper, lower = top + MARGIN, top + MARGIN + HEIGHT
    used = bars([step.used for step in steps], lower, replay.capacity)
    floor = lower + half
    title = f"{escape(name)}: " if name else ""
    return [
        f'<text x="{MARGIN}" y="{upper - 12}">{title}GPUs waited for (most {most})</text>',
        f'<polyline class="waits" points="{bars([step.waiting_gpus for step in steps], upper, most)}"/>',
        f'<text x="{MARGIN}" y="{lower - 12}">GPUs in use (of {replay.capacity})</text>',
        f'<line class="full" x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{lower}" y2="{lower}"/>',
        f'<polygon class="used" points="{MARGIN},{floor} {used} {WIDTH - MARGIN},{floor}"/>',
        f'<text x="{MARGIN}" y="{floor + 18}">0</text>',
        f'<text x="{WIDTH - MARGIN}" y="{floor + 18}" text-anchor="end">{end / 3600:.0f} h</text>',
    ]


def _thinned(steps: Sequence[Step]) -> list[Step]:
    if len(steps) <= POINTS:
        return list(steps)
    size = len(steps) / POINTS
    parts = [steps[int(n * size) : int((n + 1) * size)] for n in range(POINTS)]
    return [
        Step(
            part[0].at,
            max(step.used for step in part),
            max(step.queued for step in part),
            max(step.waiting_gpus for step in part),
        )
        for part in parts
    ]
