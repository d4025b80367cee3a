"""Conflicts and repairs of 70 impossible scenarios, against an evaluation of every design.

The oracle knows no schedule, cut, mask or solver: it computes all designs of a question at once and
decides budgets and rules by Python functions of its own. What giving way means for demand and
candidates is the product's definition; whether a design then exists is decided here.

    PYTHONPATH=tests/search python tests/infeasible/test_why_none.py 0 1000

holds the same of so many.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest
import test_search_oracle as oracle
from test_search_oracle import Term

from catalogs import yaml
from designer.answers.plan import PlanResult, Repair
from designer.evaluating.design import values_of
from designer.infeasible import impossible
from designer.infeasible.conflict import DROPPED
from designer.infeasible.repairs import repaired
from designer.planning.plan import plan_question
from designer.question.question import Premise, Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

pytestmark = pytest.mark.slow

MOST_DESIGNS = 40
BATCHES, EACH = 14, 5
Rows = dict[str, Any]


def designs(question: Question) -> Rows:
    """Every quantity of every design that meets the limits, as arrays."""
    names = [d.name for d in question.decisions]
    every = list(itertools.product(*(question.domains[n] for n in names)))
    columns = dict(zip(names, zip(*every, strict=True), strict=True))
    given: Rows = {
        d.name: np.array([d.number(v) for v in columns[d.name]])
        for d in question.decisions
        if d.kind != "choice"
    }
    for g in question.groups:
        keys = list(zip(*(columns[a] for a in g.axes), strict=True))
        built = {key: g.build(*key) for key in dict.fromkeys(keys)}
        for n in next(iter(built.values())):
            given[n] = np.array([built[key][n].si for key in keys])
    given |= {n: k.si for n, k in question.given.items()}
    wanted = {n for t in question.stated for n in t.inputs} | {"devices", "devices_used"}
    with np.errstate(all="ignore"):
        values = question.graph.evaluate([*question.limited, *wanted], given)
    fits = np.ones(len(every), dtype=bool)
    for t in question.limits:
        if not t.stated:
            fits &= np.broadcast_to(np.asarray(t.holds(values), dtype=bool), fits.shape)
    return {n: np.broadcast_to(values[n], fits.shape)[fits] for n in {*wanted, "tp", "pp"} if n in values}


def each(rows: Rows) -> list[Rows]:
    return [dict(zip(rows, r, strict=True)) for r in zip(*(v.tolist() for v in rows.values()), strict=True)]


def possible(question: Question, terms: Iterable[Term]) -> bool:
    kept = list(terms)
    return any(all(t.holds(v) for t in kept) for v in each(designs(question)))


class Impossible:
    """A random scenario that no design meets, and what the product says of it."""

    def __init__(self, seed: int):
        r = random.Random(f"impossible-{seed}")
        self.job = r.choice(["training", "training", "serving"])
        for _ in range(60):
            document = oracle.training(r) if self.job == "training" else oracle.serving(r)
            domains = document["candidates"]
            while math.prod(len(d) for d in domains.values()) > MOST_DESIGNS:
                r.choice([d for d in domains.values() if len(d) > 1]).pop()
            goals = oracle.TRAINING_GOALS if self.job == "training" else oracle.SERVING_GOALS
            self.document = {**document, "objectives": r.sample(goals, 2)}
            if self._drawn(r):
                return
        raise AssertionError("no impossible scenario was drawn")

    def _drawn(self, r: random.Random) -> bool:
        names = oracle.BUDGETS[self.job]
        plain = self.question([f"{n} >= 0 {oracle.UNITS[n]}".strip() for n in names], [])
        rows = each(designs(plain))
        if not rows:
            return False
        case = oracle.Case(self.document, 0, rows, [])
        self.terms = oracle.terms_of(r, case, r.choice([2, 3, 4]), 0.0, 0.25)
        self.everything = [*self.terms, *case.standing()]
        return not any(all(t.holds(v) for t in self.everything) for v in rows)

    def question(self, budgets: list[str], rules: list[str]) -> Question:
        text = json.dumps({**self.document, "budgets": budgets, "rules": rules}, indent=1)
        return question_of(SourceMap(yaml.parse(text, "impossible.yaml"), [], oracle.CATALOG))

    def asked(self) -> Question:
        """The question, which works out once what it takes for granted."""
        budgets = [t.text for t in self.terms if t.kind == "budget"]
        q = self.question(budgets, [t.text for t in self.terms if t.kind == "rule"])
        q.taken_for_granted = cache(q.taken_for_granted)
        return q

    def term(self, name: str) -> Term:
        return next(t for t in self.everything if t.name == name)

    def without(self, *names: str) -> list[Term]:
        return [t for t in self.everything if t.name not in names]


def given_way(question: Question, premises: Iterable[Premise]) -> list[Question]:
    """The question with candidates widened and each demand as asked or at its least, in every mixture."""
    out = [question]
    for p in premises:
        out = [v for q in out for v in ([p.least(q)] if p.kind == "candidates" else [p.least(q), q])]
    return out


def conflict_is_minimal(s: Impossible, q: Question, result: PlanResult) -> None:
    premises = {p.name: p for p in q.taken_for_granted() if p.name not in result.taken_as_given}
    members = [m.name for m in result.conflict]
    assert members
    assert set(members) | set(result.not_involved) == {t.name for t in s.everything} | set(premises)

    def exists(kept: list[str]) -> bool:
        loose = [p for n, p in premises.items() if n not in kept]
        return any(possible(v, [t for t in s.everything if t.name in kept]) for v in given_way(q, loose))

    assert not exists(members), members
    for m in members:
        assert exists([n for n in members if n != m]), (m, members)


def repair_is_smallest(s: Impossible, q: Question, repair: Repair) -> None:
    ((name, change),) = repair.changes.items()
    premise = next((p for p in q.taken_for_granted() if p.name == name), None)
    if premise is None:
        budget_is_smallest(s, q, name, change)
    elif premise.kind == "candidates":
        added = next(v for v in premise.more if change == f"add {premise.said(v)}")
        nearer = premise.more[: premise.more.index(added)]
        assert possible(premise.at(q, added), s.everything)
        assert not any(possible(premise.at(q, v), s.everything) for v in nearer)
    else:
        assert repair.relative is not None
        share = 1 - repair.relative
        assert possible(premise.at(q, share), s.everything)
        # One more in the fourth digit is too much.
        more = 2 * share if premise.shares else share * (1 + 1.01e-3)
        if more < 1:
            assert not possible(premise.at(q, more), s.everything)


def budget_is_smallest(s: Impossible, q: Question, name: str, change: str) -> None:
    """Feasible with the new bound, and by bisection with no bound that is nearer to the old one."""
    rest = s.without(name)
    rows = [v for v in each(designs(q)) if all(t.holds(v) for t in rest)]
    assert rows
    if change == "drop it":
        return
    limit = next(t for t in q.limits if t.name == name)
    assert limit.quantity is not None
    assert limit.bound is not None
    values = [v[limit.quantity] for v in rows]
    moved = next(t for t in repaired(q, {name: change}).limits if t.name == name)
    assert any(moved.holds({limit.quantity: x}) for x in values)
    low, high = limit.bound, moved.bound or 0.0
    for _ in range(60):
        middle = (low + high) / 2
        works = any(x <= middle for x in values)
        low, high = (low, middle) if works else (middle, high)
    assert moved.bound == pytest.approx(high, rel=2e-3)


def joint_is_smallest(s: Impossible, q: Question, result: PlanResult) -> None:
    """The least sum of relative changes over all designs, each taken by itself."""
    if result.joint is None:
        return
    sums = []
    for v in each(designs(q)):
        total = 0.0
        for t in q.stated:
            if not s.term(t.name).holds(v):
                over = float(t.excess(v))
                total += over if math.isfinite(over) else DROPPED
        sums.append(total)
    assert result.joint.total == pytest.approx(min(sums))
    assert possible(q, s.without(*result.joint.changes))


def narrow(patch: pytest.MonkeyPatch) -> None:
    """Few wider values are tried, so that the oracle can look at every design."""
    patch.setattr(impossible, "NARROWEST", 80)
    patch.setattr(impossible, "WIDER", 2)


def explained(seed: int) -> None:
    s = Impossible(seed)
    q = s.asked()
    result = plan_question(q)
    assert result.status == "infeasible", seed
    assert result.confirmed
    conflict_is_minimal(s, q, result)
    hardware = {m.name for c in result.conflicts for m in c if m.kind == "limit"}
    for repair in result.repairs:
        if len(repair.changes) == 1 and not hardware & set(repair.changes):
            repair_is_smallest(s, q, repair)
    joint_is_smallest(s, q, result)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_conflict_and_repair(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow(monkeypatch)
    for seed in range(batch * EACH, (batch + 1) * EACH):
        explained(seed)


@pytest.mark.parametrize("seed", range(6))
def test_all_conflicts_are_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is minimal, and giving way to all of them (any minimal hitting set) admits a design."""
    narrow(monkeypatch)
    s = Impossible(seed)
    q = s.asked()
    result = plan_question(q, every_conflict=True)
    assert result.all_conflicts_complete
    assert result.all_conflicts is not None
    premises = {p.name: p for p in q.taken_for_granted() if p.name not in result.taken_as_given}
    names = [*premises, *(t.name for t in s.everything)]

    def exists(kept: set[str]) -> bool:
        loose = [p for n, p in premises.items() if n not in kept]
        return any(possible(v, [t for t in s.everything if t.name in kept]) for v in given_way(q, loose))

    conflicts = [frozenset(m.name for m in c) for c in result.all_conflicts]
    assert frozenset(m.name for m in result.conflict) in conflicts
    for c in conflicts:
        assert not exists(set(c))
        assert all(exists(set(c) - {m}) for m in c)
    involved = sorted(set().union(*conflicts))
    hits: list[frozenset[str]] = []
    for size in range(1, len(involved) + 1):
        for pick in map(frozenset, itertools.combinations(involved, size)):
            if not any(h <= pick for h in hits) and all(pick & c for c in conflicts):
                hits.append(pick)
                assert exists(set(names) - pick), pick


def test_weights_move_the_joint_repair() -> None:
    """What counts more gives way less; the sum is the weighted one."""
    document = {
        "name": "weighted",
        "workload": {
            "job": "serving", "model": "llama-3.1-8b", "rate": "30 request/s",
            "lengths": [{"share": 1, "input": "1000 token", "output": "250 token"}],
        },
        "candidates": {"node": "p5.48xlarge", "node_count": 8, "tp": [1, 2, 4, 8], "pp": 1,
                       "precision": "bf16", "weights": "bf16", "kv": "bf16"},
        "budgets": {"tpot_p99": "2.6 ms", "cost_per_token": "1 USD/megatoken"},
    }  # fmt: skip

    def planned(weights: dict[str, float]) -> PlanResult:
        text = json.dumps({**document, "repair_weights": weights}, indent=1)
        return plan_question(question_of(SourceMap(yaml.parse(text, "weighted.yaml"), [], oracle.CATALOG)))

    def excess(result: PlanResult, name: str) -> float:
        assert result.joint is not None
        q = question_of(SourceMap(yaml.parse(json.dumps(document, indent=1), "w.yaml"), [], oracle.CATALOG))
        limit = next(t for t in q.limits if t.name == name)
        return max(0.0, float(limit.excess(values_of(q, result.joint.design))))

    even, dear = planned({}), planned({"tpot_p99": 50})
    assert even.status == dear.status == "infeasible"
    assert excess(dear, "tpot_p99") < excess(even, "tpot_p99")
    assert excess(dear, "cost_per_token") > excess(even, "cost_per_token")
    for result, weight in ((even, 1), (dear, 50)):
        assert result.joint is not None
        total = excess(result, "cost_per_token") + weight * excess(result, "tpot_p99")
        assert result.joint.total == pytest.approx(total)


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        narrow(patch)
        for number in range(*map(int, sys.argv[1:])):
            explained(number)
