"""Which file systems a data directory may lie on."""

from pathlib import Path

import pytest

from tensorfleet.errors import InvalidRequest
from tensorfleet.store import volume
from tensorfleet.store.volume import Trust, check_volume, file_system, trust_of

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /home rw shared:2 - nfs4 server:/home rw
31 30 8:2 / /home/ann\040lee rw - xfs /dev/sdb1 rw
32 22 0:26 / /mnt rw - ext4 /dev/sdc1 rw
33 32 0:27 / /mnt rw master:3 - fuse.sshfs far: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x", "ext4"),
        ("/home/bob/x", "nfs4"),
        ("/home/ann lee/x", "xfs"),
        ("/home/ann leeward", "nfs4"),
        ("/mnt/x", "fuse.sshfs"),
        ("/mnt", "fuse.sshfs"),
    ],
)
def test_the_innermost_and_uppermost_mount_counts(path, kind):
    assert file_system(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "trust"),
    [("ext4", Trust.KEPT), ("", Trust.KEPT), ("tmpfs", Trust.LOST), ("nfs", Trust.NONE), ("fuseblk", Trust.NONE)],
)
def test_kinds_are_told_apart(kind, trust):
    assert trust_of(kind) is trust


@pytest.mark.parametrize(
    ("kind", "force", "allow_volatile", "answer"),
    [
        ("ext4", False, False, "fine"),
        ("tmpfs", False, True, "warned"),
        ("tmpfs", True, False, "refused"),
        ("nfs4", False, True, "refused"),
        ("fuse.sshfs", True, True, "warned"),
    ],
)
def test_the_caller_decides_what_is_too_risky(monkeypatch, tmp_path, kind, force, allow_volatile, answer):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 8:1 / / rw - {kind} dev rw\n")
    monkeypatch.setattr(volume, "_MOUNTS", mounts)
    if answer == "refused":
        with pytest.raises(InvalidRequest, match=kind):
            check_volume(tmp_path, force=force, allow_volatile=allow_volatile)
    else:
        warnings = check_volume(tmp_path, force=force, allow_volatile=allow_volatile)
        assert [kind in warning for warning in warnings] == [True] * (answer == "warned")
