"""Brute force over the whole space finds the frontier the search found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from designer.evaluating.design import CheckFailed, values_of
from designer.planning.plan import plan_question
from designer.question.context import Value
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.search import brute
from designer.search.archive import frontier_of

pytestmark = pytest.mark.slow

SMALL = [
    "llama-3.1-70b-chat", "deepseek-v3-serving", "corpus-embedding", "gpt-3-175b-carbon", "llama-3.1-8b-finetune",
]  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_brute_force_agrees_exactly(name: str) -> None:
    question = load(locate(name))
    archive, count = frontier_of(question)
    front, feasible = brute.brute_frontier(question)
    np.testing.assert_array_equal(front, archive.objectives)
    assert feasible >= count.feasible


def test_verify_is_said() -> None:
    proof = plan_question(load(locate("corpus-embedding")), verify=True).proof
    assert proof.verified.startswith("brute force over all 12,288 designs")


def test_a_disagreement_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    question = load(locate("corpus-embedding"))
    wrong = np.zeros((1, len(question.objectives)))
    monkeypatch.setattr("designer.planning.plan.brute_frontier", lambda q: (wrong, 1))
    with pytest.raises(CheckFailed):
        plan_question(question, verify=True)


@pytest.mark.parametrize(("off", "fine"), [(1e-13, True), (1e-9, False)])
def test_a_design_at_a_bound_is_refused_for_more_than_rounding(
    off: float, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Floats may differ from the arrays of the search in their last digits, and then from the bound."""
    question = load(locate("gpt-3-175b-carbon"), ["objectives=[time_to_train]"])
    fastest = plan_question(question).frontier[0]
    at = fastest.metrics["time_to_train"].value
    assert at is not None
    bound = load(
        locate("gpt-3-175b-carbon"),
        ["objectives=[time_to_train]", f"budgets.time_to_train={at * (1 + 1e-14)!r} s"],
    )

    def floats(q: Question, design: Mapping[str, Value]) -> dict[str, Any]:
        values = values_of(q, design)
        return {**values, "time_to_train": values["time_to_train"] * (1 + off)}

    monkeypatch.setattr("designer.evaluating.checked.values_of", floats)
    if fine:
        assert [d.design for d in plan_question(bound).frontier] == [fastest.design]
    else:
        with pytest.raises(CheckFailed, match="breaks time_to_train"):
            plan_question(bound)


def test_a_space_too_large_for_brute_force_is_verified_by_bounds() -> None:
    question = load(locate("deepseek-v3-pretrain"), ["candidates.micro_batch=[1]", "candidates.tp=[1, 2]"])
    proof = plan_question(question, verify=True).proof
    assert proof.verified.startswith("interval branch and bound over all 38,552,976 designs")


def test_what_bounds_could_not_close_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("designer.planning.plan.VERIFY_SECONDS", 0)
    proof = plan_question(load(locate("deepseek-v3-pretrain")), verify=True).proof
    assert proof.verified.startswith("not finished: interval bounds closed 0 % of the space")
