"""The ways in which somebody works the console: with a mouse, with the keyboard alone, with a finger."""

from __future__ import annotations

from typing import Final, Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS: Final = 150
"""Presses of Tab in which everything on a page is reached."""


class Hands(Protocol):
    def press(self, what: Locator) -> None:
        """A link or a button."""

    def write(self, field: Locator, text: str) -> None:
        """Instead of what the field holds."""

    def pick(self, field: Locator, option: str) -> None:
        """From a browser's own list."""

    def go(self, page: Page, title: str) -> None:
        """To a page of the menu."""

    def choose(self, page: Page, job: str) -> None:
        """In the list of jobs."""


class Mouse:
    def press(self, what: Locator) -> None:
        what.click()

    def write(self, field: Locator, text: str) -> None:
        field.click()
        field.press("Control+a")
        field.press_sequentially(text)

    def pick(self, field: Locator, option: str) -> None:
        field.select_option(option)

    def go(self, page: Page, title: str) -> None:
        self.press(page.get_by_role("navigation", name="Pages").get_by_role("link", name=title))

    def choose(self, page: Page, job: str) -> None:
        self.press(page.get_by_label(f"Choose {job}", exact=True))


class Finger(Mouse):
    """On a screen so narrow that the menu is behind a button."""

    def press(self, what: Locator) -> None:
        what.tap()

    def go(self, page: Page, title: str) -> None:
        self.press(page.get_by_role("button", name="Menu"))
        super().go(page, title)


class Keyboard:
    """Nothing is focused but by keys, and what is focused shows it."""

    def reach(self, what: Locator) -> None:
        what.wait_for()
        for _ in range(MOST_TABS):
            if what.evaluate("(element) => element === document.activeElement"):
                assert what.evaluate("(element) => element.matches(':focus-visible')"), f"{what}: the focus is not seen"
                return
            what.page.keyboard.press("Tab")
        raise AssertionError(f"{what} is not reached by {MOST_TABS} presses of Tab")

    def press(self, what: Locator) -> None:
        self.reach(what)
        what.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        field.page.keyboard.press("Control+a")
        field.page.keyboard.type(text)

    def pick(self, field: Locator, option: str) -> None:
        self.reach(field)
        field.page.keyboard.type(option)
        expect(field).to_have_value(option)

    def go(self, page: Page, title: str) -> None:
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Page, job or node").wait_for()
        page.keyboard.type(title)
        expect(page.get_by_role("option").first).to_have_text(title)
        page.keyboard.press("Enter")

    def choose(self, page: Page, job: str) -> None:
        table = page.get_by_role("table", name="Jobs")
        self.reach(table)
        page.keyboard.press("Home")
        row = table.get_by_role("row").filter(has=page.get_by_role("link", name=job, exact=True))
        index = int(row.get_attribute("aria-rowindex") or 0) - 2
        for _ in range(index):
            page.keyboard.press("ArrowDown")
        page.keyboard.press(" ")
        expect(row.get_by_role("checkbox")).to_be_checked()
