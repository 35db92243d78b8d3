"""Copies the SDK to where another Python environment can import it.

The agent puts the result on PYTHONPATH of ranks whose environment has no TensorFleet. Several agents on one machine, of
several versions, may do so at once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Dict, List

_PACKAGE = Path(__file__).absolute().parent.parent


def export_sdk(target: Path) -> None:
    """Makes `import tensorfleet` work for whoever has `target` on the path: the SDK, without the rest of the package.

    `target/tensorfleet` becomes a symlink to `target/.tensorfleet-<digest of the content>`, both put in place by a
    rename: whoever imports at the same moment sees the old files or the new ones, never half of them. Files that are
    there already are not written again. Copies of other versions stay, for the ranks that still import from them.
    Raises OSError where the disk does not allow it.
    """
    files = {path.relative_to(_PACKAGE): path.read_bytes() for path in _sources()}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(b"%s\0%d\0%s" % (os.fsencode(name), len(content), content))
    target.mkdir(parents=True, exist_ok=True)
    copy = target / f".tensorfleet-{digest.hexdigest()[:20]}"
    if not copy.is_dir():
        _put(files, copy)
    _point(target / "tensorfleet", copy.name)


def _sources() -> List[Path]:
    return [_PACKAGE / "__init__.py", *sorted((_PACKAGE / "train").glob("*.py"))]


def _put(files: Dict[Path, bytes], copy: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".new-", dir=copy.parent) as staging:
        fresh = Path(staging) / copy.name
        for name, content in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            with (fresh / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # the name promises the content, after a power cut too
            # Jobs may run as other users than the agent, whatever its umask.
            (fresh / name).chmod(0o644)
            (fresh / name).parent.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:
            if not copy.is_dir():  # where it is, another agent was faster with the same content
                raise


def _point(link: Path, name: str) -> None:
    if link.is_symlink() and link.readlink() == Path(name):
        return
    with tempfile.TemporaryDirectory(prefix=".new-", dir=link.parent) as staging:
        fresh = Path(staging) / link.name
        fresh.symlink_to(name)
        fresh.replace(link)
