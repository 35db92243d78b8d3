"""A curve of many points is told by few: its ends, and the peaks of each stretch."""

from __future__ import annotations

import random

from tensorfleet.head.curvebook import thinned


def test_few_are_left_as_they_are() -> None:
    points = [(step, 0.0, None) for step in range(10)]
    assert thinned(points, 10) is points


def test_the_ends_and_every_peak_stay() -> None:
    dice = random.Random(7)
    for most in (2, 3, 10, 501):
        points = [(step, float(step), dice.choice((None, dice.random()))) for step in range(20_000)]
        points[12_345] = (12_345, 0.0, 9.0)
        points[777] = (777, 0.0, -9.0)
        found = thinned(points, most)
        assert len(found) <= most
        assert (found[0], found[-1]) == (points[0], points[-1])
        assert [step for step, _, _ in found] == sorted({step for step, _, _ in found})
        assert set(found) <= set(points)
        if most > 3:
            values = [value for _, _, value in found if value is not None]
            assert (min(values), max(values)) == (-9.0, 9.0)
