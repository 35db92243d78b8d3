"""Which Python runs a job, and whether it can `import tensorfleet`.

Without a `venv` it is the agent's own. A virtual environment is looked at once per state of its interpreter; where
TensorFleet is not installed there, its dependency-free SDK is put on the path instead.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from tensorfleet.errors import InvalidRequest
from tensorfleet.train.export import export_sdk

PATIENCE = 20.0
"""Seconds an interpreter has to answer."""


@dataclass(frozen=True, slots=True)
class Python:
    """bin: the directory to search first. sdk: a directory for PYTHONPATH, or empty."""

    bin: str
    sdk: str = ""


class Pythons:
    """sdk_dir: where the SDK is laid out for environments that lack it."""

    def __init__(self, sdk_dir: Path) -> None:
        self._sdk_dir = sdk_dir
        self._known: dict[tuple[str, int], Python] = {}

    async def check(self, venv: str) -> None:
        """Raises InvalidRequest when `venv` is not a virtual environment of this node."""
        await self.find(venv)

    async def find(self, venv: str) -> Python:
        """The Python of `venv`, or the agent's own for "". Raises InvalidRequest."""
        if not venv:
            return Python(str(Path(sys.executable).parent))
        interpreter = Path(venv, "bin", "python")
        try:
            key = (venv, (await asyncio.to_thread(interpreter.stat)).st_mtime_ns)
        except OSError as error:
            raise InvalidRequest(f"there is no virtual environment at {venv} on this node.") from error
        if key not in self._known:
            self._known[key] = await self._look(interpreter)
        return self._known[key]

    async def _look(self, interpreter: Path) -> Python:
        question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('tensorfleet') is None)"
        process = await asyncio.create_subprocess_exec(
            str(interpreter),
            "-I",
            "-c",
            question,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                installed = await process.wait() == 0
        except TimeoutError:
            process.kill()
            await process.wait()
            raise InvalidRequest(f"{interpreter} does not answer.") from None
        if installed:
            return Python(str(interpreter.parent))
        await asyncio.to_thread(export_sdk, self._sdk_dir)
        return Python(str(interpreter.parent), str(self._sdk_dir))
