"""What is printed of an impossible scenario is true when somebody acts on it: see `acting`."""

from __future__ import annotations

import pytest
from acting import drawn, said


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_every_sentence_is_true_when_acted_on(seed: int) -> None:
    found = said(drawn(seed))
    assert found.checked
    assert not found.faults
