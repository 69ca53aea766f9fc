"""The list is whole: every requirement has its test or its reason, and every test its requirement."""

from __future__ import annotations

import pytest

from tests.requirements.listed import FOLDER, Requirement, proofs, proofs_of, requirements, sections

PROVING = [proof for proof in proofs() if proof.file != "test_list.py"]


@pytest.mark.parametrize("row", requirements(), ids=lambda row: str(row.number))
def test_a_requirement_has_a_test_or_a_reason(row: Requirement) -> None:
    proved = proofs_of(row.number)
    if row.level == "MUST":
        assert proved, f"requirement {row.number} has no test: {row.text}"
        assert not row.reason, f"requirement {row.number} is a MUST: a reason does not do instead of a test"
    else:
        assert bool(proved) != bool(row.reason), f"requirement {row.number} needs a test, or a reason: {row.text}"


def test_the_numbers_run_from_1_to_93_and_the_sections_from_a_to_j() -> None:
    assert [row.number for row in requirements()] == list(range(1, 94))
    assert "".join(section.letter for section in sections()) == "ABCDEFGHIJ"


def test_each_says_how_binding_it_is_what_holds_and_who_says_so() -> None:
    for row in requirements():
        assert row.level in {"MUST", "SHOULD"}, row.number
        assert row.text.endswith("."), row.number
        assert row.sources, row.number


def test_no_test_names_a_number_that_is_not_there() -> None:
    known = {row.number for row in requirements()}
    assert not [str(proof) for proof in PROVING if not set(proof.numbers) <= known]


def test_every_test_here_proves_something_and_has_a_name_of_its_own() -> None:
    assert not [str(proof) for proof in PROVING if not proof.numbers]
    names = [str(proof) for proof in PROVING]
    assert len(names) == len(set(names))


def test_no_proof_is_left_out_of_the_run() -> None:
    """A proof that is skipped always, or that is expected to fail, is none."""
    for path in sorted(FOLDER.glob("test_*.py")):
        if path.name != "test_list.py":
            text = path.read_text()
            assert not [mark for mark in ("mark.skip", "mark.xfail", "pytest.xfail") if mark in text], path.name


def test_what_is_read_from_the_files_is_what_pytest_collects(request: pytest.FixtureRequest) -> None:
    """So that the page in the documentation names the tests that are run."""
    here = {
        (item.path.name, item.nodeid.partition("::")[2].partition("[")[0]): tuple(
            n for mark in item.iter_markers("requirement") for n in mark.args
        )
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path.parent == FOLDER
    }
    read = {(proof.file, proof.name): proof.numbers for proof in proofs()}
    assert {test: sorted(numbers) for test, numbers in here.items()} == {
        test: sorted(read.get(test, (-1,))) for test in here
    }
