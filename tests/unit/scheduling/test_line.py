"""The order of the queue: class, team, level, user, then the time of the submit."""

from __future__ import annotations

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.line import Line
from tensorfleet.core.scheduling.policy import JobClass
from unit.scheduling.board import ask


def ordered(line: Line, teams: dict[str, float] | None = None) -> list[str]:
    return [each.id for each in line.in_order(lambda team, _: ((teams or {}).get(team, 0.0), 0.0))]


def lined(*asks: tuple[Ask, int]) -> Line:
    line = Line()
    for each, level in asks:
        each.pinned = 1.0 if level < 0 else None
        line.add(each, level)
    return line


def test_class_goes_before_team_before_level_before_time() -> None:
    line = lined(
        (ask("late", at=9), 0),
        (ask("early", at=1), 0),
        (ask("long", at=0), 1),
        (ask("poor", at=99, team="poor"), 0),
        (ask("poor-long", at=0, team="poor"), 1),
        (ask("batch", at=0, job_class=JobClass.BATCH), 0),
        (ask("urgent", at=100, job_class=JobClass.URGENT), 1),
        (ask("pinned", at=50, job_class=JobClass.SCAVENGER), -1),
        (ask("poor-pinned", at=60, team="poor"), -1),
    )
    teams = {"": 2.0, "poor": 1.0}
    poor, rich = ["poor-pinned", "poor", "poor-long"], ["pinned", "early", "late", "long"]
    assert ordered(line, teams) == ["urgent", *poor, *rich, "batch"]
    places = [line.position(name, lambda team, _: (teams[team], 0.0)) for name in ("urgent", *poor, *rich, "batch")]
    assert places == list(range(1, 10))


def test_equal_jobs_go_by_their_ids() -> None:
    assert ordered(lined((ask("b"), 0), (ask("a"), 0), (ask("c", 2), 0))) == ["a", "b", "c"]


def test_whoever_leaves_is_gone() -> None:
    line = lined((ask("a"), 0), (ask("b", 4), 0))
    assert line.remove("a") is not None
    assert line.remove("a") is None
    assert ordered(line) == ["b"]
    assert len(line) == 1
    assert len(line.groups) == 1


def test_a_team_that_is_given_something_falls_back_within_the_walk() -> None:
    line = lined(*((ask(f"{team}{number}", at=number, team=team), 0) for team in "ab" for number in range(3)))
    had = {"a": 0.0, "b": 0.5}
    walk = line.walk(lambda team, _: (had[team], 0.0))
    order = []
    while (first := walk.next()) is not None:
        order.append(first.id)
        had[first.team] += 1.0
        line.remove(first.id)
        walk.gone()
    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_a_closed_group_is_over_and_others_go_on() -> None:
    line = lined((ask("big1", 8, 0), 0), (ask("big2", 8, 1), 0), (ask("small", 1, 2), 0))
    walk = line.walk(lambda *_: (0.0, 0.0))
    assert walk.next() is line.asks["big1"]
    walk.close()
    assert walk.next() is line.asks["small"]
    walk.on()
    assert walk.next() is None


def test_only_the_teams_that_the_walk_comes_to_are_asked_for_their_standing() -> None:
    line = lined(*((ask(f"{team}{number}", at=number, team=team), 0) for team in "ab" for number in range(3)))
    line.add(ask("late", team="c", job_class=JobClass.BATCH), 0)
    asked: list[str] = []

    def standing(team: str, _: str) -> tuple[float, float]:
        asked.append(team)
        return {"a": 0.0, "b": 1.0, "c": 0.0}[team], 0.0

    walk = line.walk(standing)
    assert walk.next() is line.asks["a0"]
    assert set(asked) == {"a", "b"}
