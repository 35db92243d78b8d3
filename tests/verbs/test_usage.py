"""`usage`, on a real head and agents."""

from __future__ import annotations

import json

from process.fleet import Fleet


def test_what_was_run_is_reported_as_table_csv_and_json(fleet: Fleet) -> None:
    assert fleet.run("run", "--no-upload", "--wait", "--name", "counted", "--", "true").returncode == 0
    assert "SLOT-H" in fleet.run("usage").stdout
    assert fleet.run("usage", "--by", "user", "--csv").stdout.startswith("name,gpu_hours,slot_hours,")
    view = json.loads(fleet.run("usage", "--by", "job", "--since", "1h", "--json").stdout)
    assert any(row["slot_hours"] > 0 and row["efficiency"] == 1.0 for row in view["items"])


def test_what_cannot_be_is_a_mistake_of_usage(fleet: Fleet) -> None:
    for words in (("--since", "1d", "--until", "2d"), ("--since", "soon"), ("--by", "colour"), ("--csv", "--json")):
        assert fleet.run("usage", *words).returncode == 2, words
