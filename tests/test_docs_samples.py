"""Every sample in the documentation works on the site that the tutorial makes."""

from __future__ import annotations

import pytest

from tests.docs.project import Project, tried
from tests.docs.samples import Sample
from tests.docs.stories import STORIES


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of every sample and every story. The site is made once: it takes half a minute."""
    return Project(tmp_path_factory.mktemp("docs")).outcomes(tried(), list(STORIES))


@pytest.mark.parametrize("sample", tried(), ids=lambda sample: sample.name)
def test_a_sample_runs(sample: Sample, outcomes: dict[str, str]) -> None:
    assert not outcomes[sample.name], outcomes[sample.name]


@pytest.mark.parametrize("story", STORIES)
def test_what_a_reader_was_promised(story: str, outcomes: dict[str, str]) -> None:
    assert not outcomes[story], outcomes[story]


def test_the_site_has_nothing_for_django_to_complain_of(outcomes: dict[str, str]) -> None:
    assert not outcomes["check"], outcomes["check"]
