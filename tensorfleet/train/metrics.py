"""The append-only file through which a rank's numbers reach its agent.

`<run dir>/metrics/rank-<RANK>.jsonl`, one object a line:
`{"t": unix seconds, "step": int or null, "m": {name: float}}`, or `{"t": …, "phase": name, "in": true or false}`
where something long begins or ends.

One line is one `write(2)` on a descriptor opened with O_APPEND, so that threads and forked children (data loaders)
share the file without a lock that a fork could inherit locked. A line torn by a full disk is ended before the next
one begins; readers skip it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, Optional, Set, Tuple

MAX_NAME = 200
"""The longest metric name, in characters."""

MAX_LINE = 64 * 1024
"""The longest line, in bytes: some thousand metrics in one call."""

_MAX_KEYS = 4096
_LEAST_FD = 512
_CHECK_EVERY = 1.0  # seconds


class MetricsFile:
    """Appends lines for one rank. Never raises and never waits; what cannot be recorded is dropped.

    The first drop of each kind is told on stderr in one line, further ones are silent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._file: Optional[Tuple[int, int]] = None
        self._check_at = 0.0
        self._torn = False
        self._keys: Dict[Any, str] = {}
        self._told: Set[str] = set()

    def append(self, values: Dict[Any, Any], step: Any) -> None:
        """Records `values` at `step`; both may hold tensors and numpy scalars."""
        parts = []
        for name, value in values.items():
            key = self._keys.get(name) or self._key(name)
            number = value if type(value) is float else self._number(name, value)
            if not key or number is None:
                continue
            if math.isfinite(number):
                parts.append(key + repr(number))
            else:
                self.tell("finite", f"metric {name} is {number}; only finite numbers are recorded")
        if parts:
            now = time.time()
            at = "null" if step is None else self._step(step)
            self._write(('{"t":%.6f,"step":%s,"m":{%s}}\n' % (now, at, ",".join(parts))).encode("ascii"), now)

    def mark(self, phase: str, begins: bool) -> None:
        """Declares that something long begins or ends, so that nobody takes it for a hang."""
        now = time.time()
        line = '{"t":%.6f,"phase":%s,"in":%s}\n' % (now, json.dumps(phase[:MAX_NAME]), "true" if begins else "false")
        self._write(line.encode("ascii"), now)

    def tell(self, kind: str, sentence: str) -> None:
        """One warning on stderr for each `kind` of trouble, however often it happens."""
        if kind in self._told:
            return
        self._told.add(kind)
        try:
            sys.stderr.write(f"tensorfleet: {sentence} (told once)\n")
        except (OSError, ValueError, AttributeError):  # closed, or none at all
            pass

    def _key(self, name: Any) -> str:
        """The name as a JSON key with its colon, or nothing where it is no name."""
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
            self.tell("name", f"a metric name is 1 to {MAX_NAME} printable characters, not {name!a:.60}")
            return ""
        key = json.dumps(name) + ":"
        if len(self._keys) < _MAX_KEYS:  # names made anew each step must not fill the memory
            self._keys[name] = key
        return key

    def _number(self, name: Any, value: Any) -> Optional[float]:
        # A tensor's item() raises whatever its library likes, and a report must never end a training run.
        try:
            if hasattr(value, "item"):
                value = value.item()
            if isinstance(value, (str, bytes, bytearray)):  # float() would read them
                raise TypeError
            return float(value)
        except Exception:
            kind = type(value).__name__
            self.tell("type", f"metric {name!a:.60} is not one number but a {kind:.60}; dropped")
            return None

    def _step(self, step: Any) -> str:
        if type(step) is not int:
            number = self._number("step", step)
            step = int(number) if number is not None and math.isfinite(number) and number == int(number) else -1
        if 0 <= step < 2**63:
            return str(step)
        self.tell("step", "a step is a whole number from 0 to 2^63; recorded without it")
        return "null"

    def _write(self, line: bytes, now: float) -> None:
        if len(line) > MAX_LINE:
            self.tell("line", f"{len(line)} bytes of metrics in one call are over {MAX_LINE}; dropped")
            return
        data = b"\n" + line if self._torn else line
        try:
            if not self._check_at - _CHECK_EVERY <= now < self._check_at:
                self._ensure_open()
                self._check_at = now + _CHECK_EVERY
            written = os.write(self._fd, data)
            self._torn = written < len(data)
            if self._torn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._check_at = 0.0
            self.tell("write", f"metrics cannot be written to {self._path}: {error.strerror}")

    def _ensure_open(self) -> None:
        """Opens the file unless the descriptor still leads to it.

        Code that closes every descriptor it does not know would otherwise leave us with a number that comes to mean
        a file of the user's. Hence also the high number: the kernel hands out the lowest free one.
        """
        try:
            stat = os.fstat(self._fd)
            if (stat.st_dev, stat.st_ino) == self._file:
                if stat.st_nlink:
                    return
                os.close(self._fd)
        except OSError:  # not open
            pass
        self._fd = -1
        self._path.parent.mkdir(exist_ok=True)
        low = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._fd = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _LEAST_FD)
            os.close(low)
        except OSError:  # the process may not have that many
            self._fd = low
        stat = os.fstat(self._fd)
        self._file = (stat.st_dev, stat.st_ino)
