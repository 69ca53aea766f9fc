"""Other processes for the tests that count in several."""

from collections.abc import Iterator

import pytest

from .processes import Server


@pytest.fixture(scope="package")
def counting_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("counting"))
    yield server
    server.stop()
