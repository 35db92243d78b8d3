"""Disks that fail, under the store's own SQL: apsw's virtual file systems, in a coat of sqlite3's.

`Recorded` remembers which writes were synced, so that a power cut can be had at any time; `Failing` fails one call.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from pathlib import Path

import apsw

SECTOR = 512
CODES = {type(apsw.exception_for(code)): code for code in range(1, 27)}
_names = itertools.count()


class Coat:
    """As much of sqlite3.Connection as the store uses, over apsw. swap: replaces statements, to try other settings."""

    def __init__(self, path, vfs, swap=None):
        self._swap = swap or {}
        self._db = self._named(apsw.Connection, str(path), vfs=vfs)

    def execute(self, sql, values=()):
        return Rows(self._named(lambda: list(self._db.execute(self._swap.get(sql, sql), values))))

    def executemany(self, sql, rows):
        before = self._db.total_changes()
        self._named(lambda: list(self._db.executemany(sql, rows)))
        return Rows([], self._db.total_changes() - before)

    @property
    def in_transaction(self):
        return self._db.in_transaction

    def close(self):
        self._named(self._db.close)

    @staticmethod
    def _named(call, *args, **kwargs):
        try:
            return call(*args, **kwargs)
        except apsw.Error as error:
            translated = sqlite3.OperationalError(str(error))
            translated.sqlite_errorcode = CODES[type(error)]
            raise translated from error


class Rows(list):
    def __init__(self, rows, rowcount=-1):
        super().__init__(rows)
        self.rowcount = rowcount

    def fetchall(self):
        return self

    def fetchone(self):
        return self[0] if self else None


class Image:
    """What a file surely holds, and the writes since that a power cut may keep, lose or tear."""

    def __init__(self, content):
        self.synced = bytearray(content)
        self.loose = []

    def write(self, offset, data):
        self.loose.append((offset, bytes(data)))

    def sync(self):
        for offset, data in self.loose:
            self._apply(self.synced, offset, data)
        self.loose.clear()

    def after_a_cut(self, chance):
        content = bytearray(self.synced)
        loose = list(self.loose)
        chance.shuffle(loose)
        for offset, data in loose:
            for start in range(0, max(len(data or b""), 1), SECTOR):
                if chance.random() < 0.5:
                    self._apply(content, offset + start, data[start : start + SECTOR])
        return bytes(content)

    @staticmethod
    def _apply(content, offset, data):
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        content[offset : offset + len(data)] = data


class Recorded(apsw.VFS):
    def __init__(self):
        self.name = f"recorded-{next(_names)}"
        self.images = {}
        super().__init__(self.name, "")

    def xOpen(self, name, flags):  # apsw's names, here and below
        return RecordedFile(self, name, flags)

    def xDelete(self, name, sync_directory):
        self.images.pop(name, None)
        super().xDelete(name, sync_directory)

    def cut(self, target, seed):
        """What a disk would hold after losing power now, as files under `target`."""
        chance = random.Random(seed)
        target.mkdir()
        for name, image in self.images.items():
            (target / Path(name).name).write_bytes(image.after_a_cut(chance))


class RecordedFile(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.image = vfs.images.setdefault(path, Image(Path(path).read_bytes()))

    def xWrite(self, data, offset):
        self.image.write(offset, data)
        super().xWrite(data, offset)

    def xTruncate(self, size):
        self.image.sync()
        del self.image.synced[size:]
        super().xTruncate(size)

    def xSync(self, flags):
        self.image.sync()
        super().xSync(flags)


class Failing(apsw.VFS):
    """The call number `at` (writes and syncs count) raises `error`, and `lasting` calls after it do."""

    def __init__(self, error, at, lasting=0):
        self.name = f"failing-{next(_names)}"
        self.error = error
        self.bad = range(at, at + lasting + 1)
        self.calls = 0
        super().__init__(self.name, "")

    def xOpen(self, name, flags):
        return FailingFile(self, name, flags)

    def call(self):
        self.calls += 1
        if self.calls in self.bad:
            raise self.error("on purpose")


class FailingFile(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        self.vfs = vfs

    def xWrite(self, data, offset):
        self.vfs.call()
        super().xWrite(data, offset)

    def xSync(self, flags):
        self.vfs.call()
        super().xSync(flags)
