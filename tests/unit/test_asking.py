"""`resources:` of a job file: which gangs, GPUs and nodes it can ask for, and how a wrong wish is refused."""

from __future__ import annotations

import pytest

from tensorfleet.core.describe import describe
from tensorfleet.core.resources import Kind, Request
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.jobfile import JobFile, check_fields
from tensorfleet.wire.jobspec import to_spec


def asked(**resources: object) -> Request:
    return to_spec(check_fields({"run": "true", "resources": resources}, JobFile)).request


@pytest.mark.parametrize(
    ("shape", "request_"),
    [
        ([4, 2, 2], Request(Kind.GPU, 8, nodes=3, shape=(4, 2, 2))),
        ("4,2, 2", Request(Kind.GPU, 8, nodes=3, shape=(4, 2, 2))),
        ("slots:1,2", Request(Kind.SLOT, 3, nodes=2, shape=(1, 2))),
        ([2, 2], Request(Kind.GPU, 4, nodes=2)),
        ([3], Request(Kind.GPU, 3, nodes=1)),
    ],
)
def test_a_shape_says_how_many_on_each_node(shape: object, request_: Request) -> None:
    assert asked(shape=shape) == request_


@pytest.mark.parametrize(
    ("gpu", "model", "least", "most"),
    [
        ("A100", "A100", 0, 0),
        ("A100:40GB", "A100", 40 * 10**9, 0),
        ("A100:40GB..", "A100", 40 * 10**9, 0),
        ("A100:40GB..80GB", "A100", 40 * 10**9, 80 * 2**30),
        ("A100:80GB..80GB", "A100", 80 * 10**9, 80 * 2**30),
        ("H100 | A100:..80GiB", "H100|A100", 0, 80 * 2**30),
        (":24G..", "", 24 * 10**9, 0),
    ],
)
def test_models_and_a_range_of_memory(gpu: str, model: str, least: int, most: int) -> None:
    request = asked(gpus=2, gpu=gpu)
    assert (request.gpu_model, request.gpu_memory, request.gpu_memory_max) == (model, least, most)


@pytest.mark.parametrize(
    ("resources", "words", "hint"),
    [
        ({"gpu": "A100:80GB..40GB"}, "at least 80GB and at most 40GB", "Write the smaller size first"),
        ({"gpu": "A100:..0"}, "at least 0 and at most 0", "Write the smaller"),
        ({"gpu": "A100:.."}, "empty range", "Write it like"),
        ({"gpu": ":"}, "empty range", "Write it like"),
        ({"gpu": "A100:40GB..|H100:80GB.."}, "two ranges", "One goes for all models"),
        ({"gpu": "A100||H100"}, "names no model", "Write it like A100, H100|A100"),
        ({"gpu": "A100:many.."}, "'many' is not a size", "16GB"),
        ({"gpu": "|".join(["A"] * 17)}, "names no model", ""),
        ({"shape": []}, "is no list of GPUs", "Write it like 4,2,2"),
        ({"shape": [4, 0]}, "is no list of GPUs", "from 1 to"),
        ({"shape": "4;2"}, "is no list of GPUs", ""),
        ({"shape": "4,,2"}, "is no list of GPUs", ""),
        ({"shape": "cores:4"}, "is no list of GPUs", ""),
        ({"shape": [10**5, 1]}, "over the limit of 100000", ""),
        ({"shape": [4, 2], "nodes": 2}, "a shape says", "Leave the other numbers out"),
        ({"shape": "slots:4,2", "gpu": "A100"}, "need no `gpu`", "Leave it out"),
        ({"gpus": 7, "nodes": 2}, "do not divide", "or give a `shape`"),
        ({"labels": {"ra ck": "a"}}, "is no name for a label", "Use 1 to 63"),
        ({"labels": {"rack": "a b"}}, "is no value for rack", "Use 1 to 63"),
        ({"labels": {f"l{number}": "a" for number in range(33)}}, "over the limit of 32", ""),
        ({"apart": "two words"}, "resources.apart", "Use 1 to 100"),
        ({"spread": "yes"}, "resources.spread: expected true or false", ""),
    ],
)
def test_a_wrong_wish_names_its_field_and_what_is_valid(resources: dict[str, object], words: str, hint: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(**resources)
    assert words in caught.value.detail
    assert hint in caught.value.hint


def test_a_shape_is_not_elastic() -> None:
    with pytest.raises(InvalidRequest, match=r"elastic: resources\.shape is fixed"):
        to_spec(check_fields({"run": "x", "resources": {"shape": [1, 2]}, "elastic": {"max_nodes": 3}}, JobFile))


def test_labels_may_be_numbers_and_come_in_order() -> None:
    assert asked(labels={"room": 7, "rack": "a"}).labels == (("rack", "a"), ("room", "7"))


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"slots": 3}, "3 slots"),
        ({"nodes": 2, "gpus_per_node": 4}, "2 nodes x 4 GPUs"),
        ({"shape": [4, 2, 2], "gpu": "A100"}, "nodes with 4, 2 and 2 A100 GPUs"),
        ({"gpus": 8, "gpu": "H100|A100:40GB..80GB"}, "8 H100 or A100 GPUs of 40 to 80 GB"),
        ({"gpus": 1, "gpu": ":..24GB"}, "1 GPU of at most 24 GB"),
        (
            {"gpus": 8, "labels": {"rack": "a", "room": 7}, "spread": True, "apart": "web"},
            "8 GPUs, labelled rack=a and room=7, spread, apart from other `web` jobs",
        ),
    ],
)
def test_a_request_in_words(resources: dict[str, object], words: str) -> None:
    assert describe(asked(**resources)) == words
