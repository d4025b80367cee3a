"""Every shipped scenario has the frontier that is kept of it, to the last digit.

What changes an answer on purpose writes it anew (`tools/regenerate.py outputs`), and says why in CHANGELOG.md.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designer.evaluating.design import values_of
from designer.reading.loading import load, shipped
from designer.search.archive import frontier_of

KEPT = Path(__file__).parent / "frontiers"


@pytest.mark.parametrize("name", shipped())
def test_the_frontier_is_the_one_that_is_kept(name: str, update_golden: bool) -> None:
    question = load(shipped()[name])
    archive, count = frontier_of(question)
    assert count.complete
    found = [
        {"design": design, "objectives": {o.quantity: float(values[o.quantity]) for o in question.objectives}}
        for design in archive.designs()
        for values in [values_of(question, design)]
    ]
    assert found
    file = KEPT / f"{name}.json"
    if update_golden:
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(file.read_text("utf-8"))


def test_nothing_is_kept_of_what_is_not_shipped() -> None:
    assert {f.stem for f in KEPT.glob("*.json")} == set(shipped())
