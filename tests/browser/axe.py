"""What axe-core finds against WCAG 2.1, levels A and AA, on the page as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

SOURCE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN: Final = """
async () => (await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})).violations
    .flatMap(({id, help, nodes}) => nodes.map((node) => `${id}: ${help}: ${node.target} ${node.any[0]?.message ?? ""}`))
"""


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule."""
    page.evaluate(SOURCE.read_text())
    found: list[str] = page.evaluate(RUN)
    return found
