"""`nodes`, `node`, `keys`, `version`: looking after the fleet."""

from __future__ import annotations

import json

from process.fleet import Fleet


def test_nodes(fleet: Fleet) -> None:
    rows = [line.split() for line in fleet.run("nodes").stdout.splitlines()[1:]]
    assert [(row[0], row[1]) for row in sorted(rows)] == [("a", "online"), ("b", "online")]
    assert len(json.loads(fleet.run("nodes", "--json").stdout)) == 2
    assert "No node has a GPU" in fleet.run("nodes", "--gpus").stdout


def test_a_node_is_drained_and_works_again(fleet: Fleet) -> None:
    assert "a takes no more work" in fleet.run("node", "drain", "a").stdout
    try:
        job = fleet.client.run("true", workdir=None, slots=8)
        assert fleet.client.why(job.id).position == 1
    finally:
        assert "takes work again" in fleet.run("node", "resume", "a").stdout
    assert fleet.finished(job.id).state == "succeeded"
    assert fleet.run("node", "drain", "nothing").returncode == 5


def test_a_node_is_labelled(fleet: Fleet) -> None:
    assert fleet.run("node", "label", "b", "rack=r1", "room=7").stdout == "b: rack=r1 room=7\n"
    try:
        assert "rack=r1 room=7" in fleet.run("nodes").stdout
        assert "\nb     0" in fleet.run("run", "--dry-run", "--label", "rack=r1", "--", "true").stdout
        impossible = fleet.run("run", "--dry-run", "--label", "rack=r2", "--", "true")
        assert impossible.returncode == 2
        assert "labelled rack=r2; those there are have rack=r1" in impossible.stderr
    finally:
        assert fleet.run("node", "label", "b", "rack-", "room-").stdout == "b: no labels\n"
    assert fleet.run("node", "label", "b", "rack").returncode == 2


def test_a_token_is_printed_alone(fleet: Fleet) -> None:
    done = fleet.run("node", "token")
    assert done.stdout.startswith("tfj1_")
    assert len(done.stdout.splitlines()) == 1


def test_approving_somebody_who_did_not_ask(fleet: Fleet) -> None:
    assert fleet.run("node", "approve", "nobody", "--words", "apple river").returncode in (2, 5)


def test_keys_reach_as_far_as_their_role(fleet: Fleet) -> None:
    key = fleet.run("keys", "create", "ada", "--team", "vision", "--role", "viewer").stdout.strip()
    done = fleet.run("ps", "--api-key", key)
    assert done.returncode == 0, done.stderr
    refused = fleet.run("run", "--no-upload", "--api-key", key, "--", "true")
    assert refused.returncode == 4
    listed = json.loads(fleet.run("keys", "list", "--json").stdout)
    own = next(each for each in listed if each["user"] == "ada")
    assert own["key"] is None
    assert fleet.run("keys", "revoke", own["id"]).returncode == 0
    done = fleet.run("ps", "--api-key", key)
    assert done.returncode == 4
    assert "hint: " in done.stderr
    assert fleet.run("ps", "--api-key", "tfk_wrong").returncode == 4


def test_version_tells_both(fleet: Fleet) -> None:
    said = fleet.run("version").stdout
    assert fleet.url in said
    assert json.loads(fleet.run("version", "--json").stdout)["head"]["status"] == "ok"
