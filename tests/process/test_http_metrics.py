"""What Prometheus gets: its own format, names after its own rules, numbers that are true."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from process.rest_head import Head


@pytest.fixture(scope="module")
def text(rest: Head) -> str:
    rest.join("m1", slots=2, gpus=1)
    rest.ask("GET", "/api/v1/jobs", None)
    job = rest.ask("POST", "/api/v1/jobs", body={"run": "true"}).json["id"]
    rest.finish(job)
    rest.ask("POST", "/api/v1/jobs", body={"run": "true", "resources": {"gpus": 1}})
    rest.ask("POST", "/api/v1/jobs", body={"run": "true", "resources": {"gpus": 1}})
    return rest.ask("GET", "/metrics").data.decode()


@pytest.fixture(scope="module")
def values(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_jobs_nodes_and_gpus_are_counted(values: dict[tuple[str, ...], float]) -> None:
    assert values["tensorfleet_jobs", "succeeded"] == 1
    assert values["tensorfleet_jobs", "starting"] == 1
    assert values["tensorfleet_jobs", "queued"] == 1
    assert values["tensorfleet_jobs", "failed"] == 0
    assert values["tensorfleet_nodes", "online"] == 1
    assert values["tensorfleet_node_slots", "m1", "free"] == 2
    assert values["tensorfleet_gpu_held", "GPU-m1-0", "m1"] == 1
    assert values["tensorfleet_queue_longest_wait_seconds",] >= 0


def test_waits_are_counted_once_a_job(rest: Head, values: dict[tuple[str, ...], float]) -> None:
    assert values["tensorfleet_job_queue_wait_seconds_count",] == 2
    again = rest.ask("GET", "/metrics").data.decode()
    assert "tensorfleet_job_queue_wait_seconds_count 2.0" in again


def test_passes_of_the_scheduler_are_timed_and_what_came_of_them_is_counted(
    values: dict[tuple[str, ...], float],
) -> None:
    passes = values["tensorfleet_scheduler_pass_duration_seconds_count",]
    assert passes >= 3
    assert values["tensorfleet_scheduler_pass_duration_seconds_bucket", "+Inf"] == passes
    assert 0 < values["tensorfleet_scheduler_pass_duration_seconds_sum",] < passes
    assert values["tensorfleet_scheduler_placements_total",] == 2
    assert values["tensorfleet_scheduler_preemptions_total",] == 0


def test_requests_are_counted_by_pattern_and_not_by_path(text: str, values: dict[tuple[str, ...], float]) -> None:
    assert values["tensorfleet_http_request_duration_seconds_count", "GET", "/api/v1/jobs", "401"] == 1
    assert values["tensorfleet_http_request_duration_seconds_count", "POST", "/api/v1/jobs", "201"] == 3


def test_addresses_that_there_are_not_make_no_new_series(rest: Head) -> None:
    for number in range(20):
        rest.ask("GET", f"/no/such/{number}")
    text = rest.ask("GET", "/metrics").data.decode()
    assert "/no/such" not in text
    assert 'route="none",status="404"} 20.0' in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_has_nothing_to_say(text: str) -> None:
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
