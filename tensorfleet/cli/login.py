"""`tensorfleet login`"""

from __future__ import annotations

import sys

import click

from tensorfleet.cli.session import Session, examples
from tensorfleet.errors import InvalidRequest

EPILOG = examples(
    "tensorfleet login https://head.lab:7337 --api-key tfk_...",
    "tensorfleet login 'https://head.lab:7337/login?token=...'      the link that the head prints",
    "tensorfleet login https://head.lab:7337 --ca-fingerprint 3f9a... --token ...",
)


@click.command(epilog=EPILOG)
@click.argument("url")
@click.option("--api-key", default="", metavar="KEY", help="An API key; asked for if there is no other credential.")
@click.option("--token", default="", metavar="TOKEN", help="A one-time login token, exchanged for a key.")
@click.option("--ca", default="", metavar="FILE", help="The fleet's CA, if it is here already.")
@click.option("--ca-fingerprint", default="", metavar="SHA256", help="What the fleet's CA has to be; else it is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def login(url: str, api_key: str, token: str, ca: str, ca_fingerprint: str, as_json: bool) -> None:
    """Remember the head at URL and a credential for it, in ~/.config/tensorfleet/config.toml.

    Over https the fingerprint of the fleet's CA is compared first; the head prints its own when it starts, and keeps
    it in head.json in its data directory.
    """
    from tensorfleet.client.login import log_in

    def confirm(found: str) -> bool:
        if not sys.stdin.isatty():
            raise InvalidRequest(
                f"The fleet's CA has the fingerprint {found}, and nobody is here to confirm it.",
                "Compare it with the head's, then give it as --ca-fingerprint.",
            )
        click.echo(f"The fleet's CA has the fingerprint\n\n    {grouped(found)}\n", err=True)
        return click.confirm("Is that what the head's own machine shows?", err=True)

    def ask_key() -> str:
        if not sys.stdin.isatty():
            return ""
        answer: str = click.prompt("API key", hide_input=True, err=True)
        return answer.strip()

    settings, me = log_in(
        url, api_key=api_key, token=token, ca=ca, fingerprint=ca_fingerprint, confirm=confirm, ask_key=ask_key
    )
    session = Session("", "", "", as_json)
    if as_json:
        session.document({"url": settings.url, "user": me.user, "team": me.team, "role": me.role})
    else:
        session.say(f"Logged in to {settings.url} as {me.user} ({me.role}, team {me.team or '-'}).")
        session.note(f"Saved in {settings.origin}.")


def grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))
