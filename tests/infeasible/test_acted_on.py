"""What is printed of an impossible scenario is true when somebody acts on it: see `acting`, which tries more."""

from __future__ import annotations

import pytest
from acting import drawn, said, turned


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_every_sentence_is_true_when_acted_on(seed: int) -> None:
    found = said(drawn(seed))
    assert found.checked
    assert not found.faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_every_bound_at_which_the_frontier_changes_is_one(seed: int) -> None:
    assert not turned(drawn(seed, tight=False)).faults
