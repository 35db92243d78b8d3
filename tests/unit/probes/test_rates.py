"""Counters become rates, and a reset never becomes a negative one."""

from __future__ import annotations

from tensorfleet.agent.probes.rate import Rates


def test_a_rate_is_growth_over_time() -> None:
    rates = Rates()
    assert rates.per_second("bytes", 100, 10.0) is None
    assert rates.per_second("bytes", 300, 12.0) == 100.0


def test_a_reset_and_a_clock_that_stands_give_none() -> None:
    rates = Rates()
    rates.per_second("bytes", 100, 10.0)
    assert rates.per_second("bytes", 5, 11.0) is None
    assert rates.per_second("bytes", 15, 12.0) == 10.0
    assert rates.per_second("bytes", 25, 12.0) is None


def test_a_counter_that_left_starts_again() -> None:
    rates = Rates()
    rates.per_second("eth0", 1, 1.0)
    rates.keep({"eth1"})
    assert rates.per_second("eth0", 9, 2.0) is None
