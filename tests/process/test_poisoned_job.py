"""A stored job that takes the head down is found by the next start, set aside and explained; the others go on."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path

from process.fleet import Fleet, wait_for
from tensorfleet.head.quarantine import FILE
from tensorfleet.store.port import Put
from tensorfleet.store.tinydb import TinyDBStore


def poison(data: Path, like: str) -> None:
    """A job that asks for less of a core than can be counted: decoding takes it, planning does not."""

    async def write() -> None:
        store = TinyDBStore(data)
        await store.open()
        doc = copy.deepcopy(store.get("jobs", like))
        assert doc is not None
        spec = doc["spec"] | {"name": "poison", "request": doc["spec"]["request"] | {"cpus": 1e-320}}
        bad = doc | {"id": "jpoison", "spec": spec, "order": f"{doc['order']}x"}
        await store.commit([Put("jobs", "jpoison", {key: value for key, value in bad.items() if key != "rev"})])
        await store.close()

    asyncio.run(write())


def test_a_job_that_takes_the_head_down_is_set_aside_by_the_next_start(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        fleet.end("a")
        good = fleet.submit("true").id
        fleet.end("head")
        assert not (fleet.data / "running").exists(), "a good end leaves no mark"
        poison(fleet.data, good)
        fleet.start_head()
        fleet.agent("a", online=False)
        wait_for(lambda: fleet.processes["head"].poll() is not None, "it takes the head down")
        fleet.start_head()
        assert fleet.finished(good).state == "succeeded"
        told = [event for event in fleet.client.events() if event.kind == "job.quarantined"]
        assert [event.job for event in told] == ["jpoison"]
        assert "planning it fails: OverflowError" in told[0].text
        said = json.loads(fleet.run("doctor", "--data-dir", str(fleet.data), "--json").stdout)
        assert [each["level"] for each in said if each["check"] == "quarantine"] == ["warn"]
        # It stays aside over a good end and a careless start, and comes back when somebody takes it out.
        fleet.end("head")
        fleet.start_head()
        assert "jpoison" in json.loads((fleet.data / FILE).read_text())
        fleet.end("head")
        (fleet.data / FILE).unlink()
        fleet.start_head()
        wait_for(lambda: fleet.processes["head"].poll() is not None, "it is tried again")
