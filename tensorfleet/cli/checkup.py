"""What `tensorfleet doctor` looks at, one function a subject. None of them changes anything or raises."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import msgspec

from tensorfleet.client import Client
from tensorfleet.errors import AlreadyRunning, TensorFleetError

DAY: Final = 86400.0
GIB: Final = 2**30
SKEW: Final = 5.0
"""Seconds that two clocks may differ before logs of several machines are hard to read."""

Level = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """text: a sentence. hint: what to do about it; empty where there is nothing to do."""

    check: str
    level: Level
    text: str
    hint: str = ""


def data_dir(place: Path) -> Iterator[Finding]:
    from tensorfleet.store.volume import check_volume

    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data directory", "fail", f"{place} cannot be read and written.", "Check who owns it.")
        return
    open_to_all = place.stat().st_mode & 0o077
    try:
        warnings = check_volume(place, force=True, allow_volatile=True)
    except TensorFleetError as error:
        warnings = (error.detail,)
    for warning in warnings:
        yield Finding("data directory", "warn", warning, "Move it to a local disk.")
    if open_to_all:
        yield Finding("data directory", "warn", f"Others may look into {place}.", f"chmod 700 {place}")
    if not warnings and not open_to_all:
        yield Finding("data directory", "ok", f"{place} is on a local disk and for its owner only.")


def disk(place: Path) -> Iterator[Finding]:
    total, _, free = shutil.disk_usage(place)
    text = f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free under {place}."
    level: Level = "fail" if free < 64 * 2**20 else "warn" if free < min(2 * GIB, total // 10) else "ok"
    yield Finding("disk", level, text, "" if level == "ok" else "Free some space there.")


def store(place: Path) -> Iterator[Finding]:
    """The head's documents; read only while no head holds them."""
    from tensorfleet.store.lock import DirectoryLock
    from tensorfleet.store.tinydb import FILE, LOCK

    lock = DirectoryLock(place / LOCK)
    try:
        lock.take()
    except AlreadyRunning:
        yield Finding("store", "ok", "A head runs on it, which checked each document when it started.")
        return
    except OSError as error:
        yield Finding("store", "fail", f"{place / LOCK}: {error.strerror}.", "Check who owns it.")
        return
    try:
        with closing(sqlite3.connect(place / FILE)) as base:
            said = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        said = str(error)
    finally:
        lock.release()
    if said == "ok":
        yield Finding("store", "ok", f"{place / FILE} is whole.")
    else:
        yield Finding(
            "store", "fail", f"{place / FILE} is damaged: {said}.", "tensorfleet restore BACKUP --data-dir NEW"
        )


def quarantine(place: Path) -> Iterator[Finding]:
    """Jobs that the head has set aside because they took it down."""
    from tensorfleet.head.quarantine import entries

    for job, entry in entries(place).items():
        yield Finding("quarantine", "warn", f"Job {job} is set aside: {entry.why}", "Tell us; its document is kept.")


def certificates(place: Path, names: tuple[str, ...]) -> Iterator[Finding]:
    from cryptography import x509

    for name in names:
        file = place / name
        if not file.exists():
            continue
        try:
            ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
        except (ValueError, OSError) as error:
            yield Finding("certificates", "fail", f"{file} cannot be read: {error}.", "Restore a backup, or join anew.")
            continue
        left = (ends - dt.datetime.now(dt.UTC)).total_seconds() / DAY
        if left < 0:
            hint = "Restart the head." if name == "server.pem" else "Join the fleet anew with a token."
            yield Finding("certificates", "fail", f"{file} ran out on {ends:%Y-%m-%d}.", hint)
        elif left < 1:
            yield Finding("certificates", "warn", f"{file} runs out in {left * 24:.0f} h.", "Is the head reachable?")
        else:
            yield Finding("certificates", "ok", f"{file} is good for {left:.0f} days.")


def ports(numbers: tuple[int, ...]) -> Iterator[Finding]:
    """Whether a head that does not run now could listen."""
    for number in numbers:
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                text = f"Port {number} cannot be used: {error.strerror}."
                yield Finding("ports", "warn", text, "Stop what uses it, or give the head another port.")
            else:
                yield Finding("ports", "ok", f"Port {number} is free.")


def head(connect: Callable[[], Client]) -> Iterator[Finding]:
    """Whether the head answers, and whether its clock and this one agree."""
    try:
        client = connect()
        health = client.health()
        answer = client.transport.open("GET", "/health")
        answer.read()
        answer.release_conn()
    except TensorFleetError as error:
        yield Finding("head", "fail", error.detail, error.hint)
        return
    yield Finding("head", "ok", f"{client.url} answers; it is version {health.version}.")
    if health.disk != "ok":
        level: Level = "fail" if health.disk == "full" else "warn"
        yield Finding("head's disk", level, f"It is {health.disk}.", "Free some space on the head's machine.")
    skew = abs(time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp())
    level = "ok" if skew < SKEW else "warn"
    text = f"This clock and the head's differ by {skew:.0f} s."
    yield Finding("clock", level, text, "" if level == "ok" else "Set both by NTP.")


def dials(targets: tuple[str, ...]) -> Iterator[Finding]:
    """Whether the head's port for agents is open, where this agent reached it before."""
    for target in targets[:1]:
        host, _, port = target.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
        except OSError as error:
            hint = "Is the head running, and its port open in the firewall?"
            yield Finding("agents' port", "fail", f"{target} does not answer: {error}.", hint)
        else:
            yield Finding("agents' port", "ok", f"{target} answers.")


def containment() -> Iterator[Finding]:
    from tensorfleet.agent.ranks.containment import probe

    found = probe()
    hint = "" if found.tree else "Start the agent as root, or by systemd with Delegate=yes."
    yield Finding("containment", "ok" if found.tree else "warn", found.sentence, hint)


def gpus() -> Iterator[Finding]:
    from tensorfleet.agent.probes.nvml import NvmlGpus

    probe = NvmlGpus()
    try:
        found = probe.inventory()
    finally:
        probe.close()
    if found:
        models = ", ".join(sorted({gpu.model for gpu in found}))
        yield Finding("gpus", "ok", f"{len(found)}: {models}.")
    elif Path("/proc/driver/nvidia").exists():
        yield Finding("gpus", "fail", f"There is a driver, and no GPU can be used: {probe.note}", "See nvidia-smi.")
    else:
        yield Finding("gpus", "ok", "None on this machine; it gives CPU slots.")


def python() -> Iterator[Finding]:
    try:
        yield Finding("python", "ok", f"{sys.executable}, torch {version('torch')}.")
    except PackageNotFoundError:
        text = f"{sys.executable} has no torch; jobs without an environment of their own get this Python."
        yield Finding("python", "warn", text, "Install torch there, or name `python: {venv: …}` in job files.")


def names() -> Iterator[Finding]:
    host = socket.gethostname()
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        text = f"This machine does not find its own name {host}."
        yield Finding("names", "warn", text, "Add it to DNS or /etc/hosts; PyTorch may ask for it.")
    else:
        yield Finding("names", "ok", f"This machine finds its own name {host}.")
