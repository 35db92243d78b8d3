"""Documents of a head that knew less still load: what they do not say is as it was then."""

from __future__ import annotations

from tensorfleet.core.job import Job
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Kind, Request
from tensorfleet.head.records import from_doc, to_doc
from unit.fleets import spec

REQUEST = {
    "kind": "gpu",
    "ranks": 8,
    "nodes": 2,
    "gpu_model": "A100",
    "gpu_memory": 40000000000,
    "cpus": 4.0,
    "memory": 0,
    "min_nodes": 0,
}
"""As the first release wrote it."""

NODE = {"id": "n1", "name": "gpu-1", "slots": 4, "gpus": [], "joined": 7.0, "drain": False, "strikes": []}


def test_a_job_from_before_shapes_and_labels() -> None:
    doc = to_doc(Job("j1", spec(Request()), "ada", "vision", 1.0))
    doc["spec"]["request"] = REQUEST
    assert from_doc(doc, Job).spec.request == Request(
        Kind.GPU, 8, nodes=2, gpu_model="A100", gpu_memory=40 * 10**9, cpus=4.0
    )


def test_a_node_from_before_labels() -> None:
    assert from_doc(NODE, Node) == Node("n1", "gpu-1", slots=4, joined=7.0)


def test_what_is_new_comes_back_as_it_was_stored() -> None:
    node = Node("n1", "gpu-1", labels={"rack": "a"}, relabelled={"rack": "a", "room": None})
    request = Request(Kind.GPU, 6, nodes=2, shape=(4, 2), labels=(("rack", "a"),), spread=True, apart="x")
    job = Job("j1", spec(request), "ada", "vision", 1.0)
    assert from_doc(to_doc(node), Node) == node
    assert from_doc(to_doc(job), Job) == job
