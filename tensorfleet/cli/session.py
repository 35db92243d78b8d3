"""What every verb that talks to a head shares: options, the client, and where output goes.

Results go to stdout, everything said beside them to stderr, so that a pipe gets results only.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tensorfleet.client import Client


class Session:
    """json: results are documents for programs. The head is looked for when `client` is first used."""

    def __init__(self, url: str, api_key: str, ca: str, json: bool) -> None:
        self._where = (url, api_key, ca)
        self.json = json

    @classmethod
    def of(cls, client: Client) -> Session:
        """A session with a head that is known already."""
        session = cls("", "", "", json=False)
        session.client = client
        return session

    @functools.cached_property
    def client(self) -> Client:
        from tensorfleet.client import connect

        return connect(*self._where, notice=self.note)

    def document(self, value: Any, indent: int = 2) -> None:
        """One JSON document."""
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=indent))

    def record(self, value: Any) -> None:
        """One JSON object on one line, at once."""
        import msgspec

        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """A line of the result."""
        click.echo(text)

    def note(self, text: str) -> None:
        """A line beside the result; nothing for programs."""
        if not self.json:
            click.echo(click.style(text, dim=True), err=True)


def talks_to_head(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that all clients have; `verb` gets a Session as its first argument."""

    @click.option("--url", default="", metavar="URL", help="The head. [env: TENSORFLEET_URL]")
    @click.option("--api-key", default="", metavar="KEY", help="The credential. [env: TENSORFLEET_API_KEY]")
    @click.option("--ca", default="", metavar="FILE", help="The fleet's CA, for https. [env: TENSORFLEET_CA]")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    @functools.wraps(verb)
    def wrapper(*args: Any, url: str, api_key: str, ca: str, as_json: bool, **kwargs: Any) -> Any:
        return verb(Session(url, api_key, ca, as_json), *args, **kwargs)

    return wrapper


def examples(*rows: str) -> str:
    """The end of a verb's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {row}" for row in rows)
