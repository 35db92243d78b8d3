"""Log lines as people and as programs read them."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest

from tensorfleet.obs.logging import fields, setup

log = logging.getLogger("tensorfleet.head.shell")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("tensorfleet")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.captureWarnings(False)


def _text(level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    setup(level, json=False, stream=stream)
    return stream


def test_a_text_line_is_time_level_logger_message_and_fields() -> None:
    stream = _text()
    log.info("gang placed", extra=fields(job="j-1", nodes=3, why="two words", empty="", gone=None))
    time, rest = stream.getvalue().split(" ", 1)
    assert len(time) == len("2026-01-31T12:00:00.123Z")
    assert rest == 'INFO head.shell gang placed job=j-1 nodes=3 why="two words" empty=""\n'


def test_nobody_forges_a_line_or_drives_a_terminal() -> None:
    stream = _text()
    log.info("name is %s", "x\n2026 INFO admin\x1b]52;c;", extra=fields(name="a\nb\x1b[31m"))
    (line,) = stream.getvalue().splitlines()
    assert r"x\n2026 INFO admin\x1b]52;c;" in line
    assert r'name="a\nb\u001b[31m"' in line


def test_a_traceback_follows_indented() -> None:
    stream = _text()
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("it broke", extra=fields(job="j"))
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("ERROR head.shell it broke job=j")
    assert rest[-1] == "    ValueError: no"
    assert all(line.startswith("    ") for line in rest)


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    setup("debug", json=True, stream=stream)
    log.debug("größe\n%s", 5, extra=fields(job="j", message="own", ids=(1, 2), what=OSError("disk")))
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("it broke")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "DEBUG",
        "logger": "head.shell",
        "message": "größe\n5",
        "job": "j",
        "message_": "own",
        "ids": [1, 2],
        "what": "disk",
    }
    assert "ValueError: no" in second["traceback"]


def test_the_level_is_for_us_and_libraries_only_warn() -> None:
    stream = _text("debug")
    log.debug("ours")
    logging.getLogger("aiohttp.access").info("theirs")
    logging.getLogger("aiohttp.access").warning("their warning")
    messages = [line.split(" ", 2)[2] for line in stream.getvalue().splitlines()]
    assert messages == ["head.shell ours", "aiohttp.access their warning"]


def test_setting_up_twice_logs_once() -> None:
    first = _text()
    second = _text("error")
    log.error("once")
    log.info("not at all")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        setup("loud", json=False, stream=io.StringIO())


def test_the_redactor_masks_what_the_process_comes_to_know() -> None:
    stream = io.StringIO()
    redactor = setup("info", json=True, stream=stream)
    redactor.add("s3cret-value")
    log.info("with %s", {"k": "s3cret-value"}, extra=fields(key="tfk_7Hq2_Zm9vYmFyYmF6cXV4_a1b2c3"))
    line = json.loads(stream.getvalue())
    assert (line["message"], line["key"]) == ("with {'k': '***'}", "tfk_7Hq2_***")


def test_warnings_are_logged_too() -> None:
    stream = _text()
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(True)
        warnings.warn("old thing", UserWarning, stacklevel=1)
    logging.captureWarnings(False)
    assert "WARNING py.warnings" in stream.getvalue()
