"""`reserve`, on a real head and agents."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import JobFile


@pytest.fixture(autouse=True)
def given_back(fleet: Fleet) -> Iterator[None]:
    """All of these tests share the fleet with others, who need it whole."""
    yield
    for each in fleet.client.queue.calendar().reservations:
        fleet.client.queue.cancel_reservation(each.id)


def test_a_node_is_set_aside_told_and_given_back(fleet: Fleet) -> None:
    made = fleet.run("reserve", "add", "a", "b", "--team", "nlp", "--for", "1h", "--reason", "course", "--json")
    assert made.returncode == 0, made.stderr
    reservation = json.loads(made.stdout)
    assert (reservation["nodes"], reservation["whom"]) == (["a", "b"], "team nlp")
    assert "course" in fleet.run("reserve").stdout
    job = fleet.run("run", "--no-upload", "-d", "--", "true").stdout.strip()
    told = fleet.run("why", job).stdout
    assert "a and b: set aside by admin for team nlp (course) until" in told
    assert "Likely to start now" not in told
    again = fleet.run("reserve", "add", "b", "--maintenance", "--for", "5m")
    assert again.returncode != 0
    assert reservation["id"] in again.stderr
    assert "reserved for team nlp" in fleet.run("reserve", "calendar").stdout
    assert fleet.run("reserve", "cancel", reservation["id"]).returncode == 0
    wait_for(lambda: fleet.client.job(job).state == "succeeded", "it starts as soon as the nodes are back", 20)
    assert fleet.run("reserve", "ls").stdout == "Nothing is reserved.\n"
    kinds = [event.kind for event in fleet.client.events() if event.kind.startswith("booking.")]
    assert kinds == ["booking.created", "booking.cancelled"]


def test_who_goes_on_there_is_told(fleet: Fleet) -> None:
    job = fleet.client.submit(JobFile(name="steady", run=["sleep", "300"], max_duration="1h", preemptible=False))
    fleet.running(job.id)
    (node,) = {share.node for share in fleet.client.job(job.id).shares}
    late = fleet.run("reserve", "add", node, "--maintenance", "--at", "+2h", "--for", "1h")
    assert (late.returncode, late.stderr) == (0, "")
    soon = fleet.run("reserve", "add", node, "--maintenance", "--for", "1h")
    assert soon.returncode == 0, soon.stderr
    assert f"steady ({job.id}) of admin goes on on {node} when it begins: it cannot be interrupted (" in soon.stderr
    fleet.client.kill(job.id)
    fleet.finished(job.id)
    assert [each.stays for each in fleet.client.queue.calendar().reservations] == [[], []]


def test_what_cannot_be_is_refused_with_what_would(fleet: Fleet) -> None:
    for wrong, said in (
        (["nowhere", "--team", "x", "--for", "1h"], "nowhere"),
        (["a", "--team", "x"], "--for 8h"),
        (["a", "--for", "1h"], "For whom?"),
        (["a", "--team", "x", "--for", "0s"], "--for above 0"),
        (["a", "--team", "x", "--until", "2001-01-01"], "not after it begins"),
        (["a", "--team", "x", "--at", "2001-01-01", "--for", "1h"], "in the past"),
        (["a", "--team", "x", "--at", "soon", "--for", "1h"], "is no time"),
        (["a", "--maintenance", "--team", "x", "--for", "1h"], "admits nobody"),
    ):
        done = fleet.run("reserve", "add", *wrong)
        assert done.returncode in (2, 5), (wrong, done.stdout, done.stderr)
        assert said in done.stderr, (wrong, done.stderr)
    assert fleet.client.queue.calendar().reservations == []
