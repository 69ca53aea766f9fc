"""The mark by which a test says what it proves: ``@requirement(2)``, or several numbers."""

import pytest

requirement = pytest.mark.requirement
