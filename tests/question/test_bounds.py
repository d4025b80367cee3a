"""Which way a plain bound goes, and what admits a design for which it is undefined: nothing."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from catalogs import default_catalog, yaml
from catalogs.errors import InputError
from constraints.records import record
from designer.jobs import job_rules
from designer.planning.plan import plan_question
from designer.question.expressions import parse
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.branch_and_bound import prove
from designer.search.brute import brute_frontier

CATALOG = default_catalog()


def read(sets: tuple[str, ...] = (), **more: Any) -> Question:
    document = {
        "name": "bounds",
        "workload": {"job": "training", "model": "llama-3.1-8b", "sequence_length": "8192 token",
                     "global_batch": "1048576 token", "dataset": "2e9 token"},
        "candidates": {"node": "dgx-h100", "node_count": [1, 2, 3], "tp": [1, 2], "pp": [1, 2, 4], "dp": [1, 2, 4, 8],
                       "vpp": 1, "micro_batch": 1, "recompute": "full", "sharding": "zero3"},
        "objectives": ["cost"],
        **more,
    }  # fmt: skip
    return question_of(SourceMap(yaml.parse(json.dumps(document, indent=1), "bounds.yaml"), sets, CATALOG))


@pytest.mark.parametrize("name", sorted(n for n in job_rules("training") if record(n).better == "more"))
def test_a_plain_bound_on_what_is_better_large_is_the_least(name: str) -> None:
    unit = job_rules("training")[name].unit
    try:
        question = read(budgets={name: f"1 {unit}".strip()})
    except InputError:  # of a question this scenario does not ask
        pytest.skip("the scenario does not state what it rests on")
    (limit,) = (t for t in question.stated if t.kind == "budget")
    assert limit.op == ">="
    (again,) = (t for t in read((f"budgets.{name}=1 {unit}",)).stated if t.kind == "budget")
    assert again.op == ">="


def test_a_plain_bound_is_the_most_otherwise() -> None:
    assert next(t for t in read(budgets={"cost": "1 MUSD"}).stated if t.kind == "budget").op == "<="


@pytest.mark.parametrize("bound", ["40", ">= 40", "0.4", "<= 0.4"])
def test_a_plain_number_beside_a_share_is_refused(bound: str) -> None:
    with pytest.raises(InputError, match="has no unit; mfu is a share, written like"):
        read(budgets={"mfu": bound})
    with pytest.raises(InputError, match="has no unit; mfu is a share"):
        read(rules=[f"tp == 1 or mfu {bound if bound[0] in '<>' else '>= ' + bound}"])


UNDEFINED = (
    "devices % (pp - 1) != 0", "not devices % (pp - 1) == 0", "devices / (pp - 1) > 3", "devices // (pp - 1) >= 1",
    "not devices / (pp - 1) < 3", "sqrt(pp - 2) >= 0", "not sqrt(pp - 2) < 0", "0 * (devices / (pp - 1)) == 0",
    "pp == 1 or devices % (pp - 1) == 0", "tp == 2 and devices % (pp - 1) == 0", "(pp - 1) ** -1 > 0",
)  # fmt: skip


def defined(text: str, v: dict[str, int]) -> bool:
    """Whether a rule surely holds, by Python: what raises is neither true nor false."""

    def sure(t: str) -> bool:
        try:
            return eval(t, {"sqrt": lambda x: x**0.5 if x >= 0 else 1 / 0}, v) is True
        except ZeroDivisionError:
            return False

    for word, join in ((" or ", any), (" and ", all)):
        if word in text:
            return join(map(sure, text.split(word)))
    return sure(text)


@pytest.mark.parametrize("text", UNDEFINED)
def test_what_is_undefined_admits_nothing(text: str) -> None:
    node = parse(text)
    ways = [
        {"tp": tp, "pp": pp, "devices": d} for tp, pp, d in itertools.product([1, 2], [1, 2, 4], [8, 16, 24])
    ]
    want = [defined(text, v) for v in ways]
    assert [bool(node.holds(v)) for v in ways] == want
    columns = {n: np.array([float(v[n]) for v in ways]) for n in ways[0]}
    with np.errstate(all="ignore"):
        assert np.asarray(node.holds(columns)).tolist() == want


@pytest.mark.parametrize("text", UNDEFINED)
def test_search_brute_force_and_bounds_agree(text: str) -> None:
    question = read(rules=[text])
    result = plan_question(question)
    front, feasible = brute_frontier(question)
    assert len(result.frontier) == len(front)
    assert bool(feasible) == (result.status == "found")
    assert prove(question, front, float("inf")).complete


def test_the_very_bound_is_the_first() -> None:
    """devices < 16: 16 is what is let in first, not the next number after it."""
    question = read(rules=["devices < 16"], objectives=["time_to_train"])
    (turn,) = (t for t in plan_question(question).turning if t.limit == "devices < 16")
    assert turn.looser == 16
