"""The same fleet has the same answer: what is done is bounded by count, and no two workers race."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer.answers.fleet import FleetResult
from designer.fleets import alternatives, binding
from designer.fleets.planning import plan_fleet
from designer.fleets.reading import load_fleet


def answer() -> FleetResult:
    found = plan_fleet(load_fleet(Path(__file__).parents[2] / "scenarios" / "fleets" / "ai-lab.yaml"))
    return found.model_copy(update={"proof": found.proof.model_copy(update={"seconds": 0.0})})


@pytest.mark.slow
def test_the_same_question_has_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "MOST", 2)
    monkeypatch.setattr(alternatives, "MOST", 1)
    first = answer()
    assert answer() == first
    assert any("solved again, the fullest first" in n for n in first.notes)
    assert len(first.elsewhere) <= 1
