"""An unfinished plan: within its limit, as good in each objective as a search for that alone, and said to be open."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from catalogs import default_catalog, yaml
from designer.planning import plan as planning
from designer.planning.optima import single_optima
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search import branch_and_bound
from designer.search.archive import Archive, frontier_of

DOCUMENT = {
    "name": "limited",
    "workload": {"job": "training", "model": "llama-3.1-8b", "sequence_length": "8192 token",
                 "global_batch": "1048576 token", "dataset": "2e9 token"},
    "candidates": {"node": ["dgx-h100", "dgx-b200"], "node_count": "1..16", "vpp": 1},
    "objectives": ["time_to_train", "cost"],
}  # fmt: skip


@pytest.fixture(scope="module")
def question() -> Question:
    return question_of(SourceMap(yaml.parse(json.dumps(DOCUMENT), "limited.yaml"), [], default_catalog()))


def test_single_optima_are_the_best_values(question: Question) -> None:
    whole, _ = frontier_of(question)
    some = Archive(question)
    found = single_optima(question, some, float("inf"))
    assert found == pytest.approx(
        dict(zip(("time_to_train", "cost"), whole.objectives.min(axis=0), strict=True))
    )
    assert np.allclose(some.objectives.min(axis=0), whole.objectives.min(axis=0))


def test_an_unfinished_plan_has_the_best_of_each(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the search of both objectives together were out of time at once."""
    real = planning.frontier_of

    def never(q: Question, deadline: float | None = None, **more: object) -> object:
        _, count = real(replace(q, objectives=q.objectives[:1]), deadline)
        return Archive(q), replace(count, complete=False)

    monkeypatch.setattr(planning, "frontier_of", never)
    result = plan_question(question)
    whole, _ = frontier_of(question)
    assert result.status == "time_limit"
    assert not result.proof.complete
    best = whole.objectives.min(axis=0)
    for k, name in enumerate(("time_to_train", "cost")):
        values = [d.metrics[name].value for d in result.frontier]
        assert min(v for v in values if v is not None) == pytest.approx(best[k])
        assert result.proof.bounds[name] == pytest.approx(best[k])


def test_no_box_is_bounded_after_the_deadline(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    front, _ = frontier_of(question)
    looked: list[int] = []
    search = branch_and_bound._Search.open

    def counted(self: branch_and_bound._Search, boxes: branch_and_bound.Array) -> object:
        looked.append(len(boxes))
        return search(self, boxes)

    monkeypatch.setattr(branch_and_bound._Search, "open", counted)
    found = branch_and_bound.prove(question, front.objectives, float("-inf"))
    assert not looked
    assert not found.complete
