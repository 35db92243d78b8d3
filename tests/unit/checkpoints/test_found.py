"""What in a directory is a checkpoint, whose it is to report, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tensorfleet.agent.checkpoints.found import listing, look
from tensorfleet.train.saved import entry_of, seal
from tensorfleet.wire.manifest import digest_of

NONE: frozenset[str] = frozenset()


def plain(folder: Path, name: str, at: float = 100.0) -> None:
    (folder / name).mkdir()
    (folder / name / "model.pt").write_bytes(b"weights")
    os.utime(folder / name, (at, at))


def saved(folder: Path, name: str, serial: int, node: int = 0, parts: int = 1) -> None:
    place = folder / name
    place.mkdir(exist_ok=True)
    (place / f"__{node}_0.distcp").write_bytes(b"part")
    about = {"step": 5, "attempt": 1, "at": 50.0, "metrics": {}, "serial": serial, "parts": parts}
    seal(place, node, about, [entry_of(place / f"__{node}_0.distcp", place)])


@pytest.mark.parametrize(("name", "step"), [("step-7", 7), ("checkpoint-500", 500), ("12", 12), ("epoch3-step40", 40)])
def test_a_plain_programs_is_one_by_its_name(tmp_path: Path, name: str, step: int) -> None:
    plain(tmp_path, name)
    (found,) = look(tmp_path, 0, True, NONE)
    assert (found.step, found.parts, found.at) == (step, 1, 100.0)


@pytest.mark.parametrize("name", ["step-7.partial", "step-7.tmp", ".step-7", ".step-7.gone", "notes", "step-7x"])
def test_what_has_another_name_is_none(tmp_path: Path, name: str) -> None:
    plain(tmp_path, name)
    assert look(tmp_path, 0, True, NONE) == []


def test_files_and_links_are_none(tmp_path: Path) -> None:
    (tmp_path / "step-1").write_text("a file")
    plain(tmp_path, "elsewhere")
    (tmp_path / "step-2").symlink_to(tmp_path / "elsewhere")
    assert look(tmp_path, 0, True, NONE) == []
    assert look(tmp_path / "nothing", 0, True, NONE) == []


def test_oldest_first_and_without_those_that_are_known(tmp_path: Path) -> None:
    for name, at in (("step-3", 30.0), ("step-1", 20.0), ("step-2", 10.0)):
        plain(tmp_path, name, at)
    assert [found.name for found in look(tmp_path, 0, True, frozenset({"step-1"}))] == ["step-2", "step-3"]


def test_of_the_sdks_every_node_reports_its_own_part(tmp_path: Path) -> None:
    saved(tmp_path, "step-5", serial=3, node=1, parts=2)
    assert look(tmp_path, 0, True, NONE) == []
    (found,) = look(tmp_path, 1, True, NONE)
    assert (found.serial, found.parts, found.step) == (3, 2, 5)


def test_on_shared_storage_and_of_plain_programs_only_rank_0s_node_reports(tmp_path: Path) -> None:
    saved(tmp_path, "step-5", serial=1)
    plain(tmp_path, "step-6")
    assert len(look(tmp_path, 0, False, NONE)) == 2
    assert look(tmp_path, 1, False, NONE) == []
    assert look(tmp_path, 1, True, NONE) == []


def test_the_sdks_digests_are_taken_over_and_its_manifest_comes_along(tmp_path: Path) -> None:
    saved(tmp_path, "step-5", serial=1)
    (found,) = look(tmp_path, 0, True, NONE)
    manifest, places = listing(found)
    assert sorted(file.path for file in manifest.files) == ["__0_0.distcp", "manifest-0.json"]
    assert places[digest_of(b"part")] == (tmp_path / "step-5" / "__0_0.distcp", 0)
    assert manifest.chunks == places.keys()
