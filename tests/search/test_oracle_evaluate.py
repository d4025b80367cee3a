"""The search and brute force against `evaluate`, asked of every layout one by one.

`evaluate` works a layout out in plain floats from the facts: no tables, arrays, order of decisions, cuts or
dominance. What is best among its answers is decided here.
"""

from __future__ import annotations

import itertools
import json
import random
from functools import cache
from typing import Any

import pytest
from test_search_oracle import (
    BUDGETS,
    CATALOG,
    SERVING_GOALS,
    TRAINING_GOALS,
    UNITS,
    ask,
    assert_same_sets,
    serving,
    training,
    undominated,
    vectors,
)

from catalogs import yaml
from designer.evaluating.design import evaluate
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.brute import brute_frontier

pytestmark = pytest.mark.slow

MOST_LAYOUTS, DRAWS = 48, 8
JOBS = ("training", "serving", "concurrent", "batch")
GOALS = {
    "training": TRAINING_GOALS,
    "serving": SERVING_GOALS,
    "concurrent": ("cost_per_token", "tpot", "devices", "device_memory", "carbon_per_token"),
    "batch": ("time_to_complete", "cost", "energy", "carbon", "devices", "device_memory"),
}
CASES = [(job, seed) for job in JOBS for seed in range(10)]


def document(job: str, r: random.Random) -> dict[str, Any]:
    """A small scenario of a job; those of inference share their candidates."""
    out = training(r) if job == "training" else serving(r)
    work, domains = out["workload"], out["candidates"]
    if job == "concurrent":
        del domains["prefill_batch"]
        work |= {"job": job, "concurrency": f"{r.choice([2, 16, 100])} request"}
    if job == "batch":
        work |= {"job": job, "requests": f"{r.choice([1e5, 1e7]):.0f} request"}
    if job in ("concurrent", "batch"):
        del work["rate"]
    while len(list(itertools.product(*domains.values()))) > MOST_LAYOUTS:
        r.choice([d for d in domains.values() if len(d) > 1]).pop()
    return out


def answers(question: Question) -> list[dict[str, Any]]:
    """Quantities of every layout that `evaluate` calls feasible."""
    names = [d.name for d in question.decisions]
    layouts = (
        dict(zip(names, choice, strict=True))
        for choice in itertools.product(*(question.domains[n] for n in names))
    )
    found = (evaluate(question, layout) for layout in layouts)
    return [
        {**f.design, **{n: m.value if m.value is not None else float("nan") for n, m in f.metrics.items()}}
        for f in found
        if f.feasible
    ]


@cache
def case(job: str, seed: int) -> tuple[dict[str, Any], list[str], list[dict[str, Any]]]:
    r = random.Random(f"evaluate-{job}-{seed}")
    for _ in range(DRAWS):
        text, goals = document(job, r), r.sample(GOALS[job], r.choice([1, 2, 2, 3]))
        if seed == 0 or brute_frontier(ask(text, goals))[1] > 2:  # enough to choose from
            break
    return text, goals, answers(ask(text, goals))


def budget(job: str, seed: int, possible: list[dict[str, Any]]) -> tuple[str, float] | None:
    """A bound between two values that layouts have, so that no rounding decides."""
    r = random.Random(seed)
    name = r.choice([n for n in BUDGETS.get(job, ("devices", "device_memory")) if n in possible[0]])
    values = sorted({float(v[name]) for v in possible})
    gaps = [(a + b) / 2 for a, b in itertools.pairwise(values) if b > a * (1 + 1e-6)]
    return (name, r.choice(gaps)) if gaps else None


@pytest.mark.parametrize(("job", "seed"), CASES)
@pytest.mark.parametrize("bounded", [False, True], ids=["open", "budget"])
def test_frontier_is_the_best_of_all_evaluations(job: str, seed: int, bounded: bool) -> None:
    text, goals, possible = case(job, seed)
    chosen = budget(job, seed, possible) if bounded and possible else None
    if bounded and chosen is None:
        pytest.skip("all layouts have the same value")
    if chosen is not None:
        name, bound = chosen
        possible = [v for v in possible if v[name] <= bound]
        text = {**text, "budgets": [f"{name} <= {bound!r} {UNITS[name]}".strip()]}
    whole = json.dumps({**text, "objectives": goals})
    question = question_of(SourceMap(yaml.parse(whole, "evaluated.yaml"), [], CATALOG))
    front, feasible = brute_frontier(question)
    assert feasible == len(possible)
    result = plan_question(question)
    if not possible:
        assert result.status == "infeasible"
        return
    expected = undominated(vectors(goals, possible))
    assert result.status == "found"
    found = [{**d.design, **{n: m.value for n, m in d.metrics.items()}} for d in result.frontier]
    assert_same_sets(vectors(goals, found), expected)
    assert_same_sets([tuple(p) for p in front.tolist()], expected)


def test_the_cases_are_worth_it() -> None:
    """Most have layouts to choose from, and some a frontier of several."""
    fronts = [len(undominated(vectors(goals, found))) for _, goals, found in (case(*c) for c in CASES)]
    assert sum(n > 0 for n in fronts) > 0.8 * len(fronts)
    assert sum(n > 1 for n in fronts) > 10
