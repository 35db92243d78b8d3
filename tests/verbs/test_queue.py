"""`queue` and `teams`, on a real head and agents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.fleet import Fleet


@pytest.fixture
def held(fleet: Fleet) -> Iterator[list[str]]:
    """Three jobs that are held, in an array."""
    done = fleet.run(
        "run", "--no-upload", "-d", "--hold", "--class", "batch", "--name", "q", "--array", "0-2", "--", "true"
    )
    assert done.returncode == 0, done.stderr
    array = done.stdout.strip()
    yield [array, *(job.id for job in reversed(list(fleet.client.jobs(array=array))))]
    fleet.run("kill", array)


def names(fleet: Fleet) -> list[str]:
    page = json.loads(fleet.run("queue", "--json").stdout)
    return [each["name"] for each in page["items"]]


def test_a_held_array_is_moved_changed_and_let_go(fleet: Fleet, held: list[str]) -> None:
    array, first, second, third = held
    assert names(fleet) == ["q.0", "q.1", "q.2"]
    assert "holds it" in fleet.run("queue").stdout
    assert "HELD" in fleet.run("why", first, "--json").stdout
    assert fleet.run("queue", "move", "q.2", "--before", "q.1").returncode == 0
    assert names(fleet) == ["q.0", "q.2", "q.1"]
    assert fleet.run("queue", "set", "q.1", "--priority", "80", "--max-duration", "1h").returncode == 0
    assert names(fleet)[0] == "q.1"
    assert "at most" in fleet.run("show", second).stdout
    done = fleet.run("queue", "release", array)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3)
    assert [fleet.finished(job).state for job in (first, second, third)] == ["succeeded"] * 3


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("queue", "move", "x"), "Give --first, --last or --before OTHER."),
        (("queue", "set", "x"), "Give --priority"),
        (("queue", "policy", "--set", "halflife=3d"), "Did you mean `half_life`?"),
        (("queue", "policy", "--set", "half_life"), ""),
        (("teams", "set", "vision"), "Give --share"),
        (("teams", "add", "vision", "--cap", "lots"), ""),
    ],
)
def test_what_cannot_be_is_a_mistake_of_usage(fleet: Fleet, words: tuple[str, ...], hint: str) -> None:
    done = fleet.run(*words)
    assert done.returncode == 2, done.stderr
    assert hint in done.stderr


def test_the_policy_is_shown_changed_and_told_of(fleet: Fleet, tmp_path: Path) -> None:
    shown = fleet.run("queue", "policy").stdout
    assert "half_life" in shown
    assert "counts half" in shown
    words = ("--set", "half_life=3d", "--set", "teams.vision.share=3")
    dry = fleet.run("queue", "policy", *words, "--dry-run")
    assert dry.stdout == "half_life  7d -> 3d\nteams.vision.share  1 -> 3\n"
    assert fleet.run("queue", "policy", *words).returncode == 0
    assert "half_life 7d -> 3d" in fleet.run("events").stdout
    assert fleet.run("teams", "add", "vision", "--cap", "4").returncode == 1
    assert fleet.run("teams", "set", "vision", "--cap", "4").stdout == "teams.vision.cap  none -> 4\n"
    assert fleet.run("teams", "add", "vision/ada", "--cap", "2").returncode == 0
    assert "vision/ada" in fleet.run("teams").stdout
    assert fleet.run("teams", "remove", "vision").returncode == 0
    assert "vision/ada" not in fleet.run("teams", "list").stdout
    file = tmp_path / "policy.yaml"
    file.write_text("{}\n")
    assert fleet.run("queue", "policy", "-f", str(file)).stdout == "half_life  3d -> 7d\n"
