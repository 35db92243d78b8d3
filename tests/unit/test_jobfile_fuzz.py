"""Whatever a job file holds: a complete JobSpec, or InvalidRequest or TooLarge with one short sentence."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tensorfleet.core.job import JobSpec
from tensorfleet.errors import InvalidRequest, TooLarge
from tensorfleet.wire.jobfile import MAX_BYTES, JobFile, ResourcesFile, check_fields, read_job_file
from tensorfleet.wire.jobspec import to_spec

FULL: dict[str, object] = {
    "name": "digits",
    "run": ["python", "train.py"],
    "params": {},
    "workdir": ".",
    "env": {"A": "1", "B": 2},
    "python": {"venv": "/opt/env"},
    "resources": {"nodes": 2, "gpus_per_node": 4, "gpu": "A100:40GB..", "cpus": 1.5, "memory": "16GB"},
    "priority": 50,
    "team": "vision",
    "max_duration": "12h",
    "grace": 5,
    "warm": False,
}
names = st.sampled_from([*JobFile.__struct_fields__, *ResourcesFile.__struct_fields__, "venv"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.text("0123456789.eE+-dhmsKMGTi ", max_size=30)
    | st.sampled_from(["12h", "1d1h", "16GB", "inherit", "A100:40GB..", "9" * 400, "1e999", "-1s", "0" * 64])
    | st.text("AH100|:.480GBgi ,slot", max_size=20)
)
structures = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def survives(data: bytes) -> None:
    try:
        spec = to_spec(read_job_file(data, "job.yaml"))
    except (InvalidRequest, TooLarge) as refusal:
        sentence = refusal.detail
    else:
        sentence = "A job."
        assert isinstance(spec, JobSpec)
        assert 1 <= spec.request.ranks <= 2**20
        assert spec.max_duration >= 0
        assert spec.request.memory >= 0
        # What was accepted can be kept, shown and sent.
        assert msgspec.json.decode(msgspec.json.encode(spec), type=dict)
        json.dumps(msgspec.to_builtins(spec), allow_nan=False).encode()
    assert 0 < len(sentence) < 400
    assert "\n" not in sentence


def test_a_full_job_file_is_a_job() -> None:
    as_json = to_spec(read_job_file(json.dumps(FULL).encode()))
    assert as_json.request.ranks == 8
    assert to_spec(check_fields(FULL, JobFile)) == as_json


@given(data=st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\x00")
@example(b"run: !!python/object/apply:os.system [id]")
@example(b"run: !!timestamp 2001-99-99")
@example(b"run: !!int abc")
@example(b"2001-13-45: x")
@example(b"? [a]\n: b")
@example(b"? {a: b}\n: b")
@example(b"1: 2")
@example(b"{" * 5000)
@example(b"[" * 5000)
@example(b"- " * 5000)
@example(b'{"a":' * 5000)
@example(b'{"run": ' + b"1" * 5000 + b"}")
@example(b"priority: " + b"1" * 5000)
@example(b"priority: 0x" + b"f" * 5000)
@example(b'{"run": "\\ud800"}')
@example(b'{"run": "true", "priority": NaN}')
@example(b'{"run": "true", "grace": Infinity}')
@example(b"run: 'true'\nmax_duration: .inf")
@example(b"run: 'true'\ngrace: .nan")
@example(b"run: 'true'\nresources: {cpus: .nan}")
@example(b"run: 'true'\nenv: {A: .nan}")
@example(b"--- a\n--- b")
def test_arbitrary_bytes(data: bytes) -> None:
    survives(data)


@given(text=st.text("abrun:nmesouc-[]{}\"'|>&*!%@`#,? \n\t019.", max_size=120))
def test_text_like_yaml(text: str) -> None:
    survives(text.encode())


@settings(max_examples=300)
@given(plain=st.dictionaries(names | st.text(max_size=8), structures, max_size=8))
def test_arbitrary_fields(plain: dict[str, object]) -> None:
    survives(json.dumps(plain).encode())
    survives(json.dumps({"run": "true", **plain}).encode())


@settings(max_examples=400)
@given(name=st.sampled_from(sorted(FULL)), value=structures)
def test_one_field_changed(name: str, value: object) -> None:
    survives(json.dumps({**FULL, name: value}).encode())


@settings(max_examples=300)
@given(resources=st.dictionaries(st.sampled_from(ResourcesFile.__struct_fields__), scalars))
def test_resources(resources: dict[str, object]) -> None:
    survives(json.dumps({"run": "true", "resources": resources}).encode())


@settings(max_examples=300)
@given(data=st.data())
def test_a_few_bytes_changed(data: st.DataObject) -> None:
    changed = bytearray(json.dumps(FULL).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(changed))


@pytest.mark.parametrize(
    ("field", "near"),
    [("nmae", "name"), ("resource", "resources"), ("workdirr", "workdir"), ("max-duration", "max_duration")],
)
def test_the_nearest_name_is_offered(field: str, near: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_job_file(json.dumps({"run": "true", field: 1}).encode())
    assert caught.value.hint == f"Did you mean `{near}`?"


def test_a_large_file_is_refused_by_its_size() -> None:
    with pytest.raises(TooLarge):
        read_job_file(b"#" * (MAX_BYTES + 1))
