"""One rank's output: from its pipe to `logs/rank-N.log`, byte for byte, with an index of when each part came.

Loaded by the shim: standard library only, Python 3.9, no import of the package. The index holds pairs of (time,
end offset) as a float64 and an unsigned 64-bit integer, little-endian. Under a flood it gets at most a hundred
entries a second; otherwise one for every read. An entry is written after the bytes it speaks of.
"""

from __future__ import annotations

import os
import struct
import time

ENTRY = struct.Struct("<dQ")
PACE = 0.01  # seconds between two entries, and between two notices to the agent, while output keeps coming
CHUNK = 1 << 16
FINAL_READS = 64  # a pipe's content, with room to spare: a writer that outlived its rank is not waited for


class Capture:
    """Reads `pipe` (non-blocking) into `<stem>.log`; past `limit` bytes it goes on reading, and counts."""

    def __init__(self, pipe: int, stem: str, limit: int) -> None:
        self.pipe = pipe
        self.limit = limit
        self.dropped = 0
        self.due: float | None = None  # when an index entry is owed, on the monotonic clock
        self._last = 0.0
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log = os.open(stem + ".log", flags, 0o600)
        self._index = os.open(stem + ".idx", flags, 0o600)
        self.size = self.indexed = os.fstat(self._log).st_size
        self._buffer = bytearray(CHUNK)

    def pump(self) -> int:
        """Take what one read gives. Returns the bytes read; 0 at the end of the output, -1 if none are there yet."""
        try:
            count = os.readv(self.pipe, [self._buffer])
        except BlockingIOError:
            return -1
        if count:
            self._append(memoryview(self._buffer)[:count])
            if time.monotonic() - self._last >= PACE:
                self.index()
            elif self.due is None:
                self.due = self._last + PACE
        return count

    def drain(self) -> None:
        """Take all that is in the pipe now."""
        for _ in range(FINAL_READS):
            if self.pump() <= 0:
                break
        self.index()

    def index(self) -> None:
        """Write the entry that is owed, if the log grew."""
        self.due = None
        if self.size > self.indexed:
            self._last, self.indexed = time.monotonic(), self.size
            try:
                os.write(self._index, ENTRY.pack(time.time(), self.size))
            except OSError:
                pass  # a full disk: the log keeps its bytes, only their time is lost

    def say(self, sentence: str) -> None:
        """Add a line of our own, marked as such."""
        self._write(memoryview(f"[tensorfleet] {sentence}\n".encode(errors="replace")))
        self.index()

    def close(self) -> None:
        """Write the mark for dropped output, if any was, and let go of the files."""
        if self.dropped:
            self.say(f"log limit reached, {self.dropped} bytes dropped")
        for descriptor in (self.pipe, self._log, self._index):
            os.close(descriptor)

    def _append(self, data: memoryview) -> None:
        room = max(0, self.limit - self.size)
        kept = self._write(data[:room]) if room else 0
        self.dropped += len(data) - kept

    def _write(self, data: memoryview) -> int:
        done = 0
        while done < len(data):
            try:
                done += os.write(self._log, data[done:])
            except OSError:
                break  # a full disk: the rank must not block on it, so the rest counts as dropped
        self.size += done
        return done
