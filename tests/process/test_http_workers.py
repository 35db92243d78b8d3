"""Nodes over REST: seen with what they measure, let in by words, drained, removed; and tokens for new ones."""

from __future__ import annotations

from process.rest_head import Head
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.wire.credential import parse_join_token
from tensorfleet.wire.join import PairRequest


def knock(rest: Head, folder, name: str) -> str:
    """A machine that asks to join by words; its node id."""
    identity = Identity(folder / name)
    rest.do(rest.services.joining.pair(PairRequest(identity.csr(), name), "127.0.0.9"))
    return identity.node_id


def test_nodes_are_listed_by_name_and_found_by_id_and_name(rest: Head) -> None:
    rest.join("zebra", slots=2)
    rest.join("ant", slots=3, gpus=2)
    listed = rest.ask("GET", "/api/v1/workers").json["items"]
    assert [node["name"] for node in listed] == ["ant", "zebra"]
    for reference in ("ant", "id-ant"):
        assert rest.ask("GET", f"/api/v1/workers/{reference}").json["id"] == "id-ant"
    assert [gpu["state"] for gpu in listed[0]["gpus"]] == ["free", "free"]
    assert rest.ask("GET", "/api/v1/workers/an").status == 404


def test_a_drained_node_gets_no_work_until_it_is_resumed(rest: Head) -> None:
    rest.join("alone", slots=100)
    job = {"run": "true", "resources": {"slots": 100}}
    assert rest.ask("POST", "/api/v1/workers/alone/drain").json["state"] == "drained"
    waiting = rest.ask("POST", "/api/v1/jobs", body=job).json
    assert waiting["state"] == "queued"
    assert rest.ask("POST", "/api/v1/workers/alone/resume").json["state"] == "online"
    assert rest.ask("GET", f"/api/v1/jobs/{waiting['id']}").json["state"] == "starting"


def test_a_node_is_labelled_and_the_labels_are_taken_away(rest: Head, tmp_path) -> None:
    rest.join("tagged")

    def label(changes: object, node: str = "tagged"):
        return rest.ask("POST", f"/api/v1/workers/{node}/labels", body={"labels": changes})

    assert label({"rack": "a", "switch": "s1"}).json["labels"] == {"rack": "a", "switch": "s1"}
    assert label({"rack": "b", "switch": None, "never": None}).json["labels"] == {"rack": "b"}
    assert rest.ask("GET", "/api/v1/workers/tagged").json["labels"] == {"rack": "b"}
    for wrong in ({}, {"ra ck": "a"}, {"rack": ""}, {"rack": "a b"}, {"": None}, {f"l{n}": "x" for n in range(33)}):
        refused = label(wrong)
        assert (refused.status, refused.json["detail"].partition(":")[0]) == (422, "labels"), wrong
    assert label({"rack": 7}).status == 422
    assert label({"rack": "a"}, "nobody").status == 404
    assert label({"rack": "a"}, knock(rest, tmp_path, "asking")).status == 409
    events = rest.ask("GET", "/api/v1/events?limit=1000").json["items"]
    told = [event["text"] for event in events if event["kind"] == "node.labels"]
    assert told == [
        "tagged is labelled rack=a and switch=s1.",
        "tagged is labelled rack=b and is no longer labelled switch.",
    ]


def test_a_removed_node_is_gone(rest: Head) -> None:
    rest.join("old")
    assert rest.ask("DELETE", "/api/v1/workers/old").status == 204
    assert rest.ask("GET", "/api/v1/workers/old").status == 404
    assert rest.ask("DELETE", "/api/v1/workers/old").status == 404


def test_a_machine_is_let_in_by_the_words_on_its_screen_and_by_no_others(rest: Head, tmp_path) -> None:
    node = knock(rest, tmp_path, "fresh")
    seen = rest.ask("GET", f"/api/v1/workers/{node}").json
    assert (seen["state"], len(seen["words"].split())) == ("pending", 8)
    for wrong in ("", "abandon " * 8, seen["words"].rpartition(" ")[0]):
        assert rest.ask("POST", f"/api/v1/workers/{node}/approve", body={"words": wrong}).status == 422
    assert rest.ask("POST", f"/api/v1/workers/{node}/drain").status == 409
    approved = rest.ask("POST", f"/api/v1/workers/{node}/approve", body={"words": seen["words"]})
    assert (approved.status, approved.json["id"]) == (200, node)
    kinds = [event["kind"] for event in rest.ask("GET", "/api/v1/events?limit=1000").json["items"]]
    assert "node.approved" in kinds


def test_a_machine_that_asks_can_be_denied(rest: Head, tmp_path) -> None:
    node = knock(rest, tmp_path, "stranger")
    assert rest.ask("DELETE", f"/api/v1/workers/{node}").status == 204
    assert rest.ask("GET", f"/api/v1/workers/{node}").status == 404


def test_a_join_token_is_whole_good_for_a_while_and_recorded_without_its_secret(rest: Head) -> None:
    made = rest.ask("POST", "/api/v1/join-tokens")
    assert made.status == 201
    token = parse_join_token(made.json["token"])
    assert made.json["expires"] > rest.now()
    events = rest.ask("GET", "/api/v1/events?limit=1000").json["items"]
    told = [event["text"] for event in events if event["kind"] == "token.created"]
    assert any(token.id in text for text in told)
    assert not any(made.json["token"] in text for text in told)
