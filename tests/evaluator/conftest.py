from collections.abc import Iterator

import pytest

from .node import EVALUATOR, Node, running


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Node]:
    with running(EVALUATOR) as node:
        yield node
