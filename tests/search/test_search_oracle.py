"""The search against plain brute force: every design one by one, in floats, and a naive filter.

The oracle shares the rules and the facts with the search, and nothing else: it knows no levels,
arrays, cuts or solver, and it decides budgets and site rules by Python functions of its own.
"""

from __future__ import annotations

import itertools
import json
import math
import operator
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import default_catalog, yaml
from constraints.graph import Graph
from designer.answers.plan import PlanResult
from designer.jobs import job_rules
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

pytestmark = [pytest.mark.usefixtures("tables_for_all"), pytest.mark.slow]

Values = dict[str, Any]
CATALOG = default_catalog()  # one for all cases: reading files is most of the time of a small plan
TOLERANCE = 1e-9
MOST_DESIGNS = 600

TRAINING_GOALS = (
    "time_to_train", "cost", "carbon", "energy", "power", "device_memory", "devices_used", "max mfu",
    "max goodput", "bubble_share", "carbon_intensity", "tp", "max throughput_per_device", "water",
)  # fmt: skip
SERVING_GOALS = (
    "cost_per_token", "tpot_p99", "ttft_p99", "ttft", "carbon_per_token", "devices", "max tokens_per_second_per_device",
    "request_latency", "device_memory", "replicas",
)  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A budget or site rule as the scenario writes it and as the oracle decides it."""

    text: str
    holds: Callable[[Values], bool]
    kind: str

    @property
    def name(self) -> str:
        """What the answer calls it: a budget by its quantity."""
        return self.text.split()[0] if self.kind == "budget" else self.text


IDLE = Term("idle_share <= 25 %", lambda v: bool(v["idle_share"] <= 0.25), "default")
SITE_RULES = (
    Term("tp * pp <= 8", lambda v: bool(v["tp"] * v["pp"] <= 8), "rule"),
    Term("tp in (2, 4) or pp == 1", lambda v: v["tp"] in (2, 4) or v["pp"] == 1, "rule"),
    Term("not (tp == 1 and pp > 1)", lambda v: not (v["tp"] == 1 and v["pp"] > 1), "rule"),
    Term("devices % 3 != 0", lambda v: v["devices"] % 3 != 0, "rule"),
    Term("max(tp, pp) < devices", lambda v: max(v["tp"], v["pp"]) < v["devices"], "rule"),
    Term("2 * devices_used >= devices", lambda v: 2 * v["devices_used"] >= v["devices"], "rule"),
)
BUDGETS = {
    "training": ("time_to_train", "cost", "carbon", "power", "device_memory", "step_time", "energy"),
    "serving": ("cost_per_token", "ttft_p99", "tpot_p99", "devices", "device_memory", "carbon_per_token"),
}
UNITS = {
    "time_to_train": "s", "cost": "USD", "carbon": "kg", "power": "W", "device_memory": "byte", "step_time": "s",
    "energy": "J", "cost_per_token": "USD/token", "ttft_p99": "s", "tpot_p99": "s", "devices": "",
    "carbon_per_token": "kg/token",
}  # fmt: skip


def training(r: random.Random) -> dict[str, Any]:
    model, sequence = r.choice([
        ("llama-3.2-1b", 2048), ("llama-3-8b", 4096), ("gpt-6.7b", 2048), ("mixtral-8x7b", 4096),
        ("qwen3-30b-a3b", 4096), ("llama-2-13b", 4096), ("gemma-2-9b", 4096),
    ])  # fmt: skip
    batch = r.choice([48, 60, 64, 96, 105])
    domains: dict[str, list[Any]] = {
        "node": r.sample(
            ["dgx-h100", "dgx-a100-80gb", "p5.48xlarge", "p5e.48xlarge", "dgx-b200"], r.choice([1, 1, 2])
        ),
        "node_count": r.sample([1, 2, 3, 5, 6, 7, 9, 12], r.choice([1, 2, 3])),
        "tp": r.sample([1, 2, 3, 4, 5, 8], r.choice([2, 3])),
        "pp": r.sample([1, 2, 3, 4, 5], r.choice([1, 2, 3])),
        "dp": r.sample([1, 2, 3, 4, 5, 6, 8, 12], r.choice([2, 3, 4])),
        "cp": r.sample([1, 2], r.choice([1, 1, 2])),
        "ep": r.sample([1, 2, 4], 2) if model in ("mixtral-8x7b", "qwen3-30b-a3b") else [1],
        "vpp": r.sample([1, 2, 3], r.choice([1, 1, 2])),
        "micro_batch": r.sample([1, 2, 3], r.choice([1, 1, 2])),
        "recompute": r.sample(["none", "selective", "full"], r.choice([1, 2])),
        "sharding": r.sample(["zero0", "zero1", "zero2", "zero3"], r.choice([1, 2])),
        "region": r.sample(["aws-us-east-1", "aws-eu-north-1", "aws-ap-south-1"], r.choice([1, 1, 2])),
        "checkpoint_interval": r.sample(["10 min", "30 min", "2 h"], r.choice([1, 2])),
        "global_batch": [batch],
        "precision": ["bf16"],
    }
    work = {
        "job": "training", "model": model, "sequence_length": f"{sequence} token",
        "global_batch": f"{batch * sequence} token", "dataset": f"{r.choice([1e9, 2e10, 3e11]):.0f} token",
    }  # fmt: skip
    return {"name": "oracle", "workload": work, "candidates": domains}


def serving(r: random.Random) -> dict[str, Any]:
    model = r.choice(["llama-3-8b", "llama-3.1-70b", "mixtral-8x7b", "mistral-small-24b", "qwen3-30b-a3b"])
    domains: dict[str, list[Any]] = {
        "node": r.sample(["p5.48xlarge", "dgx-h100", "p5e.48xlarge", "dgx-a100-80gb"], r.choice([1, 2])),
        "node_count": [r.choice([3, 5, 8])],
        "precision": ["bf16"],
        "weights": r.sample(["bf16", "fp8"], r.choice([1, 2])),
        "kv": r.sample(["bf16", "fp8"], r.choice([1, 2])),
        "tp": r.sample([1, 2, 4, 8], r.choice([2, 3])),
        "pp": r.sample([1, 2, 3], r.choice([1, 2])),
        "dp": [1],
        "ep": [1],
        "prefill_batch": [1],
        "batch": r.sample([4, 16, 32, 64, 128, 200], r.choice([2, 3, 4])),
        "replicas": r.sample([1, 2, 3, 5, 8, 11], r.choice([2, 3, 4])),
        "region": r.sample(["aws-us-east-1", "aws-eu-north-1"], r.choice([1, 2])),
    }
    lengths = [{"share": r.choice([1, 3]), "input": f"{r.choice([300, 1000, 3000])} token",
                "output": f"{r.choice([50, 250, 500])} token"} for _ in range(r.choice([1, 2]))]  # fmt: skip
    work = {
        "job": "serving",
        "model": model,
        "rate": f"{r.choice([0.5, 2, 8, 20])} request/s",
        "lengths": lengths,
    }
    return {"name": "oracle", "workload": work, "candidates": domains}


def shrink(document: dict[str, Any], r: random.Random) -> None:
    """Drop values until brute force is quick."""
    domains = document["candidates"]
    while math.prod(len(d) for d in domains.values()) > MOST_DESIGNS:
        widest = r.choice([d for d in domains.values() if len(d) > 1])
        widest.pop()


@dataclass
class Case:
    """A scenario without budgets, and the floats of all of its designs that meet the physical limits."""

    document: dict[str, Any]
    size: int
    possible: list[Values]
    goals: list[str]

    @property
    def job(self) -> str:
        return str(self.document["workload"]["job"])

    def write(self, path: Path, terms: list[Term]) -> Path:
        budgets = [t.text for t in terms if t.kind == "budget"]
        rules = [t.text for t in terms if t.kind == "rule"]
        text = {**self.document, "objectives": self.goals, "budgets": budgets, "rules": rules}
        file = path / "scenario.yaml"
        file.write_text(json.dumps(text, indent=1), encoding="utf-8")
        return file

    def standing(self) -> list[Term]:
        """What the product adds by itself."""
        return [IDLE] if self.job == "training" else []

    def feasible(self, terms: list[Term]) -> list[Values]:
        return [v for v in self.possible if all(t.holds(v) for t in terms)]


@cache
def case(job: str, seed: int) -> Case:
    r = random.Random(f"{job}-{seed}")
    document = training(r) if job == "training" else serving(r)
    shrink(document, r)
    every = TRAINING_GOALS if job == "training" else SERVING_GOALS
    goals = r.sample(every, r.choice([1, 2, 2, 3, 4]))
    question = ask(document, goals)
    size, possible = brute(question, {g.split()[-1] for g in every} | set(BUDGETS[job]))
    return Case(document, size, possible, goals)


def ask(document: dict[str, Any], goals: list[str]) -> Question:
    text = json.dumps({**document, "objectives": goals}, indent=1)
    return question_of(SourceMap(yaml.parse(text, "oracle.yaml"), [], CATALOG))


def brute(question: Question, wanted: set[str]) -> tuple[int, list[Values]]:
    """How many designs there are, and all quantities of those that meet the physical limits."""
    graph = Graph(job_rules(question.job.name))
    limits = [n for n, rule in graph.rules.items() if rule.is_limit]
    names = [d.name for d in question.decisions]
    built: dict[Any, Values] = {}
    size, out = 0, []
    reads = {*wanted, "devices", "devices_used"} | (
        {"idle_share"} if question.job.name == "training" else set()
    )
    for choice in itertools.product(*(question.domains[n] for n in names)):
        size += 1
        design = dict(zip(names, choice, strict=True))
        given: Values = {}
        for i, group in enumerate(question.groups):
            key = (i, *(design[a] for a in group.axes))
            if key not in built:
                built[key] = {n: k.si for n, k in group.build(*key[1:]).items()}
            given |= built[key]
        given |= {d.name: d.number(design[d.name]) for d in question.decisions if d.kind != "choice"}
        given |= {n: k.si for n, k in question.given.items()}
        values = graph.evaluate(limits, given)
        if all(values[n] for n in limits):
            out.append(graph.evaluate(reads, values))
    return size, out


def vectors(goals: list[str], designs: list[Values]) -> list[tuple[float, ...]]:
    return [
        tuple((-1 if g.startswith("max ") else 1) * float(v[g.split()[-1]]) for g in goals) for v in designs
    ]


def undominated(points: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The naive filter: each against all others. What differs in the twelfth digit is a tie, and so are chains."""
    known = [p for p in points if not any(x != x for x in p)]
    columns = [chained({p[k] for p in known}) for k in range(len(points[0]) if points else 0)]
    distinct = list(dict.fromkeys(tuple(c[x] for c, x in zip(columns, p, strict=True)) for p in known))
    return [p for p in distinct if not any(q != p and all(map(operator.le, q, p)) for q in distinct)]


def chained(values: set[float]) -> dict[float, float]:
    """Each number by the least of its chain of ties."""
    out: dict[float, float] = {}
    before = first = -math.inf
    for x in sorted(values):
        if not math.isclose(x, before, rel_tol=2e-12):
            first = x
        out[x], before = first, x
    return out


def same(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return all(math.isclose(x, y, rel_tol=TOLERANCE, abs_tol=1e-300) for x, y in zip(a, b, strict=True))


def assert_same_sets(found: list[tuple[float, ...]], expected: list[tuple[float, ...]]) -> None:
    for p in found:
        assert any(same(p, q) for q in expected), f"{p} is not on the frontier"
    for q in expected:
        assert any(same(p, q) for p in found), f"{q} is missing"


def bound(r: random.Random, c: Case, name: str, share: float) -> Term | None:
    """A budget on a quantity between two of its values, so that no rounding decides; or on a whole number."""
    values = sorted({float(v[name]) for v in c.possible})
    if not values or values[0] != values[0] or (len(values) < 2 and name != "devices"):
        return None
    i = min(len(values) - 2, int(share * len(values))) if len(values) > 1 else 0
    at = values[i] if name == "devices" else (values[i] + values[i + 1]) / 2
    if name != "devices" and values[i + 1] - values[i] < 1e-6 * abs(values[i]):
        return None
    op, holds = r.choice([("<=", operator.le), ("<", operator.lt)])
    if name == "devices":
        op, holds = "<=", operator.le
    return Term(f"{name} {op} {at!r} {UNITS[name]}".strip(), lambda v: bool(holds(v[name], at)), "budget")


def terms_of(r: random.Random, c: Case, count: int, low: float, high: float) -> list[Term]:
    names = r.sample(BUDGETS[c.job], min(count, len(BUDGETS[c.job])))
    terms = [t for n in names if (t := bound(r, c, n, r.uniform(low, high)))]
    return terms + r.sample(SITE_RULES, r.choice([0, 0, 1, 2]))


CASES = [("training", s) for s in range(210)] + [("serving", s) for s in range(90)]
# Half of them are asked every time, and all with DESIGNER_MANY=1.
EVERY = 1 if os.environ.get("DESIGNER_MANY") else 2


@pytest.mark.parametrize(("job", "seed"), CASES[::EVERY])
def test_frontier(tmp_path: Path, job: str, seed: int) -> None:
    c = case(job, seed)
    r = random.Random(1000 + seed)
    terms = terms_of(r, c, r.choice([0, 1, 2, 3]), 0.3, 0.95)
    result = designer.plan(c.write(tmp_path, terms), catalog=CATALOG)
    designs = c.feasible([*terms, *c.standing()])
    assert result.proof.raw_designs == c.size
    # What is dropped as dominated is not looked at further, feasible or not.
    assert result.proof.feasible + result.proof.dominated + sum(result.proof.cut.values()) == c.size
    assert result.proof.feasible <= len(designs) <= result.proof.feasible + result.proof.dominated
    if not designs:
        assert result.status == "infeasible"
        return
    assert result.status == "found"
    assert result.proof.complete
    found = vectors(c.goals, [{n: m.value for n, m in d.metrics.items()} for d in result.frontier])
    assert_same_sets(found, undominated(vectors(c.goals, designs)))


def minimal_conflicts(c: Case, terms: list[Term]) -> set[frozenset[str]]:
    """All sets of terms that no design meets together, and every proper subset of which some design meets."""
    broken = {frozenset(i for i, t in enumerate(terms) if not t.holds(v)) for v in c.possible}
    found: list[frozenset[int]] = []
    for size in range(1, len(terms) + 1):
        for pick in map(frozenset, itertools.combinations(range(len(terms)), size)):
            if not any(f <= pick for f in found) and all(b & pick for b in broken):
                found.append(pick)
    return {frozenset(terms[i].name for i in f) for f in found}


INFEASIBLE = [("training", s) for s in range(0, 70, 2)] + [("serving", s) for s in range(0, 30, 2)]


@pytest.mark.parametrize(("job", "seed"), INFEASIBLE[::EVERY])
def test_conflicts_and_repairs(tmp_path: Path, job: str, seed: int) -> None:
    c = case(job, seed)
    r = random.Random(2000 + seed)
    for _ in range(50):
        terms = terms_of(r, c, r.choice([2, 3, 4]), 0.0, 0.25)
        everything = [*terms, *c.standing()]
        if not c.feasible(everything):
            break
    else:
        pytest.skip("no impossible variant of this space was drawn")
    file = c.write(tmp_path, terms)
    result = designer.plan(file, catalog=CATALOG)
    assert result.status == "infeasible"
    if not c.possible or any(m.kind == "limit" for conflict in result.conflicts for m in conflict):
        assert_hardware_conflicts(file, result)
        return
    assert {frozenset(m.name for m in conflict) for conflict in result.conflicts} == minimal_conflicts(
        c, everything
    )
    assert result.repairs
    for repair in result.repairs:
        if any(n.startswith(("workload.", "candidates.")) for n in repair.changes):
            continue  # held by test_why_none
        repaired = designer.plan(file, overrides(terms, repair.changes), CATALOG)
        assert repaired.status == "found", repair.changes
        untouched = [t for t in everything if t.name not in repair.changes]
        assert c.feasible(untouched)


def assert_hardware_conflicts(file: Path, result: PlanResult) -> None:
    """Every conflict holds in every design, and each of its members is needed: some design breaks it alone."""
    question = question_of(SourceMap(yaml.read(file), [], CATALOG))
    form = [t for t in question.limits if t.form]
    others = [t for t in question.limits if not t.form]
    broken: list[set[str]] = []
    for choice in itertools.product(*(question.domains[d.name] for d in question.decisions)):
        design = dict(zip((d.name for d in question.decisions), choice, strict=True))
        given = {n: k.si for n, k in question.bundle(design).items()}
        v = question.graph.evaluate(question.limited, given)
        if all(t.holds(v) for t in form):
            broken.append({t.name for t in others if not t.holds(v)})
    if not broken:  # not even a well-formed design: at most the rule of form to blame is named
        assert all(m.name in {t.name for t in form} for conflict in result.conflicts for m in conflict)
        changed = {n for repair in result.repairs for n in repair.changes}
        assert all(n.startswith(("workload.", "candidates.")) for n in changed)
        return
    assert result.conflicts
    for conflict in result.conflicts:
        names = {m.name for m in conflict}
        assert all(b & names for b in broken), names
        assert not names or all(any(b & names == {n} for b in broken) for n in names), names


def overrides(terms: list[Term], changes: dict[str, str]) -> list[str]:
    """A repair as `--set` arguments: budgets by name, the list of rules as a whole."""
    out = [f"budgets.{t.name}={changes[t.name]}" for t in terms if t.kind == "budget" and t.name in changes]
    rules = [t.text for t in terms if t.kind == "rule" and t.name not in changes]
    if IDLE.name in changes:
        rules.append(f"idle_share {changes[IDLE.name]}")
    for t in terms:
        change = changes.get(t.name, "drop it")
        if t.kind == "rule" and change != "drop it":
            rules.append(f"{t.text.split()[0]} {change}")
    return [*out, f"rules={json.dumps(rules)}"]


def test_the_cases_are_worth_it() -> None:
    """The random spaces, by every fifth, are neither empty nor trivial."""
    cases = [case(*k) for k in CASES[::5]]
    alive = [c for c in cases if len(c.feasible(c.standing())) >= 5]
    assert len(alive) >= 0.5 * len(cases)
    assert max(c.size for c in cases) > 300
    fronts = [len(undominated(vectors(c.goals, c.feasible(c.standing())))) for c in alive]
    assert sum(n >= 4 for n in fronts) >= 5
