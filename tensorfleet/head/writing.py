"""What the brain decided, as writes of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorfleet.core.actions import Action, DropBooking, DropNode, Emit, SaveBooking, SaveNode, SavePolicy, SaveUsed
from tensorfleet.core.job import Job
from tensorfleet.head.records import BOOKINGS, JOBS, NODES, POLICY, USED, policy_doc, to_doc
from tensorfleet.store.port import Append, Delete, Put, Write


def writes_of(actions: Iterable[Action], saved: Mapping[str, Job]) -> list[Write]:
    """One write a document, jobs first so that their revisions come first, then events in their order."""
    writes: list[Write] = [Put(JOBS, job_id, to_doc(job)) for job_id, job in saved.items()]
    for action in actions:
        match action:
            case SaveNode(node):
                writes.append(Put(NODES, node.id, to_doc(node)))
            case DropNode(node_id):
                writes.append(Delete(NODES, node_id))
            case SaveBooking(booking):
                writes.append(Put(BOOKINGS, booking.id, to_doc(booking)))
            case DropBooking(booking_id):
                writes.append(Delete(BOOKINGS, booking_id))
            case SaveUsed(used):
                writes.append(Put(USED, USED, to_doc(used)))
            case SavePolicy(policy):
                writes.append(Put(POLICY, POLICY, policy_doc(policy)))
            case Emit(event):
                writes.append(Append(to_doc(event)))
            case _:
                pass
    return writes
