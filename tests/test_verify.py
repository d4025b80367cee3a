"""Brute force over the whole space finds the frontier the search found."""

from __future__ import annotations

import numpy as np
import pytest

from designer.evaluation import CheckFailed
from designer.planning import plan_question
from designer.reading.loading import load, locate
from designer.search import brute
from designer.search.archive import frontier_of

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
    monkeypatch.setattr("designer.planning.brute_frontier", lambda q: (wrong, 1))
    with pytest.raises(CheckFailed):
        plan_question(question, verify=True)


def test_a_space_too_large_for_brute_force_is_verified_by_bounds() -> None:
    proof = plan_question(load(locate("deepseek-v3-pretrain")), verify=True).proof
    assert proof.verified.startswith("interval branch and bound over all 57,829,464 designs")


def test_what_bounds_could_not_close_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("designer.planning.VERIFY_SECONDS", 0)
    proof = plan_question(load(locate("deepseek-v3-pretrain")), verify=True).proof
    assert proof.verified.startswith("not finished: interval bounds closed 0 % of the space")
