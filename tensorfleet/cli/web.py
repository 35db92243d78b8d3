"""`tensorfleet web`"""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head

EPILOG = examples(
    "tensorfleet web                 a link for the browser, good once and for ten minutes",
    "tensorfleet web --open          open it in this machine's browser at once",
)


@click.command(epilog=EPILOG)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser of this machine.")
@talks_to_head
def web(session: Session, opened: bool) -> None:
    """Print a link that signs you in to the web console.

    It has the rights of the credential it is made with, works once, within ten minutes.
    """
    made = session.client.login_token()
    link = f"{session.client.url}/login?token={made.token}"
    if session.json:
        session.document({"url": link, "expires": made.expires})
    else:
        session.say(link)
    if opened and click.launch(link):
        session.note("No browser could be started here: open the link yourself.")
