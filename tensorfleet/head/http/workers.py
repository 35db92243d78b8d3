"""The nodes of the fleet: seen, let in, kept from new work, removed."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tensorfleet.core.event import Event
from tensorfleet.core.node import GpuState, NodeState
from tensorfleet.errors import Conflict, InvalidRequest, NotFound, StoreFull, Unavailable
from tensorfleet.head.http.call import Call
from tensorfleet.head.http.route import route
from tensorfleet.head.roles import Permission
from tensorfleet.wire.history import HistoryView
from tensorfleet.wire.labels import check_changes
from tensorfleet.wire.rest import ApproveBody, LabelsBody, TokenView, WorkerPage, WorkerView
from tensorfleet.wire.telemetry import NodeTelemetry

HOUR: Final = 3600.0

CHANGES = (NotFound, Conflict, StoreFull, Unavailable)
LABELLING = (*CHANGES, InvalidRequest)


@route("GET", "/api/v1/workers", Permission.READ, tag="workers")
async def list_workers(call: Call[None, None]) -> WorkerPage:
    """List the nodes.

    With what each measured last; those that ask to join come last, in the state `pending`.
    """
    return WorkerPage(call.services.registry.workers(), None)


@route("GET", "/api/v1/workers/{worker}", Permission.READ, tag="workers", errors=[NotFound])
async def show_worker(call: Call[None, None]) -> WorkerView:
    """Show a node, by id or name."""
    return call.services.registry.worker(call.part("worker"))


@route("GET", "/api/v1/workers/{worker}/telemetry", Permission.READ, tag="workers", errors=[NotFound])
async def show_telemetry(call: Call[None, None]) -> NodeTelemetry:
    """Show all that a node measured last.

    CPU, memory, disk and network, and for each GPU its clocks, energy counter, ECC errors, Xids and the processes
    on it with their users. Nodes measure once a second.
    """
    return call.services.registry.telemetry(call.part("worker"))


class HistoryQuery(msgspec.Struct, frozen=True):
    since: Annotated[float | None, Meta(description="Unix seconds; an hour ago where it is not given")] = None
    until: Annotated[float | None, Meta(description="Unix seconds; now where it is not given")] = None


@route("GET", "/api/v1/workers/{worker}/history", Permission.READ, tag="workers", errors=[NotFound, InvalidRequest])
async def show_history(call: Call[HistoryQuery, None]) -> HistoryView:
    """Show what a node measured over the last day.

    Means over 10 seconds where they reach back to `since`, which is the last hour, else over two minutes; the newest
    is of a stretch that is not over yet. The head keeps them in memory and begins anew when it starts.
    """
    until = time.time() if call.query.until is None else call.query.until
    since = time.time() - HOUR if call.query.since is None else call.query.since
    if not since <= until:
        raise InvalidRequest("since: it is not before `until`.", "Both are Unix seconds.")
    return call.services.registry.history(call.part("worker"), since, until)


@route("POST", "/api/v1/workers/{worker}/approve", Permission.ADMINISTER, tag="workers", errors=CHANGES)
async def approve_worker(call: Call[None, ApproveBody]) -> WorkerView:
    """Let a node join.

    `words` are those shown on the node itself; they have to be the ones the head has for it. It becomes a node when
    somebody confirms them on its side too.
    """
    waiting = call.services.joining.approve(call.part("worker"), call.body.words, call.who.user)
    await _record(call, "node.approved", f"{call.who.user} approved {waiting.name}.", waiting.node_id)
    return call.services.registry.worker(waiting.node_id)


@route("POST", "/api/v1/workers/{worker}/drain", Permission.OPERATE, tag="workers", errors=CHANGES)
async def drain_worker(call: Call[None, None]) -> WorkerView:
    """Give a node no new work; what runs there runs on."""
    return await _drain(call, True)


@route("POST", "/api/v1/workers/{worker}/resume", Permission.OPERATE, tag="workers", errors=CHANGES)
async def resume_worker(call: Call[None, None]) -> WorkerView:
    """Give a node work again."""
    return await _drain(call, False)


@route("POST", "/api/v1/workers/{worker}/labels", Permission.OPERATE, tag="workers", errors=LABELLING)
async def label_worker(call: Call[None, LabelsBody]) -> WorkerView:
    """Label a node, or take labels away.

    What is set here stays, whatever the node's agent says. Jobs ask for labels by `resources.labels`; the label
    `switch` names what the node is plugged into, and large gangs are kept to one.
    """
    view = _member(call)
    changes = check_changes(call.body.labels, "labels")
    await call.services.shell.label(view.id, call.who.user, changes)
    return call.services.registry.worker(view.id)


@route("POST", "/api/v1/workers/{worker}/test", Permission.OPERATE, tag="workers", errors=CHANGES)
async def test_worker(call: Call[None, None]) -> WorkerView:
    """Test the sick GPUs of a node.

    Those that pass are handed out again. It takes seconds: events tell how each did, `gpu.passed` or `gpu.failed`.
    """
    view = _member(call)
    if not any(gpu.state == GpuState.SICK for gpu in view.gpus):
        raise Conflict(f"No GPU of {view.name} is sick.", "`tensorfleet nodes --gpus` shows their states.")
    call.services.registry.test(view.id, call.who.user)
    return view


async def _drain(call: Call[None, None], on: bool) -> WorkerView:
    view = _member(call)
    await call.services.shell.drain(view.id, call.who.user, on)
    return call.services.registry.worker(view.id)


def _member(call: Call[Any, Any]) -> WorkerView:
    """The node that the path names. Raises NotFound, and Conflict for one that only asks to join."""
    view = call.services.registry.worker(call.part("worker"))
    if view.state == NodeState.PENDING:
        raise Conflict(f"{view.name} does not belong to the fleet yet.", "Approve it first.")
    return view


@route("DELETE", "/api/v1/workers/{worker}", Permission.ADMINISTER, tag="workers", status=204, errors=CHANGES)
async def remove_worker(call: Call[None, None]) -> None:
    """Remove a node from the fleet.

    Its certificate counts no more. One that only asks to join is denied.
    """
    view = call.services.registry.worker(call.part("worker"))
    if view.state == NodeState.PENDING:
        call.services.joining.deny(view.id)
        await _record(call, "node.denied", f"{call.who.user} denied {view.name}.", view.id)
    else:
        await call.services.shell.remove_node(view.id, call.who.user)
        call.services.registry.forget(view.id)


async def _record(call: Call[Any, Any], kind: str, text: str, node: str = "") -> None:
    await call.services.shell.record(Event(kind, time.time(), text, node=node, actor=call.who.user))


@route("POST", "/api/v1/join-tokens", Permission.ADMINISTER, tag="workers", status=201, errors=[StoreFull])
async def create_join_token(call: Call[None, None]) -> TokenView:
    """Make a join token.

    A machine that has it may become a node: `tensorfleet agent --join TOKEN`. It is shown only here.
    """
    token, record = await call.services.joining.make_token(call.who.user)
    await _record(call, "token.created", f"{call.who.user} made the join token {token.id}.")
    return TokenView(token.text, record.expires)
