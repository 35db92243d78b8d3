"""Settings of the queue's policy by name: set, reset, refused; nothing by halves."""

from __future__ import annotations

import dataclasses

import pytest

from tensorfleet.core.scheduling.policy import Discipline, Policy, Slice
from tensorfleet.core.settings import LEAVES, SETTINGS, build, changes, flatten, shown
from tensorfleet.errors import InvalidRequest
from tensorfleet.head.records import policy_doc, policy_from
from tensorfleet.wire.policyfile import change_policy, read_policy_file, spread

GIVEN = {
    "discipline": "easy",
    "half_life": "3d",
    "preemption": "off",
    "most_preemptions": "2",
    "starvation.batch": "1d12h",
    "weights.H100": 2,
    "weights.A100 80GB": 1,
    "teams.vision.share": "3",
    "teams.vision.cap": 16,
    "teams.v1.2.guarantee": 4,
    "users.vision/ada@x.cap": "8",
}


def test_every_setting_has_a_unit_and_a_meaning() -> None:
    names = {each.name for each in dataclasses.fields(Policy)} - {"teams", "users"}
    assert names <= SETTINGS.keys()
    assert {each.name for each in dataclasses.fields(Slice)} == LEAVES.keys()


def test_settings_by_name_are_what_they_say() -> None:
    policy = change_policy(Policy(), GIVEN)
    assert policy.discipline is Discipline.EASY
    assert (policy.half_life, policy.preemption, policy.most_preemptions) == (3 * 86400.0, False, 2)
    assert policy.starvation["batch"] == 36 * 3600.0
    assert policy.starvation["normal"] == Policy().starvation["normal"]
    assert policy.weights == {"H100": 2.0, "A100 80GB": 1.0}
    assert policy.team("vision") == Slice(3.0, 0, 16)
    assert policy.team("v1.2") == Slice(1.0, 4)
    assert policy.user("vision", "ada@x") == Slice(1.0, 0, 8)
    assert build(flatten(policy)) == policy


def test_a_document_holds_what_is_not_usual_and_comes_back() -> None:
    policy = change_policy(Policy(), {**GIVEN, "teams.plain.share": 1})
    assert "min_run" not in policy_doc(policy)["settings"]
    assert policy_from(policy_doc(policy)) == policy
    assert policy_from(None) == policy_from({"settings": {"of_a_later_release": 7}}) == Policy()


def test_reset_goes_back_to_the_default() -> None:
    policy = change_policy(Policy(), GIVEN)
    policy = change_policy(policy, {}, ["half_life", "starvation", "teams.vision.cap", "users"])
    assert (policy.half_life, policy.starvation) == (Policy().half_life, Policy().starvation)
    assert (policy.team("vision"), policy.users) == (Slice(3.0), {})
    assert change_policy(policy, {}, ["teams.vision"]).teams.keys() == {"v1.2"}


def test_what_changed_is_told_as_people_write_it() -> None:
    found = changes(Policy(), change_policy(Policy(), {"half_life": "36h", "teams.a.cap": 2, "teams.a.share": 1}))
    told = {name: (shown(name, was), shown(name, now)) for name, (was, now) in found.items()}
    assert told == {"half_life": ("7d", "36h"), "teams.a.cap": ("none", "2")}


@pytest.mark.parametrize(
    ("name", "value", "words", "hint"),
    [
        ("halflife", "3d", "There is no setting `halflife`.", "Did you mean `half_life`?"),
        ("teams.vision.shares", 3, "There is no setting `teams.vision.shares`.", "`teams.vision.share`"),
        ("teams", 3, "There is no setting `teams`.", "teams.NAME.{share|guarantee|cap}"),
        ("users.ada.cap", 3, "There is no setting `users.ada.cap`.", "users.TEAM/USER"),
        ("starvation.bacth", "1h", "no setting `starvation.bacth`", "Did you mean `starvation.batch`?"),
        ("weights", 3, "There is no setting `weights`.", "weights.MODEL"),
        ("half_life", "soon", "half_life: 'soon' is not a duration.", "90s, 30m"),
        ("half_life", 0, "half_life is 0; it has to be a number of at least 1.", ""),
        ("half_life", True, "half_life: expected a time like 30m, 8h or 7d, got true.", ""),
        ("half_life", None, "half_life: expected a time", ""),
        ("preemption", 1, "preemption: expected on or off, got 1.", ""),
        ("discipline", "lifo", "discipline: expected one of fifo, easy, default, got lifo.", ""),
        ("teams.a.cap", 1.5, "expected a whole number from 0 to 1000000000, or none, got 1.5", ""),
        ("teams.a.cap", -1, "expected a whole number", ""),
        ("teams.a.guarantee", None, "expected a whole number", ""),
        ("teams.a.share", "nan", "expected a number", ""),
        ("teams.a.share", 10**400, "expected a number", ""),
        ("loss_budget", 1.5, "loss_budget is 1.5; it is a part", ""),
        ("starvation.batch", "0s", "starvation.batch is 0; it has to be a number of at least 1.", ""),
    ],
)
def test_what_is_wrong_is_named(name: str, value: object, words: str, hint: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        change_policy(Policy(), {name: value})
    assert words in refusal.value.detail
    assert hint in refusal.value.hint


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        ({"teams.a.share": 0, "teams.b.share": 0}, "The shares of teams sum to nothing."),
        ({"weights.A": 0}, "The weights sum to nothing"),
        ({"teams.a.guarantee": 8, "teams.a.cap": 4}, "a cap of 4, less than its guarantee of 8"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_together(sets: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        change_policy(Policy(), sets)


def test_a_file_is_nested_or_flat() -> None:
    text = b"half_life: 3d\nteams:\n  vision: {share: 3, cap: 16}\n  nlp.share: 1\nusers: {vision/ada: {cap: 4}}\n"
    found = read_policy_file(text, "p.yaml")
    assert found == {
        "half_life": "3d",
        "teams.vision.share": 3,
        "teams.vision.cap": 16,
        "teams.nlp.share": 1,
        "users.vision/ada.cap": 4,
    }
    assert change_policy(Policy(), found).team("vision").cap == 16


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"teams": {"a": {"share": {"b": {}}}}}, "nested so deeply"),
        ({"teams": {"a": {"share": 1}}, "teams.a.share": 2}, "teams.a.share is given twice."),
    ],
)
def test_a_document_of_another_shape_is_refused(plain: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        spread(plain)


def test_a_file_without_settings_is_told_so() -> None:
    with pytest.raises(InvalidRequest, match="holds no fields"):
        read_policy_file(b"- a\n", "p.yaml")
