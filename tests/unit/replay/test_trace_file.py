"""Traces are read whole or refused with the row, the field and what would be valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorfleet.errors import InvalidRequest
from tensorfleet.sim.replay.trace import read_runtimes, read_trace

HEAD = "job_id,submit_s,gpus,duration_s"


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_trace_with_all_its_columns(tmp_path: Path) -> None:
    path = written(
        tmp_path, HEAD + ",limit_s,team,user,priority", "a,0,1,10,60,vision,ada,80", "b,5.5,2,7,,,,", "c,6,1,9,4,,,"
    )
    (workload,) = read_trace(path, 8)
    first, second, stopped = workload.jobs
    assert (stopped.duration, stopped.limit) == (4.0, 4.0)
    assert (first.limit, first.team, first.user, first.priority) == (60.0, "vision", "ada", 80)
    assert (second.submit, second.gpus, second.duration, second.limit, second.priority) == (5.5, 2, 7.0, 0.0, 50)


def test_limits_are_made_up_where_the_file_says_none(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + ",limit_s", "a,0,1,10,60", "b,0,1,10,", "c,0,1,3601,", "d,0,1,700000,")
    assert [job.limit for job in read_trace(path, 8, limits="exact")[0].jobs] == [60.0, 10.0, 3601.0, 700000.0]
    assert [job.limit for job in read_trace(path, 8, limits="coarse")[0].jobs] == [60.0, 3600.0, 28800.0, 1209600.0]
    assert [job.limit for job in read_trace(path, 8)[0].jobs] == [60.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("a,-1,1,10", "submit_s"),
        ("a,nan,1,10", "submit_s"),
        ("a,inf,1,10", "submit_s"),
        ("a,0,0,10", "gpus"),
        ("a,0,1.5,10", "gpus"),
        ("a,0,9,10", "gpus"),
        ("a,0,1,0", "duration_s"),
        ("a,0,1,-4", "duration_s"),
        ("a,0,1,long", "duration_s"),
        ("a,0,1", "duration_s"),
        ("good,0,1,1", "job_id"),
        (",0,1,1", "job_id"),
    ],
)
def test_a_bad_field_is_named_with_its_row(tmp_path: Path, row: str, field: str) -> None:
    path = written(tmp_path, HEAD, "good,0,1,1", row)
    with pytest.raises(InvalidRequest, match=f"row 3: {field} .*valid is"):
        read_trace(path, 8)


def test_many_mistakes_are_told_at_once_but_not_all(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD, *(f"{n},0,99,1" for n in range(30)))
    with pytest.raises(InvalidRequest, match="and 20 more") as told:
        read_trace(path, 8)
    assert str(told.value).count("gpus") == 10


@pytest.mark.parametrize(("lines", "what"), [(["job_id,gpus,duration_s", "a,1,1"], "submit_s"), ([HEAD], "no rows")])
def test_a_file_without_columns_or_rows_is_refused(tmp_path: Path, lines: list[str], what: str) -> None:
    with pytest.raises(InvalidRequest, match=what):
        read_trace(written(tmp_path, *lines), 8)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="cannot be read"):
        read_trace(tmp_path / "none.csv", 8)


def test_elastic_jobs_have_the_sizes_that_make_them_faster(tmp_path: Path) -> None:
    times = tmp_path / "times.csv"
    times.write_text("application,batch_size,gpus,seconds\nbert,32,1,100\nbert,32,2,60\nbert,32,3,70\nbert,32,16,10\n")
    runtimes = read_runtimes(times)
    path = written(
        tmp_path,
        "workload,name,submit_s,application,gpus_tuned,batch_size",
        "1,a,0,bert,3,32",
        "2,a,0,bert,2,32",
    )
    first, second = read_trace(path, 8, runtimes)
    assert (first.name, second.name) == ("1", "2")
    assert first.jobs[0].elastic == {1: 100.0, 2: 60.0}
    (rigid,) = read_trace(path, 8, runtimes, rigid=True)[0].jobs
    assert (rigid.gpus, rigid.duration, rigid.elastic) == (3, 70.0, None)
    path.write_text(path.read_text().replace("bert,2,32", "bart,2,32"))
    with pytest.raises(InvalidRequest, match="row 3: application 'bart'"):
        read_trace(path, 8, runtimes)


def test_an_alias_is_only_taken_where_the_usual_column_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "job_id,name,submit_s,gpus,gpus_tuned,duration_s", "a,train,0,1,4,9", "b,train,0,2,4,9")
    assert [(job.id, job.gpus) for job in read_trace(path, 8)[0].jobs] == [("a", 1), ("b", 2)]
