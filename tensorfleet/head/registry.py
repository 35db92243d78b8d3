"""The nodes as REST shows them: what is stored of each, how it was last heard, what it measured, what runs there."""

from __future__ import annotations

from tensorfleet.core.inputs import Now
from tensorfleet.core.job import Job, Share
from tensorfleet.core.node import GpuState, Node, NodeState
from tensorfleet.core.resources import Kind
from tensorfleet.errors import NotFound, Unavailable
from tensorfleet.head.joining import Joining
from tensorfleet.head.sessions import Sessions
from tensorfleet.head.shell import Shell
from tensorfleet.wire.history import HistoryView
from tensorfleet.wire.messages import TestGpus
from tensorfleet.wire.rest import GpuView, WorkerView
from tensorfleet.wire.telemetry import GpuTelemetry, NodeTelemetry


class Registry:
    def __init__(self, shell: Shell, sessions: Sessions, joining: Joining) -> None:
        self._shell = shell
        self._sessions = sessions
        self._joining = joining

    def workers(self) -> list[WorkerView]:
        """Every node by name, then those that ask to join."""
        now = self._shell.now()
        nodes = sorted(self._shell.control.fleet.nodes.values(), key=lambda node: node.name)
        return [self._view(node, now) for node in nodes] + self._pending()

    def worker(self, reference: str) -> WorkerView:
        """The node with this id or name. Raises NotFound."""
        for view in self.workers():
            if reference in (view.id, view.name):
                return view
        raise NotFound(f"There is no node {reference[:80]!r}.", "`tensorfleet nodes` lists them.")

    def telemetry(self, reference: str) -> NodeTelemetry:
        """What the node with this id or name measured last. Raises NotFound, also when it has not told anything yet."""
        worker = self.worker(reference)
        measured = self._sessions.telemetry(worker.id)
        if measured is None:
            raise NotFound(f"{worker.name} has told no measurements since the head started.", "Is its agent running?")
        return measured

    def history(self, reference: str, since: float, until: float) -> HistoryView:
        """What the node with this id or name measured from `since` to `until`, Unix seconds. Raises NotFound."""
        return self._sessions.history.view(self.worker(reference).id, since, until)

    def forget(self, node: str) -> None:
        """Of a node that is removed, what it measured is not kept."""
        self._sessions.forget(node)

    def test(self, node: str, by: str) -> None:
        """Asks `node` to test its sick GPUs; events tell how it went. Raises Unavailable without a session."""
        if not self._sessions.tell(node, TestGpus(by)):
            raise Unavailable("The node is not connected.", "`tensorfleet nodes` shows which are.")

    def _view(self, node: Node, now: Now) -> WorkerView:
        fleet = self._shell.control.fleet
        shares = list(fleet.shares_on(node.id))
        link = fleet.links.get(node.id)
        measured = self._sessions.telemetry(node.id)
        memory = measured.memory if measured else None
        slots = sum(share.ranks for job, share in shares if job.spec.request.kind is Kind.SLOT)
        silence = now.mono - link.heard if link and link.connected else None
        return WorkerView(
            id=node.id,
            name=node.name,
            state=fleet.node_state(node, now).value,
            hostname=node.hostname,
            addresses=node.addresses,
            version=node.version,
            slots=node.slots,
            slots_free=max(0, node.slots - slots),
            cpus=node.cpus,
            memory=node.memory,
            gpus=_gpus(node, shares, measured),
            jobs=tuple(dict.fromkeys(job.id for job, _ in shares)),
            joined=node.joined,
            heard=now.wall - silence if silence is not None else None,
            drain=node.drain,
            containment=node.containment,
            cpu=measured.cpu.percent if measured and measured.cpu else None,
            memory_used=memory.used if memory else None,
            labels=dict(node.labels),
            disk=node.disk.value,
        )

    def _pending(self) -> list[WorkerView]:
        return [
            WorkerView(
                id=request.node_id,
                name=request.name,
                state=NodeState.PENDING.value,
                hostname="",
                addresses=(request.address,) if request.address else (),
                version="",
                slots=0,
                slots_free=0,
                cpus=0.0,
                memory=0,
                gpus=(),
                jobs=(),
                joined=0.0,
                heard=request.asked,
                drain=False,
                containment="",
                words=" ".join(request.words),
            )
            for request in self._joining.pending()
        ]


def _gpus(node: Node, shares: list[tuple[Job, Share]], measured: NodeTelemetry | None) -> tuple[GpuView, ...]:
    holders = {uuid: job.id for job, share in shares for uuid in share.gpus}
    samples: dict[str, GpuTelemetry] = {gpu.uuid: gpu for gpu in measured.gpus} if measured else {}
    views = []
    for gpu in node.gpus:
        sample = samples.get(gpu.uuid)
        views.append(
            GpuView(
                uuid=gpu.uuid,
                index=gpu.index,
                model=gpu.model,
                memory=gpu.memory,
                state=(GpuState.HELD if gpu.uuid in holders and gpu.state is GpuState.FREE else gpu.state).value,
                note=gpu.note,
                job=holders.get(gpu.uuid),
                utilisation=sample.utilisation if sample else None,
                memory_used=sample.memory_used if sample else None,
                temperature=sample.temperature_c if sample else None,
                power=sample.power_w if sample else None,
            )
        )
    return tuple(views)
