"""A machine without a token, and a researcher on yet another: words compared on two screens, a fingerprint once."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

from hosted import COMMAND, Head, wait_for
from lab import Host, Lab


def test_words_are_compared_on_both_screens_and_the_machine_works(tmp_path: Path) -> None:
    with Lab(3) as lab:
        head = Head(lab.hosts[0], tmp_path / "head")
        head.start()
        with Screen(lab.hosts[1], tmp_path / "node", "agent", "--name", "rack", "--slots", "1", "--no-warm") as screen:
            said = screen.until("are they the same? [y/N] ")
            found = re.search(r'--words "([a-z ]+)"', said)
            assert found, said
            assert found[1] in head.ask("nodes"), "the head shows the same words"
            refused = lab.hosts[0].run(
                COMMAND, "node", "approve", "rack", "--words", "some other words", env=head.environment
            )
            assert refused.returncode != 0
            head.ask("node", "approve", "rack", "--words", found[1])
            screen.type("y\n")
            wait_for(lambda: head.nodes() == {"rack": "online"}, "the node is online")
            _a_researcher_on_another_machine(lab.hosts[2], tmp_path, head)


def _a_researcher_on_another_machine(host: Host, tmp_path: Path, head: Head) -> None:
    """Logs in over TLS from where neither the key nor the CA is, and runs a script that lies there."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (work / "train.py").write_text("print('trained')")
    env = {"HOME": str(home), "TENSORFLEET_DATA_DIR": str(home / "none")}
    url, fingerprint = f"https://{head.host.address}:7337", head.about["ca"]
    key = head.ask("keys", "create", "ann", "--role", "member").split()[-1]
    wrong = host.run(COMMAND, "login", url, "--api-key", key, "--ca-fingerprint", "0" * 64, env=env)
    assert wrong.returncode == 4
    done = host.run(COMMAND, "login", url, "--api-key", key, "--ca-fingerprint", fingerprint, env=env)
    assert done.returncode == 0, done.stderr
    ran = host.run(COMMAND, "run", "--workdir", str(work), "--", "python3", "train.py", env=env)
    assert (ran.returncode, ran.stdout) == (0, "trained\n"), ran.stderr
    assert "ann" in head.ask("ps", "--all")


class Screen:
    """A command with a terminal of its own."""

    def __init__(self, host: Host, home: Path, *arguments: str) -> None:
        self._own, theirs = pty.openpty()
        env = {**os.environ, "HOME": str(home), "TENSORFLEET_DATA_DIR": str(home / "data")}
        command = host.command(COMMAND, *arguments)
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(15)
        os.close(self._own)

    def until(self, text: str) -> str:
        """What is on the screen once `text` is."""
        said = b""
        while text.encode() not in said:
            said += os.read(self._own, 4096)
        return said.decode().replace("\r\n", "\n")

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())
