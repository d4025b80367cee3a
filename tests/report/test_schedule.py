"""The drawn pipeline has the bubble that its sources give in closed form."""

from __future__ import annotations

from itertools import pairwise

import pytest

from designer.drawing.pictures.pipeline import drawable, pipeline
from designer.drawing.schedule import schedule


@pytest.mark.parametrize("stages", [2, 4, 8])
@pytest.mark.parametrize("chunks", [1, 2, 4])
@pytest.mark.parametrize("rounds", [1, 3])
def test_bubble_is_that_of_narayanan(stages: int, chunks: int, rounds: int) -> None:
    """Idle time over work: (p - 1) / (v m), Narayanan et al. 2021, section 2.2.2."""
    batches, forward, backward = rounds * stages, 1.0, 2.0
    _, idle = pipeline(stages, chunks, batches, forward, backward)
    work = chunks * batches
    assert idle == pytest.approx((stages - 1) / (work + stages - 1))


def test_each_stage_does_all_passes_one_after_the_other() -> None:
    for passes in schedule(4, 2, 8, 1.0, 2.0):
        assert [p.kind for p in passes].count("F") == [p.kind for p in passes].count("B") == 16
        assert all(a.end <= b.start + 1e-12 for a, b in pairwise(passes))


def test_what_has_no_such_schedule_is_not_drawn() -> None:
    assert not drawable(1, 1, 8)  # no pipeline
    assert not drawable(4, 2, 6)  # chunks in turn need whole rounds
    with pytest.raises(ValueError, match="drawn"):
        pipeline(4, 2, 6, 1.0, 1.0)
