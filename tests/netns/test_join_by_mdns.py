"""Joining a head that nobody named: found by mDNS, believed by its certificate only."""

from __future__ import annotations

import sys
from pathlib import Path

from lab import Host, Lab

HERE = Path(__file__).parent


def serve(host: Host, folder: Path, claimed: str = "") -> tuple[str, str]:
    """The join token and the fingerprint of a head at `host`."""
    process = host.start(sys.executable, str(HERE / "serve_head.py"), str(folder), *([claimed] if claimed else []))
    assert process.stdout
    token, fingerprint = process.stdout.readline().split()
    return token, fingerprint


def join(host: Host, folder: Path, *token: str) -> list[str]:
    # No head on the agent's own machine: the usual data directory is an empty one.
    nowhere = {"TENSORFLEET_DATA_DIR": str(folder / "no-head")}
    done = host.run(sys.executable, str(HERE / "join_head.py"), str(folder), *token, env=nowhere)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_agent_joins_its_tokens_head_and_follows_no_impostor(tmp_path: Path) -> None:
    with Lab(4) as lab:
        one, other, impostor, agent = lab.hosts
        token, fingerprint = serve(one, tmp_path / "one")
        serve(other, tmp_path / "other")
        assert join(agent, tmp_path / "nobody") == ["invalid_request"]
        node_id, pinned = join(agent, tmp_path / "agent", token)
        assert node_id.startswith("n")
        assert pinned == fingerprint
        one.cut()
        serve(impostor, tmp_path / "impostor", claimed=fingerprint)
        assert join(agent, tmp_path / "agent") == ["head_unreachable"]
        assert join(agent, tmp_path / "fresh", token) == ["not_authenticated"]
        one.mend()
        assert join(agent, tmp_path / "agent") == [node_id, fingerprint]
