"""Every page, in both themes and on a phone, with a busy lab whose names are bad: whole, readable, and inert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser import scene
from browser.axe import violations
from browser.console import Console
from browser.pages import VIEWS, show
from process.fleet import Fleet

Busy = tuple[Fleet, dict[str, str]]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with Fleet(tmp_path_factory.mktemp("busy")) as fleet:
        yield fleet, scene.begin(fleet)
        scene.end(fleet)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("view", VIEWS)
def test_it_is_whole_and_breaks_no_rule_of_wcag(busy: Busy, tmp_path: Path, view: str) -> None:
    fleet, paths = busy
    wrong: list[str] = []
    with Console(fleet, tmp_path, reduced_motion="reduce", **VIEWS[view]) as console:
        page = console.page
        page.on("dialog", lambda dialog: (wrong.append(f"a name ran as a script: {dialog.message}"), dialog.dismiss()))
        for name, path in paths.items():
            show(console, path)
            wrong += [f"{name}: {found}" for found in violations(page)]
            if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                wrong.append(f"{name}: wider than the screen")
            if page.get_by_role("heading", level=1).count() != 1:
                wrong.append(f"{name}: not one title")
            if "TensorFleet" not in page.title():
                wrong.append(f"{name}: the tab is called {page.title()!r}")
    assert not wrong, "\n".join(wrong)


OVERLAYS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "search": ("jobs", lambda page: page.keyboard.press("Control+k")),
    "shortcuts": ("jobs", lambda page: page.keyboard.press("?")),
    "menu of a node": ("node", lambda page: page.get_by_role("button", name="Actions for gpu-1").press("Enter")),
    "adding a machine": ("fleet", lambda page: page.get_by_role("button", name="Add a machine").press("Enter")),
    "stopping a job": ("job", lambda page: page.get_by_role("button", name="Stop").press("Enter")),
    "a reservation": ("queue", lambda page: page.get_by_role("button", name="Set nodes aside").press("Enter")),
    "a setting": ("policy", lambda page: page.get_by_role("button", name="Change half_life").press("Enter")),
    "a list to choose from": ("new", lambda page: page.get_by_label("Recipe").press("Enter")),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_over_a_page_does_too_and_is_left_by_escape(busy: Busy, tmp_path: Path, scheme: str) -> None:
    fleet, paths = busy
    wrong: list[str] = []
    with Console(fleet, tmp_path, color_scheme=scheme, reduced_motion="reduce") as console:
        page = console.page
        for name, (where, opens) in OVERLAYS.items():
            show(console, paths[where])
            opens(page)
            over = page.get_by_role("dialog").or_(page.get_by_role("menu")).or_(page.get_by_role("listbox")).first
            over.wait_for()
            if not page.evaluate("document.activeElement.closest('[role=dialog],[role=menu],[role=listbox]') !== null"):
                wrong.append(f"{name}: the focus is not in it")
            wrong += [f"{name}: {found}" for found in violations(page)]
            page.keyboard.press("Escape")
            expect(over).to_be_hidden()
    assert not wrong, "\n".join(wrong)


def test_what_people_wrote_is_shown_as_they_wrote_it(busy: Busy, tmp_path: Path) -> None:
    fleet, paths = busy
    with Console(fleet, tmp_path) as console:
        page = console.page
        show(console, paths["jobs"])
        link = page.get_by_role("table", name="Jobs").get_by_role("link", name=scene.LONG, exact=True)
        assert link.inner_html() == f"<bdi>{scene.LONG}</bdi>", "kept from turning what is beside it"
        show(console, paths["job-odd-artifacts"])
        page.get_by_text(f"{scene.MARKUP}.txt").wait_for()
        show(console, paths["queue"])
        reason = page.get_by_role("table", name="Reservations").get_by_text(scene.MARKUP)
        expect(reason).to_contain_text(scene.RIGHT_TO_LEFT)
        assert "<bdi" in reason.evaluate("(element) => element.closest('td').innerHTML"), "its direction stays in it"


def test_values_that_are_no_numbers_leave_gaps(busy: Busy, tmp_path: Path) -> None:
    fleet, paths = busy
    with Console(fleet, tmp_path) as console:
        show(console, paths["job-odd-metrics"])
        loss = console.page.get_by_role("region", name="loss", exact=True)
        expect(loss.get_by_role("img")).to_have_accessible_name(
            "loss. loss: 4 points, lowest 0.4, highest 0.5, last 0.4."
        )
        loss.get_by_role("button", name="Table").click()
        expect(loss.get_by_role("cell")).to_contain_text(["not a number", "0.5", "not a number", "0.4"])
