"""What docs/jobfile.md shows is a job file, and every row of its tables means what it says."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tensorfleet.wire.asking import parse_gpu
from tensorfleet.wire.jobfile import JobFile, ResourcesFile, check_fields, read_job_file
from tensorfleet.wire.jobspec import to_spec

PAGE = (Path(__file__).parents[2] / "docs" / "jobfile.md").read_text()


def test_the_example_is_a_job() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 1
    for block in blocks:
        assert to_spec(read_job_file(block.encode())).request.ranks == 8


def test_every_gang_of_the_table_can_be_asked_for() -> None:
    rows = re.findall(r"^\| `(\w+: .*?)` \| `--", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for row in rows:
        resources = check_fields(yaml.safe_load(f"{{{row}}}"), ResourcesFile)
        assert to_spec(JobFile(run="true", resources=resources)).request.ranks in (8, 3)


def test_every_range_of_the_table_is_one() -> None:
    rows = re.findall(r"^\| `\"?([A-Z0-9]*:[^`\"]*)\"?` \|", PAGE, re.MULTILINE)
    assert len(rows) == 4
    assert all(parse_gpu(row)[1:] != (0, 0) for row in rows)
