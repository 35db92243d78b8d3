"""Signing in and out, and back to where the reader was."""

from __future__ import annotations

from browser.console import Console
from process.fleet import Fleet


def test_an_expired_login_returns_to_where_the_reader_was(console: Console, lab: Fleet) -> None:
    console.open("/jobs?state=failed")
    console.page.context.clear_cookies()
    console.page.reload()
    console.page.get_by_label("One-time token or login link").fill(lab.client.login_token().token)
    console.page.get_by_role("button", name="Sign in").click()
    console.page.get_by_role("heading", name="Jobs").wait_for()
    assert console.page.url.endswith("/ui/jobs?state=failed")
    console.errors.clear()


def test_a_used_token_is_refused_with_the_heads_words(console: Console, lab: Fleet) -> None:
    console.page.context.clear_cookies()
    console.page.goto(f"{console.url}/ui/sign-in")
    console.page.get_by_label("One-time token or login link").fill(f"{console.url}/login?token=tfl_wrong")
    console.page.get_by_role("button", name="Sign in").click()
    console.page.get_by_role("alert").filter(has_text="token").wait_for()
    assert console.page.get_by_label("One-time token or login link").input_value().endswith("tfl_wrong")
    console.errors.clear()
