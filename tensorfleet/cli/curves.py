"""Curves drawn with braille dots."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import plotille  # type: ignore[import-untyped]  # ships no annotations

from tensorfleet.wire.rest import Series

HEIGHT = 10
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red", "white", "bright_cyan")


def draw(name: str, curves: Sequence[Series], *, colour: bool, width: int = 0, height: int = HEIGHT) -> list[str]:
    """One picture of the same curve as each rank logged it. width: columns in all, 0 for the terminal's."""
    found = []
    for curve in curves:
        points = [(step, value) for step, _, value in curve.points if value is not None]
        if points:
            found.append((curve, points))
    if not found:
        return [f"{name}: no finite values yet"]
    figure: Any = plotille.Figure()
    figure.width = max((width or shutil.get_terminal_size((100, 24)).columns) - 22, 20)
    figure.height = height
    figure.color_mode = "names"
    figure.with_colors = colour
    figure.origin = False
    figure.x_label, figure.y_label = "step", name[:10]
    figure.register_label_formatter(float, _label)
    figure.register_label_formatter(int, _label)
    steps = [step for _, points in found for step, _ in points]
    values = [value for _, points in found for _, value in points]
    figure.set_x_limits(*_limits(min(steps), max(steps)))
    figure.set_y_limits(*_limits(min(values), max(values)))
    for number, (_, points) in enumerate(found):
        xs, ys = [step for step, _ in points], [value for _, value in points]
        figure.plot(xs, ys, lc=_COLOURS[number % len(_COLOURS)] if colour else None)
    return [summary(name, [curve for curve, _ in found]), *figure.show().splitlines()]


def summary(name: str, curves: Sequence[Series]) -> str:
    """`loss  0.0123 at step 480 (ranks 0, 1)`."""
    first = curves[0]
    last = "not a number" if first.last is None else f"{first.last:.5g}"
    step = first.points[-1][0] if first.points else 0
    ranks = f"  ranks {', '.join(str(curve.rank) for curve in curves)}" if len(curves) > 1 else ""
    return f"{name}  {last} at step {step}{ranks}"


def _limits(least: float, most: float) -> tuple[float, float]:
    margin = (most - least) * 0.02 or abs(most) * 0.1 or 1.0
    return (least, most) if most > least else (least - margin, most + margin)


def _label(value: float, chars: int, delta: float, left: bool = False) -> str:
    text = f"{value:.4g}"[:chars]
    return text.ljust(chars) if left else text.rjust(chars)
