"""`tensorfleet node`: what one does to nodes."""

from __future__ import annotations

import click

from tensorfleet.cli.session import Session, examples, talks_to_head


@click.group()
def node() -> None:
    """Look at a node, let it in, drain it, or send it away."""


@node.command(epilog=examples("tensorfleet node show gpu-7", "tensorfleet node show gpu-7 --json"))
@click.argument("name", metavar="NODE")
@talks_to_head
def show(session: Session, name: str) -> None:
    """Show what NODE measures: CPU, memory, disk, network, and its GPUs with the processes on them."""
    measured = session.client.telemetry(name)
    if session.json:
        session.document(measured)
        return
    from tensorfleet.cli.gauges import gauges

    for line in gauges(measured):
        session.say(line)


@node.command(epilog=examples("tensorfleet node approve gpu-7", 'tensorfleet node approve gpu-7 --words "apple river"'))
@click.argument("name", metavar="NODE")
@click.option("--words", help="The pairing words on the node's own screen; asked for if not given.")
@talks_to_head
def approve(session: Session, name: str, words: str | None) -> None:
    """Let NODE in, which asks to join without a token.

    Compare: the words have to be typed as the node's own screen shows them, so that no other machine gets in.
    """
    if words is None:
        words = click.prompt(f"Words on the screen of {name}", err=True)
    _told(session, session.client.approve(name, " ".join((words or "").split())), "is let in")


@node.command(epilog=examples("tensorfleet node drain gpu-7", "tensorfleet node drain gpu-7 --json"))
@click.argument("name", metavar="NODE")
@talks_to_head
def drain(session: Session, name: str) -> None:
    """Give NODE no more work; what runs there goes on to its end."""
    _told(session, session.client.drain(name), "takes no more work")


@node.command(epilog=examples("tensorfleet node resume gpu-7", "tensorfleet node resume gpu-7 --json"))
@click.argument("name", metavar="NODE")
@talks_to_head
def resume(session: Session, name: str) -> None:
    """Give a drained NODE work again."""
    _told(session, session.client.resume(name), "takes work again")


@node.command(epilog=examples("tensorfleet node label gpu-7 rack=a switch=s1", "tensorfleet node label gpu-7 rack-"))
@click.argument("name", metavar="NODE")
@click.argument("labels", nargs=-1, required=True, metavar="NAME=VALUE|NAME-...")
@talks_to_head
def label(session: Session, name: str, labels: tuple[str, ...]) -> None:
    """Label NODE, or take labels away: NAME=VALUE sets one, NAME- takes it away.

    It stays so, whatever the node's agent says. Jobs ask for labels by --label. The label `switch` names what the node
    is plugged into: gangs of several nodes are kept to one switch where one can hold them.
    """
    from tensorfleet.wire.labels import check_changes, parse_labels

    gone = [word for word in labels if word.endswith("-") and "=" not in word]
    changes: dict[str, str | None] = {word[:-1]: None for word in gone}
    changes |= parse_labels([word for word in labels if word not in gone], "labels")
    view = session.client.label(name, check_changes(changes, "labels"))
    if session.json:
        session.document(view)
        return
    session.say(f"{view.name}: {' '.join(f'{key}={value}' for key, value in view.labels.items()) or 'no labels'}")


@node.command(epilog=examples("tensorfleet node test gpu-7", "tensorfleet node test gpu-7 --json"))
@click.argument("name", metavar="NODE")
@talks_to_head
def test(session: Session, name: str) -> None:
    """Test the sick GPUs of NODE, and use those again that pass.

    Each has to answer, to be idle, to report no new error, and to compute rightly where the agent's Python has torch
    with CUDA. It takes seconds; `tensorfleet events` tells how each did.
    """
    _told(session, session.client.test(name), "tests its sick GPUs")


@node.command(epilog=examples("tensorfleet node remove gpu-7", "tensorfleet node remove gpu-7 --json"))
@click.argument("name", metavar="NODE")
@talks_to_head
def remove(session: Session, name: str) -> None:
    """Send NODE away; its certificate is worth nothing any more."""
    session.client.remove(name)
    session.document({"removed": name}) if session.json else session.say(f"{name} was removed.")


@node.command(epilog=examples("tensorfleet node token", "tensorfleet agent --join $(tensorfleet node token)"))
@talks_to_head
def token(session: Session) -> None:
    """Print a new join token, for `tensorfleet agent --join TOKEN` on other machines."""
    made = session.client.join_token()
    if session.json:
        session.document(made)
        return
    from tensorfleet.cli.human import clock

    session.say(made.token)
    session.note(f"It is good until {clock(made.expires)}. Whoever has it can bring a machine into the fleet.")


def _told(session: Session, view: object, text: str) -> None:
    from tensorfleet.wire.rest import WorkerView

    if session.json:
        session.document(view)
    elif isinstance(view, WorkerView):
        session.say(f"{view.name} {text}; it is {view.state}.")
