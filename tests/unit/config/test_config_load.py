"""Settings: file < environment < flags, each value with the place it came from, each mistake in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.config.agent import AgentSettings, load_agent
from tensorfleet.config.head import HeadSettings, load_head
from tensorfleet.config.load import load
from tensorfleet.errors import InvalidRequest, NotFound


def test_the_later_place_wins_and_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "head.toml"
    file.write_text('http_port = 1\nrpc_port = 2\nmdns = false\nhost = "10.0.0.1"\n')
    environ = {"TENSORFLEET_HEAD_RPC_PORT": "3", "TENSORFLEET_HEAD_HOST": "10.0.0.2", "TENSORFLEET_HEAD_LOG_LEVEL": ""}
    loaded = load(HeadSettings, "TENSORFLEET_HEAD_", {"host": "10.0.0.3", "log_json": None}, file, environ)
    settings = loaded.settings
    assert (settings.http_port, settings.rpc_port, settings.host, settings.mdns) == (1, 3, "10.0.0.3", False)
    assert loaded.origins["http_port"] == str(file)
    assert loaded.origins["rpc_port"] == "$TENSORFLEET_HEAD_RPC_PORT"
    assert loaded.origins["host"] == "--host"
    assert loaded.origins["log_level"] == "the default"
    assert "http_port = 1    from " + str(file) in loaded.lines()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"http_port": 70000}, "http_port: 70000 is not a port"),
        ({"rpc_port": -1}, "rpc_port: -1 is not a port"),
        ({"http_port": 5, "rpc_port": 5}, "are both 5"),
        ({"store": "oracle"}, "store: 'oracle' is not known"),
        ({"log_level": "loud"}, "log_level from --log-level"),
    ],
)
def test_a_wrong_flag_of_the_head_is_one_sentence(flags: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        load_head(flags)


def test_labels_of_a_node_are_pairs() -> None:
    assert load_agent({"labels": "rack=a,switch=s1"}).settings.labels == "rack=a,switch=s1"
    for wrong in ("rack", "rack=a,rack=b", "ra ck=a", "rack="):
        with pytest.raises(InvalidRequest, match="labels: "):
            load_agent({"labels": wrong})


def test_both_ports_may_be_any_free_one() -> None:
    assert load_head({"http_port": 0, "rpc_port": 0}).settings.http_port == 0


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"http_port from \$TENSORFLEET_HEAD_HTTP_PORT"):
        load(HeadSettings, "TENSORFLEET_HEAD_", {}, None, {"TENSORFLEET_HEAD_HTTP_PORT": "many"})


def test_an_unknown_key_of_a_file_offers_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "head.toml").write_text("http_prot = 1\n")
    with pytest.raises(InvalidRequest, match="unknown setting") as caught:
        load_head({}, tmp_path / "head.toml")
    assert caught.value.hint == "Did you mean `http_port`?"
    with pytest.raises(NotFound):
        load_head({}, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"name": "a\nb"}, "is not a name"),
        ({"name": "x" * 10_000}, "is not a name"),
        ({"slots": -1}, "slots: -1"),
        ({"slots": 2**63}, "slots"),
        ({"fake_gpus": 65}, "fake_gpus: 65"),
        ({"head": "http://x:1"}, "is not an address"),
        ({"head": "x:99999"}, "is not an address"),
    ],
)
def test_a_wrong_flag_of_the_agent_is_one_sentence(flags: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        load_agent(flags)


def test_a_token_may_lie_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "join.token"
    file.write_text("tfj1_secret\n")
    loaded = load_agent({"join": f"@{file}"})
    assert loaded.settings.join == "tfj1_secret"
    assert "secret" not in repr(loaded.settings) + "".join(loaded.lines())
    with pytest.raises(NotFound, match="does not exist"):
        AgentSettings(join=f"@{tmp_path / 'none'}")
    file.write_text(" \n")
    with pytest.raises(InvalidRequest, match="is empty"):
        AgentSettings(join=f"@{file}")


def test_an_agent_with_a_name_has_a_directory_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TENSORFLEET_DATA_DIR", str(tmp_path))
    assert load_agent({}).settings.data_dir == tmp_path / "agent"
    assert load_agent({"name": "b"}).settings.data_dir == tmp_path / "agent-b"
    assert load_agent({"name": "b", "data_dir": tmp_path / "x"}).settings.data_dir == tmp_path / "x"
