"""A kill -9 at any instant of a save leaves the checkpoint before or the new one, whole, and never half of one."""

from __future__ import annotations

import json
from pathlib import Path

from process.torchrun import launch

KILLS = 60


def test_sixty_kills_swept_over_a_save_lose_nothing_that_was_durable(tmp_path: Path) -> None:
    done = launch(tmp_path, 0, "checkpoint_kills.py", str(KILLS))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    assert [result for result in results if result["damage"]] == []
    assert [result for result in results if result["newest"] < result["acknowledged"]] == []
    assert any(result["partial"] for result in results), "no kill met a save under way"
