"""Each rule of the protocol is needed: taken away, the simulator notices, or a test of its own does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.sim.mutations import RULES, Rule, hunt

UNIT = Path(__file__).parent.parent / "unit"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.directed], ids=lambda rule: rule.name)
def test_the_simulator_notices_a_rule_that_is_missing(rule: Rule) -> None:
    caught = hunt(rule, rule.within)
    assert caught.seed, f"{rule.within} seeds hold without it"
    print(f"{rule.name}: seed {caught.seed}, {caught.broken[:100]}")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.directed], ids=lambda rule: rule.name)
def test_a_rule_that_the_simulator_can_do_without_has_its_own_test(rule: Rule) -> None:
    assert any(f"def {rule.directed}(" in path.read_text() for path in UNIT.glob("test_*.py"))
