"""`python -m tensorfleet.sim --seed 7`: one run in words. `--minutes 30`: seed after seed, until the time is over."""

from __future__ import annotations

import argparse
import sys
import time

from tensorfleet.sim.many import runs
from tensorfleet.sim.mutations import RULES, hunt
from tensorfleet.sim.world import Outcome, run


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tensorfleet.sim", description=__doc__)
    options.add_argument("--seed", type=int, help="only this one, with its story")
    options.add_argument("--first", type=int, default=1, help="the first of many seeds")
    options.add_argument("--seeds", type=int, default=0, help="how many; 0 for as many as the time allows")
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--mutations", action="store_true", help="take each rule away, and print where that shows")
    chosen = options.parse_args()
    if chosen.mutations:
        return _mutations(chosen.seeds or 5000)
    if chosen.seed is not None:
        return _tell(run(chosen.seed))
    return _many(chosen.first, chosen.seeds, chosen.minutes)


def _tell(outcome: Outcome) -> int:
    print(outcome.story)  # noqa: T201
    print(f"seed {outcome.seed}: {outcome.broken or 'holds'}")  # noqa: T201
    return 1 if outcome.broken else 0


def _many(first: int, count: int, minutes: float) -> int:
    began = time.monotonic()
    seconds, events, done = 0.0, 0, 0
    for outcome in runs(first, count, lambda: not count and time.monotonic() - began > minutes * 60):
        if outcome.broken:
            _tell(run(outcome.seed))
            print(f"Again: python -m tensorfleet.sim --seed {outcome.seed}")  # noqa: T201
            return 1
        seconds, events, done = seconds + outcome.seconds, events + outcome.events, done + 1
        if done % 1000 == 0:
            print(_figures(first, done, seconds, events, time.monotonic() - began), flush=True)  # noqa: T201
    print(_figures(first, done, seconds, events, time.monotonic() - began))  # noqa: T201
    return 0


def _mutations(most: int) -> int:
    """The table of docs/simulation.md."""
    print("| rule that is taken away | guards | first seed | what the simulator says |\n|---|---|---|---|")  # noqa: T201
    for rule in RULES:
        caught = hunt(rule, most)
        seed, words = (str(caught.seed), caught.broken) if caught.seed else ("-", f"`{rule.directed}`")
        words = (words[:97] + "...") if len(words) > 100 else words
        print(f"| {rule.name} | {rule.guards} | {seed} | {words.replace('|', '/')} |", flush=True)  # noqa: T201
    return 0


def _figures(first: int, done: int, seconds: float, events: int, took: float) -> str:
    return (
        f"{done} seeds from {first} on hold: {seconds / 3600:.1f} simulated hours, {events} events "
        f"in {took:.0f} s ({done / max(took, 1e-9):.0f} seeds a second)"
    )


if __name__ == "__main__":
    sys.exit(main())
