"""A limit is one thing whoever states it: one excess, also of a bound of 0, one name, and it can bind."""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalogs.errors import InputError
from constraints.graph import Graph
from constraints.quantities import Count, Truth
from constraints.rule import Rule, rule
from designer.cli import main
from designer.evaluating.design import binding, evaluate, values_of
from designer.explaining.explanation import explain_found
from designer.planning.plan import plan_question
from designer.question.expressions import parse
from designer.question.limit import Limit
from designer.question.question import Question
from designer.reading.loading import load, locate

ROOT = Path(__file__).resolve().parents[2]
GPT = "scenarios/gpt-3-175b-carbon.yaml"
SMALL = ["candidates={node: dgx-h100, node_count: [16, 18], tp: [4, 8], pp: [4, 8], vpp: 1}",
         "objectives=[time_to_train, cost]"]  # fmt: skip


def stated(text: str, kind: str = "rule") -> Limit:
    return Limit.stated_as(text, text, kind, "here", parse(text), {})


@pytest.mark.parametrize(
    ("text", "value", "excess"),
    [
        ("a <= 4", 6.0, 0.5), ("a <= 4", 3.0, -0.25), ("a >= 4", 3.0, 0.25), ("a >= 4", 6.0, -0.5),
        ("a <= 0", 3.0, 3.0), ("a < 0", 0.0, 0.0), ("a >= 0", 2.0, -2.0), ("a <= 0", 0.0, 0.0),
        ("a <= 4", math.nan, math.inf), ("a <= 0", math.nan, math.inf),
        ("a == 4", 4.0, 0.0), ("a == 4", 5.0, math.inf),
    ],
)  # fmt: skip
def test_the_excess_is_a_share_of_the_bound_or_the_amount_beyond_0(
    text: str, value: float, excess: float
) -> None:
    limit = stated(text)
    assert limit.excess({"a": value}) == excess
    assert np.asarray(limit.excess({"a": np.array([value, value])})).tolist() == [excess, excess]


def test_the_excess_over_sides_that_are_partly_0_is_told_row_by_row() -> None:
    found = stated("a <= b").excess({"a": np.array([3.0, 3.0, 1.0]), "b": np.array([0.0, 2.0, 0.0])})
    assert np.asarray(found).tolist() == [3.0, 0.5, 1.0]


def test_no_share_is_told_of_a_bound_of_0() -> None:
    assert stated("a <= 0").share({"a": 3.0}) is None
    assert stated("a <= 2").share({"a": 3.0}) == 0.5
    assert stated("a == 2").share({"a": 3.0}) is None


def holds(tp: Count, pp: Count) -> Truth:
    """TP is at most PP."""
    return tp <= pp


def test_a_rule_of_truth_and_a_site_rule_that_say_the_same_are_the_same_limit() -> None:
    declared, written = Limit.of(rule(cite="definition")(holds).__rule__), stated("tp <= pp")  # type: ignore[attr-defined]
    for tp, pp in ((8.0, 4.0), (2.0, 4.0), (1.0, 0.0)):
        values = {"tp": tp, "pp": pp}
        assert declared.holds(values) == written.holds(values)
        assert declared.excess(values) == written.excess(values)
    assert (declared.quantity, declared.bound) == (written.quantity, written.bound) == ("tp", None)
    assert (declared.stated, written.stated) == (False, True)


def test_a_budget_named_like_a_quantity_does_not_take_its_place() -> None:
    q = load(locate(GPT), [*SMALL, "budgets={cost: 9 MUSD}", "rules=[cost <= 8 MUSD]"])
    budget, site = (t for t in q.stated if "cost" in t.inputs)
    assert (budget.name, site.name) == ("cost", "cost <= 8 MUSD")
    assert len({t.rule.id for t in q.limits} | q.graph.rules.keys()) == len(q.graph.rules) + len(q.stated)
    found = plan_question(q)
    assert found.frontier
    for d in found.frontier:
        cost = d.metrics["cost"].value
        assert cost is not None
        assert 1e5 < cost <= 8e6


def test_what_binds_is_listed_once() -> None:
    """Although a budget is called what it bounds, which a rule makes."""
    q = load(locate("scenarios/llama-3.1-70b-chat-20ms.yaml"), ["objectives=[cost_per_token]"])
    plan = plan_question(q)
    design = next(d for d in plan.frontier if any(b.name == "tpot_p99" for b in d.binds))
    names = [b.name for b in explain_found(q, plan, design, depth=0, facts=0).budgets]
    assert "tpot_p99" in names
    assert len(set(names)) == len(names)


@rule(cite="definition: a house that keeps to short pipelines")
def pipeline_short(pp: Count) -> Truth:
    """PP is at most 4."""
    return pp <= 4


def with_rule(q: Question, new: Rule) -> Question:
    return replace(q, graph=Graph({**q.graph.rules, new.id: new}), limits=[*q.limits, Limit.of(new)])


def test_a_new_rule_of_truth_binds() -> None:
    """Nobody lists it: it cuts, so it is taken away, and what comes back is the frontier without it."""
    q = load(locate(GPT), [*SMALL, "budgets={}"])
    free, tight = plan_question(q), plan_question(with_rule(q, pipeline_short.__rule__))  # type: ignore[attr-defined]
    assert tight.proof.cut["pipeline_short"]
    bound = [b for d in tight.frontier for b in d.binds if b.name == "pipeline_short"]
    assert bound
    assert {b.loosened for b in bound} == {1.0}  # PP 8 against 4
    assert {b.breakpoint for b in bound} == {8.0}
    best = [min(d.metrics["time_to_train"].value or math.inf for d in p.frontier) for p in (free, tight)]
    assert best[0] < best[1]


def test_a_limit_of_form_does_not_bind() -> None:
    """Nothing lifts what must divide what: it is not taken away, whatever it cuts."""
    q = load(locate(GPT), [*SMALL, "budgets={}"])
    form = rule(cite="definition", form=True)(pipeline_short.__wrapped__).__rule__  # type: ignore[attr-defined]
    found = plan_question(with_rule(q, replace(form, id="of_form")))
    assert found.proof.cut["of_form"]
    known = {b.name for d in found.frontier for b in d.binds}
    assert "of_form" not in known


def test_a_bound_of_0_is_told_in_its_unit(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [*SMALL, "candidates.dp=[2, 3]", "budgets={idle_devices: 0}"]
    q = load(locate(GPT), sets)
    limit = next(t for t in q.limits if t.name == "idle_devices")
    design: dict[str, Any] = {"node": "dgx-h100", "node_count": 16, "tp": 8, "pp": 4, "dp": 3}
    answer = evaluate(q, {**q.first_design(), **design})
    found = next(b for b in answer.violated if b.name == "idle_devices")
    assert (found.value, found.bound, found.slack) == (32.0, 0.0, None)
    assert binding(q, limit, values_of(q, answer.design)) == found
    assert main(["plan", GPT, *(x for s in sets for x in ("--set", s))]) in (0, 2)
    said = capsys.readouterr().out
    assert "idle_devices" in said
    assert max(map(len, said.replace(",", "").split())) < 80


@pytest.mark.parametrize(("rules", "there"), [
    ("[]", True), ("[idle_devices <= 100]", True),
    ("[idle_share <= 50 %]", False), ("[idle_share < 100 %]", False),
])  # fmt: skip
def test_a_default_gives_way_to_what_is_said_of_its_quantity_alone(rules: str, there: bool) -> None:
    q = load(locate(GPT), [*SMALL, "budgets={}", f"rules={rules}"])
    assert any(t.kind == "default" and "idle_share" in t.inputs for t in q.limits) == there


def test_a_limit_is_no_quantity_to_bound() -> None:
    with pytest.raises(InputError, match="is a limit that every design meets already"):
        load(locate(GPT), [*SMALL, "budgets={}", "rules=[memory_fits == 1]"])


def test_nothing_outside_constraints_asks_whether_it_is_a_rule() -> None:
    asked = [
        file.name
        for file in (ROOT / "designer").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "isinstance"
        and ast.unparse(node.args[1]) == "Rule"
    ]
    assert asked == []
