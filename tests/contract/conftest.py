"""Every promise is tried on every body, each opened on an event loop of the test's own."""

from __future__ import annotations

import asyncio

import pytest
from store_bodies import KINDS, StoreBody

from tensorfleet.objects.disk import DiskObjects
from tensorfleet.objects.memory import MemoryObjects


@pytest.fixture
def loop():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(params=KINDS)
def body(request, loop):
    body = StoreBody(request.param)
    loop.run(body.store.open())
    yield body
    loop.run(body.store.close())
    body.remove()


@pytest.fixture
def store(body):
    return body.store


@pytest.fixture(params=("memory", "disk"))
def objects(request, loop, tmp_path):
    objects = MemoryObjects(lambda: 1000.0) if request.param == "memory" else DiskObjects(tmp_path / "objects")
    loop.run(objects.open())
    yield objects
    loop.run(objects.close())
