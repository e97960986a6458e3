"""A database server that the tests of one file share."""

from collections.abc import Iterator

import pytest

from tests.storage.servers import KINDS, Server, serving


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(request.param) as started:
        yield started
