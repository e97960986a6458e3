"""A PostgreSQL server that the tests of one file share."""

from collections.abc import Iterator

import pytest

from tests.storage.postgres import Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started
