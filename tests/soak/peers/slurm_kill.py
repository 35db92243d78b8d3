"""Jobs that Debian's Slurm acknowledged (`sbatch` exited with 0), and does not know after a kill -9 of slurmctld.

A munged, a slurmctld and a slurmd of its own on the loopback, with everything of theirs in a temporary directory. The
jobs are submitted held, so that none ends meanwhile.

Usage: slurm_kill.py [--kills N] [--submitters N] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from figures import not_installed, tell

WHAT = "slurm: kill -9 of slurmctld under submissions"
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")

CONF = """\
ClusterName=peer
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
MaxJobCount=200000
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Slurm:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._environment = {**os.environ, "SLURM_CONF": str(root / "slurm.conf")}
        self._started: list[subprocess.Popen[bytes]] = []
        for name in ("state", "spool"):
            (root / name).mkdir()
        root.chmod(0o755)
        host = socket.gethostname().partition(".")[0]
        ports = {"ctld_port": free_port(), "slurmd_port": free_port()}
        (root / "slurm.conf").write_text(CONF.format(root=root, host=host, **ports))
        subprocess.run(["mungekey", "--create", "--keyfile", str(root / "munge.key")], check=True)
        files = {name: str(root / f"munge.{name}") for name in ("key", "socket", "pid", "log", "seed")}
        flags = [f"--{name}-file={files[name]}" for name in ("key", "pid", "log", "seed")]
        self._start("munged", "--foreground", "--force", f"--socket={files['socket']}", *flags)
        self._wait(lambda: Path(files["socket"]).exists(), "munged")
        self.control = self._start("slurmctld", "-D")
        self._start("slurmd", "-D", "-N", host)
        self._wait(self.answers, "slurmctld")

    def kill(self) -> float:
        """Kills slurmctld and starts it again; the seconds until it answers."""
        began = time.monotonic()
        self.control.kill()
        self.control.wait()
        self.control = self._start("slurmctld", "-D")
        self._wait(self.answers, "slurmctld after a kill")
        return time.monotonic() - began

    def answers(self) -> bool:
        return "is UP" in self._run("scontrol", "ping").stdout

    def submit(self) -> str:
        """The id of a new job, or nothing when it was not acknowledged."""
        done = self._run("sbatch", "--parsable", "--hold", "--output=/dev/null", "--chdir=/", "--wrap=true")
        return done.stdout.strip() if done.returncode == 0 else ""

    def known(self) -> set[str]:
        return set(self._run("squeue", "--noheader", "--format=%A").stdout.split())

    def close(self) -> None:
        for process in reversed(self._started):
            process.kill()
            process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with open(self._root / f"{command[0]}.out", "ab") as out:
            started = subprocess.Popen(command, stdout=out, stderr=out, env=self._environment, start_new_session=True)
        self._started.append(started)
        return started

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, env=self._environment, check=False, timeout=120)

    def _wait(self, what: object, why: str) -> None:
        deadline = time.monotonic() + 60
        assert callable(what)
        while not what():
            if time.monotonic() > deadline:
                said = "".join(path.read_text()[-800:] for path in self._root.glob("*.out"))
                raise SystemExit(f"{why} does not answer: {said}")
            time.sleep(0.02)


def submit(slurm: Slurm, over: threading.Event, acknowledged: list[str]) -> None:
    while not over.is_set():
        if job := slurm.submit():
            acknowledged.append(job)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--submitters", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    missing = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    if missing or os.geteuid() != 0:
        return not_installed(WHAT, f"{', '.join(missing) or 'it takes root'} (Debian: slurm-wlm)")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    chance = random.Random(arguments.seed)
    times: list[float] = []
    acknowledged: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        slurm = Slurm(Path(folder))
        over = threading.Event()
        threads = [
            threading.Thread(target=submit, args=(slurm, over, acknowledged)) for _ in range(arguments.submitters)
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in range(arguments.kills):
                due = time.monotonic() + chance.uniform(1.0, 3.0)
                while time.monotonic() < due:
                    time.sleep(0.001)
                times.append(slurm.kill())
            over.set()
            for thread in threads:
                thread.join()
            # A job that got an id which had been given before stands for both; one of them is lost.
            lost = len(acknowledged) - len(set(acknowledged) & slurm.known())
            repeated = len(acknowledged) - len(set(acknowledged))
        finally:
            over.set()
            slurm.close()
    tell(WHAT, times, n=len(acknowledged), kills=arguments.kills, lost=lost, ids_given_twice=repeated)
    return None


if __name__ == "__main__":
    main()
