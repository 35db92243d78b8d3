"""`tensorfleet login`: trusting a head by its fingerprint, and coming back without saying anything."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from process.fleet import COMMAND, Fleet


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A head that speaks TLS, on another address of the loopback network."""
    fleet = Fleet(tmp_path_factory.mktemp("tls"))
    try:
        fleet.start_head("--host", "127.0.0.2")
        yield fleet
    finally:
        fleet.__exit__(None, None, None)


def command(home: Path, *args: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """A command of somebody on another machine: a home of his own, and no data directory of the head."""
    env = {**os.environ, "HOME": str(home)}
    for name in ("TENSORFLEET_DATA_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        env.pop(name, None)
    return subprocess.run(
        [COMMAND, *args], env=env, input=typed, capture_output=True, text=True, timeout=30, check=False
    )


def test_over_tls_the_fingerprint_decides(secured: Fleet, tmp_path: Path) -> None:
    url, key = secured.url, (secured.data / "admin.key").read_text().strip()
    assert url.startswith("https://127.0.0.2:")
    untrusted = command(tmp_path, "ps", "--url", url, "--api-key", key)
    assert untrusted.returncode == 3
    assert "is not trusted" in untrusted.stderr
    assert "tensorfleet login" in untrusted.stderr
    wrong = command(tmp_path, "login", url, "--api-key", key, "--ca-fingerprint", "ab" * 32)
    assert wrong.returncode == 4
    assert "Nothing was sent" in wrong.stderr
    nobody = command(tmp_path, "login", url, "--api-key", key)
    assert nobody.returncode == 2
    assert str(secured.about["ca"]) in nobody.stderr
    done = command(tmp_path, "login", url, "--api-key", key, "--ca-fingerprint", str(secured.about["ca"]))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".config/tensorfleet/config.toml").stat().st_mode & 0o777 == 0o600
    assert command(tmp_path, "ps").returncode == 0


def test_on_a_terminal_it_is_asked(secured: Fleet, tmp_path: Path) -> None:
    key = (secured.data / "admin.key").read_text().strip()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["HOME"] = str(tmp_path)
        os.execv(sys.executable, [sys.executable, COMMAND, "login", secured.url, "--api-key", key])
    said = b""
    while b"[y/N]" not in said:
        said += os.read(terminal, 4096)
    os.write(terminal, b"y\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert status == 0
    assert str(secured.about["ca"])[:8].encode() in said
    assert command(tmp_path, "nodes").returncode == 0


def test_the_owner_on_the_heads_machine_needs_nothing(secured: Fleet) -> None:
    assert secured.run("ps").returncode == 0


def test_a_login_link_is_enough(fleet: Fleet, tmp_path: Path) -> None:
    link = f"{fleet.url}/login?token={fleet.client.login_token().token}"
    done = command(tmp_path, "login", link)
    assert done.returncode == 0, done.stderr
    assert f"Logged in to {fleet.url}" in done.stdout
    assert command(tmp_path, "ps").returncode == 0
    again = command(tmp_path, "login", link)
    assert again.returncode == 4


def test_a_wrong_key_is_not_saved(fleet: Fleet, tmp_path: Path) -> None:
    assert command(tmp_path, "login", fleet.url, "--api-key", "tfk_wrong").returncode == 4
    assert command(tmp_path, "ps").returncode == 3


def test_web_prints_a_link_that_signs_in_once(fleet: Fleet) -> None:
    link = fleet.run("web").stdout.strip()
    token = link.rpartition("token=")[2]
    assert link.startswith(f"{fleet.url}/login?token=tfl_")
    assert [_signs_in(fleet, token) for _ in range(2)] == [303, 401]


def _signs_in(fleet: Fleet, token: str) -> int:
    headers = {"Origin": fleet.url, "Content-Type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", f"{fleet.url}/login", body=f"token={token}", headers=headers, redirect=False).status
