"""Every shipped scenario has the frontier it had in version 0.2.0, to the last digit.

What changes an answer on purpose changes its line in `frontiers-0.2.0.json`, and says why in CHANGELOG.md.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designer.evaluating.design import values_of
from designer.reading.loading import load, shipped
from designer.search.archive import frontier_of

KEPT = json.loads((Path(__file__).parent / "frontiers-0.2.0.json").read_text("utf-8"))


@pytest.mark.parametrize("name", KEPT)
def test_the_frontier_is_that_of_version_0_2_0(name: str) -> None:
    question = load(shipped()[name])
    archive, count = frontier_of(question)
    assert count.complete
    found = [
        {"design": design, "objectives": {o.quantity: float(values[o.quantity]) for o in question.objectives}}
        for design in archive.designs()
        for values in [values_of(question, design)]
    ]
    assert found == KEPT[name]
