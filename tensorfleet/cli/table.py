"""Plain aligned text."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import click

COLOURS = {
    "running": "green",
    "succeeded": "green",
    "online": "green",
    "queued": "yellow",
    "starting": "cyan",
    "recovering": "yellow",
    "stopping": "yellow",
    "pending": "yellow",
    "draining": "yellow",
    "failed": "red",
    "unreachable": "red",
    "sick": "red",
    "foreign": "magenta",
}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns aligned. On a terminal the last column is cut at its edge and states have colours."""
    plain = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(headings), *plain]) for i in range(len(headings))]
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        used = sum(widths[:-1]) + 2 * (len(widths) - 1)
        widths[-1] = max(min(widths[-1], shutil.get_terminal_size().columns - used), 8)
    lines = [_line(headings, widths)]
    for row in plain:
        text = _line([*row[:-1], _cut(row[-1], widths[-1])], widths)
        for cell in row if on_terminal else ():
            if cell in COLOURS:
                text = text.replace(f"  {cell}", f"  {click.style(cell, fg=COLOURS[cell])}", 1)
                break
        lines.append(text)
    return lines


def fields(rows: Sequence[tuple[str, str]]) -> list[str]:
    """`name  value`, names aligned; rows without a value are left out."""
    kept = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in kept), default=0)
    return [f"{name:<{width}}  {value}" for name, value in kept]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
