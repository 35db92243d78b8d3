"""Use decays by half in every half-life, exactly, also while it goes on."""

from __future__ import annotations

import math

import pytest

from tensorfleet.core.scheduling.accounts import Accounts

HALF_LIFE = 1000.0


def test_what_was_used_halves() -> None:
    accounts = Accounts(HALF_LIFE)
    accounts.add("vision", 800.0, 0.0)
    assert accounts.used("vision", HALF_LIFE) == pytest.approx(400.0)
    assert accounts.used("vision", 3 * HALF_LIFE) == pytest.approx(100.0)


def test_use_that_goes_on_is_the_integral_of_what_decays() -> None:
    accounts = Accounts(HALF_LIFE)
    accounts.hold("vision", 4, 2.0, 0.0)
    step = 0.5
    slices = (8.0 * step * 2 ** (-(1500.0 - (n + 0.5) * step) / HALF_LIFE) for n in range(3000))
    assert accounts.used("vision", 1500.0) == pytest.approx(sum(slices), rel=1e-6)


def test_looking_at_it_changes_nothing() -> None:
    often, once = Accounts(HALF_LIFE), Accounts(HALF_LIFE)
    for accounts in (often, once):
        accounts.hold("vision", 3, 1.0, 0.0)
    for at in range(0, 5000, 7):
        often.used("vision", float(at))
    assert often.used("vision", 5000.0) == pytest.approx(once.used("vision", 5000.0))


def test_somebody_who_gave_everything_back_holds_nothing() -> None:
    accounts = Accounts(HALF_LIFE)
    for weight in (0.1, 0.7):
        accounts.hold("vision", 3, weight, 0.0)
    for weight in (0.1, 0.7):
        accounts.hold("vision", -3, weight, 10.0)
    used = accounts.used("vision", 10.0)
    assert accounts.used("vision", 10.0 + HALF_LIFE) == pytest.approx(used / 2)


def test_standing_goes_by_the_share() -> None:
    accounts = Accounts(HALF_LIFE)
    accounts.add("large", 300.0, 0.0)
    accounts.add("small", 100.0, 0.0)
    assert accounts.standing("large", 3.0, 0.0, 0.0) == accounts.standing("small", 1.0, 0.0, 0.0)
    assert accounts.standing("large", 1.0, 0.0, 0.0) > accounts.standing("small", 1.0, 0.0, 0.0)


def test_a_newcomer_comes_first_and_one_without_a_share_last() -> None:
    accounts = Accounts(HALF_LIFE)
    accounts.add("old", 1e-9, 0.0)
    assert accounts.standing("new", 1.0, 0.0, 0.0) == -math.inf < accounts.standing("old", 1.0, 0.0, 0.0)
    assert accounts.standing("old", 0.0, 0.0, 0.0) == accounts.standing("new", 0.0, 0.0, 0.0) == math.inf
