"""Who holds a GPU, without what their command line may hide."""

from __future__ import annotations

import os

import pytest

from tensorfleet.agent.probes.process import Owner, Owners, brief


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/usr/bin/python3", "-u", "/home/ada/train.py", "--api-key", "s3cret"], "python3 train.py"),
        (["python", "-m", "torch.distributed.run", "x.py"], "python torch.distributed.run"),
        (["python", "-c", "key = 's3cret'"], "python"),
        (["serve", "--token", "s3cret"], "serve"),
        (["nvidia-smi"], "nvidia-smi"),
        ([], ""),
    ],
)
def test_a_command_is_its_program_and_script(argv: list[str], expected: str) -> None:
    assert brief(argv) == expected


def test_a_process_of_ours_has_a_user_and_a_command() -> None:
    owners = Owners()
    owner = owners.of(os.getpid())
    assert owner.user
    assert owner.command
    owners.keep([os.getpid()])
    assert owners.of(os.getpid()) is owner
    owners.keep([])
    assert owners.of(os.getpid()) == owner


def test_a_process_that_is_gone_is_nobody() -> None:
    assert Owners().of(2**22 + 1) == Owner("", "")
