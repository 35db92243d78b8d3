"""A head that serves REST, one for each file of tests that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rest_head import Head, head


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Head]:
    with head(tmp_path_factory.mktemp("head")) as running:
        yield running
