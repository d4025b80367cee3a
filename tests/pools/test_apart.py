"""Prompts and answers on machines of their own: against every pair of designs of the two pools, and in every verb."""

from __future__ import annotations

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalogs import Catalog, yaml
from catalogs.errors import InputError
from constraints.pools import PoolSide, joined
from designer.cli import main
from designer.evaluating.design import complete_design, evaluate, values_of, violations
from designer.planning.plan import plan_question
from designer.question.designs import parse_design
from designer.question.pools import ReadsBoth, alone
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.pareto import skyline

pytestmark = pytest.mark.slow

CATALOG = Catalog()
SCENARIO: dict[str, Any] = {
    "name": "apart",
    "workload": {
        "job": "serving", "pools": "apart", "model": "llama-3.1-8b", "rate": "60 request/s",
        "lengths": [{"share": 1, "input": "2000 token", "output": "200 token"}],
    },
    "candidates": {
        "node": ["p5.48xlarge", "p5e.48xlarge"], "node_count": 4, "precision": "fp8", "weights": "fp8", "kv": "fp8",
        "tp": [1, 2], "pp": 1, "batch": [16, 64], "replicas": [1, 2, 4, 8],
    },
    "budgets": {"ttft_p99": "2 s", "tpot_p99": "40 ms"},
    "objectives": ["cost", "tpot_p99"],
}  # fmt: skip


def ask(**changes: Any) -> Question:
    """The scenario with parts of its sections replaced; a section that is no mapping is replaced whole."""
    data = json.loads(json.dumps(SCENARIO))
    for section, more in changes.items():
        data[section] = {**data.get(section, {}), **more} if isinstance(more, dict) else more
    return question_of(SourceMap(yaml.parse(json.dumps(data, indent=1), "apart.yaml"), [], CATALOG))


def some(seed: int) -> dict[str, Any]:
    """A small scenario of random candidates, some of them of one pool only, and random bounds and goals."""
    r = random.Random(seed)
    models = ["llama-3.1-8b", "qwen3-30b-a3b", "gemma-3-27b"]
    known = [m for m in models if m in CATALOG.ids("models")]
    candidates = {
        "node": r.sample(["p5.48xlarge", "p5e.48xlarge", "p4de.24xlarge"], r.choice([1, 2])),
        "kv": r.choice(["bf16", ["bf16", "fp8"]]),
        "precision": "bf16", "weights": r.choice(["bf16", ["bf16", "fp8"]]),
        "batch": r.sample([8, 16, 32, 64, 128], 2), "replicas": r.sample(range(1, 13), 3),
        "tp": r.sample([1, 2, 4], 2), "pp": r.choice([1, [1, 2]]),
        r.choice(["prefill_tp", "decode_tp"]): 4,
        "prefill_batch": r.choice([1, [1, 2]]),
        "region": r.choice(["aws-us-east-1", ["aws-us-east-1", "aws-eu-north-1"]]),
    }  # fmt: skip
    lengths = [
        {
            "share": s,
            "input": f"{r.choice([500, 2000, 8000])} token",
            "output": f"{r.choice([50, 400])} token",
        }
        for s in range(1, r.choice([2, 3]))
    ]
    workload = {"model": r.choice(known), "rate": f"{r.choice([5, 20, 60])} request/s", "lengths": lengths}
    every = ["cost", "tpot_p99", "ttft_p99", "carbon", "devices", "max fleet_capacity", "request_latency"]
    return {
        "workload": workload, "candidates": candidates, "objectives": r.sample(every, r.choice([1, 2, 3])),
        "budgets": {"ttft_p99": r.choice(["1 s", "10 s"]), "tpot_p99": r.choice(["20 ms", "80 ms"])},
        "rules": r.choice([[], ["devices <= 16"], ["prefill_tp >= decode_tp"], ["device_memory <= 60 GB"]]),
    }  # fmt: skip


def designs_of(q: Question) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every design of one pool that meets what this pool answers for, with its quantities, outside the search."""
    names = [d.name for d in q.decisions]
    wanted = [
        "cost",
        "carbon",
        "devices",
        "node_count",
        "fleet_capacity",
        "device_memory",
        "kv_transfer_time",
    ]
    wanted += (
        ["ttft", "ttft_p99"]
        if "prefill_batch" in names
        else ["tpot", "tpot_p99", "answering_time", "steps_harmonic"]
    )
    out = []
    for way in itertools.product(*(q.domains[n] for n in names)):
        design = dict(zip(names, way, strict=True))
        values = q.graph.evaluate([*wanted, *q.limited], {n: k.si for n, k in q.bundle(design).items()})
        if not violations(q, values):
            out.append((design, values))
    return out


def joint(p: dict[str, Any], d: dict[str, Any]) -> dict[str, float]:
    """What two designs are together, written out."""
    wait = max(p["kv_transfer_time"], d["kv_transfer_time"]) - d["kv_transfer_time"]
    out = {n: p[n] + d[n] for n in ("cost", "carbon", "devices", "node_count")}
    out |= {n: p[n] for n in ("ttft", "ttft_p99")}
    out |= {n: d[n] + wait / max(1, d["steps_harmonic"]) for n in ("tpot", "tpot_p99")}
    out["fleet_capacity"] = min(p["fleet_capacity"], d["fleet_capacity"])
    out["request_latency"] = out["ttft"] + d["answering_time"] + wait
    return out


@pytest.mark.parametrize("seed", range(12))
def test_the_frontier_is_that_of_all_pairs_of_designs(seed: int) -> None:
    changes = some(seed)
    bounds, rules = changes["budgets"], changes.pop("rules")
    both = rules and rules[0] in ("devices <= 16", "prefill_tp >= decode_tp")
    q = ask(**changes, rules=rules)
    # A rule on both pools is no pool's: the pairs are held against it below.
    apart = ask(**changes) if both else q
    prefill, decode = (designs_of(alone(apart, pool)) for pool in ("prefill", "decode"))
    limit = q.given["node_limit"].si
    slowest = float(bounds["tpot_p99"].split()[0]) / 1e3
    rows = []
    for (a, p), (b, d) in itertools.product(prefill, decode):
        values = joint(p, d)
        shared = all(a[n] == b[n] for n in ("kv", "region"))
        meets = shared and values["node_count"] <= limit and values["tpot_p99"] <= slowest
        meets &= "devices <= 16" not in rules or values["devices"] <= 16
        meets &= "prefill_tp >= decode_tp" not in rules or a["tp"] >= b["tp"]
        if meets:
            rows.append([o.sign * values[o.quantity] for o in q.objectives])
    result = plan_question(q)
    found = [
        [o.sign * float(m.metrics[o.quantity].value or 0) for o in q.objectives] for m in result.frontier
    ]
    if not rows:
        assert result.status == "infeasible"
        return
    expected = np.array(rows)
    expected = expected[skyline(expected)]
    assert result.proof.complete
    # Sums of floats differ in their last digit: each expected design is matched, and none is there besides.
    for row in expected:
        assert np.isclose(np.array(found), row, rtol=1e-9).all(axis=1).any(), row
    for row in np.array(found):
        assert np.isclose(expected, row, rtol=1e-9).all(axis=1).any(), row


def test_the_cases_are_worth_it() -> None:
    """Some of the random scenarios have designs, and some of these several."""
    sizes = [len(plan_question(ask(**some(seed))).frontier) for seed in range(12)]
    assert sum(n > 0 for n in sizes) >= 6 and max(sizes) >= 4


def test_a_design_alone_is_what_it_is_beside_the_other() -> None:
    q = ask()
    design = plan_question(q).frontier[0].design
    values = values_of(q, design) | q.graph.evaluate(
        ["prefill_time", "decode_step_time"], {n: k.si for n, k in q.bundle(design).items()}
    )
    for part in q.pools:
        one = alone(q, part.pool.name)
        mine = one.graph.evaluate(
            ["device_memory", "serving_load", "cost", "kv_transfer_time"],
            {n: k.si for n, k in one.bundle(part.design(design)).items()},
        )
        for name in ("device_memory", "serving_load", "cost"):
            assert values[part.names[name]] == mine[name]
        assert values["kv_transfer_time"] >= mine["kv_transfer_time"]


def test_shared_pools_have_nothing_to_hand_over() -> None:
    with pytest.raises(InputError, match="unknown quantity 'kv_transfer_time'"):
        ask(workload={"pools": "shared"}, budgets={"kv_transfer_time": "1 s"})


def test_candidates_of_all_pools_and_of_one() -> None:
    q = ask(candidates={"tp": [1, 2], "prefill_tp": [2, 4], "decode_node": "p5e.48xlarge"})
    assert (q.domains["prefill_tp"], q.domains["decode_tp"]) == ([2, 4], [1, 2])
    assert (q.domains["prefill_node"], q.domains["decode_node"]) == (
        SCENARIO["candidates"]["node"],
        ["p5e.48xlarge"],
    )
    assert (
        "batch" not in q.domains
        and q.domains["decode_batch"] == [16, 64]
        and q.domains["prefill_batch"] == [1]
    )
    # What both have in common is decided once.
    assert [d.name for d in q.decisions[:2]] == ["kv", "region"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"candidates": {"prefill_region": "aws-us-east-1"}}, "unknown decision 'prefill_region'"),
        ({"candidates": {"prefill_tq": 2}}, "unknown decision 'prefill_tq'"),
        ({"candidates": {"prefill_tp": "many"}}, "candidates.prefill_tp"),
        ({"candidates": {"decode_precision": "fp4"}}, "no candidate multiplies in fp4"),
        ({"objectives": ["device_memory"]}, "each pool has its own: prefill_device_memory and decode_device_memory"),
        ({"budgets": {"prefill_device_memry": "1 GB"}}, "did you mean 'prefill_device_memory'"),
        ({"assume": {"decode_overhead_": "1 s"}}, "unknown quantity 'decode_overhead_'"),
        ({"baseline": {"prefill_tq": 2}}, "unknown decision 'prefill_tq'"),
        ({"workload": {"pools": "shared"}, "candidates": {"decode_tp": 2}}, "with workload.pools: apart"),
        ({"workload": {"pools": "seperate"}}, "workload.pools"),
    ],
)  # fmt: skip
def test_mistakes_are_told_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as e:
        ask(**changes)
    assert said in str(e.value)
    assert len(e.value.problems) == 1


def test_a_bound_on_what_each_pool_has_is_meant_for_each() -> None:
    q = ask(budgets={"device_memory": "40 GB"}, rules=["tp * pp <= 2"])
    stated = {t.name: t.text for t in q.stated}
    assert stated["prefill_device_memory"] == "prefill_device_memory <= 40 GB"
    assert stated["decode_device_memory"] == "decode_device_memory <= 40 GB"
    assert {"tp * pp <= 2 (prefill)", "tp * pp <= 2 (decode)"} <= stated.keys()
    for name in ("prefill", "decode"):
        assert {t.name for t in alone(q, name).stated} >= {f"{name}_device_memory", f"tp * pp <= 2 ({name})"}
        assert len(alone(q, name).stated) == 3


def test_an_assumption_holds_for_both_pools_or_for_one() -> None:
    q = ask(assume={"prefill_overhead": "20 ms", "decode_memory_utilization": "80 %"})
    plain = ask()
    design = {**q.first_design(), "decode_batch": 64, "decode_replicas": 8, "prefill_replicas": 8}
    mine, usual = (evaluate(x, design).metrics for x in (q, plain))
    assert mine["ttft"].value - usual["ttft"].value == pytest.approx(
        0.02 - plain.bundle(design)["prefill_overhead"].si, abs=1e-3
    )
    assert mine["decode_usable_memory"].value < usual["decode_usable_memory"].value
    assert mine["prefill_usable_memory"].value == usual["prefill_usable_memory"].value


def test_a_design_says_it_of_both_pools_or_of_one() -> None:
    q = ask(baseline={"replicas": 4, "decode_replicas": 8})
    assert parse_design(q, "tp=2,prefill_tp=1,batch=64") == {
        "prefill_tp": 1,
        "decode_tp": 2,
        "decode_batch": 64,
    }
    assert q.baseline == {"prefill_replicas": 4, "decode_replicas": 8}
    with pytest.raises(InputError, match="unknown node"):
        parse_design(q, "prefill_node=nothing")


def test_what_starts_by_other_decisions_starts_by_those_of_its_pool() -> None:
    """What EP leaves of TP splits experts, of each pool by its own degrees."""
    q = ask(workload={"model": "qwen3-30b-a3b"}, candidates={"tp": [2, 4], "ep": [1, 2], "etp": [1, 2, 4]})
    said = {"prefill_tp": 4, "prefill_ep": 1, "decode_tp": 2, "decode_ep": 2}
    given = {n: v for n, v in q.first_design().items() if not n.endswith("etp")}
    design, assumed = complete_design(q, {**given, **said})
    assert (design["prefill_etp"], design["decode_etp"]) == (4, 1)
    assert assumed == {"prefill_etp": "default", "decode_etp": "default"}


def test_machines_without_a_network_cannot_hand_over() -> None:
    q = ask(candidates={"prefill_node": "hgx-mi300x"}, pricing={"price": "2 USD/h"})
    broken = {b.name: b.text for b in evaluate(q, {**q.first_design(), "prefill_replicas": 8}).violated}
    assert "no NIC stated" in broken["prefill_transfer_keeps_up"]
    result = plan_question(q)
    assert result.status == "infeasible"


def test_confidence_holds_both_pools_to_their_bounds() -> None:
    design = {"tp": 1, "batch": 64, "replicas": 8, "node": "p5.48xlarge"}
    q, sure = ask(), ask(confidence=0.9)
    given = {n: v for key, v in design.items() for n in q.deciding(key)}
    one, other = evaluate(q, given).metrics, evaluate(sure, given).metrics
    for name, part in (("ttft_p99", "prefill"), ("tpot_p99", "decode")):
        alone_, bound = (alone(x, part) for x in (q, sure))
        assert other[name].value > one[name].value
        assert bound.graph.rules.keys() > alone_.graph.rules.keys()
    low, high = one["ttft"].interval or (math.nan, math.nan)
    assert low < one["ttft"].value < high
    assert other["ttft"].interval is None


@pytest.mark.parametrize(
    "term", ["cost <= 1 MUSD", "devices <= 16", "request_latency <= 9 s", "tp <= prefill_tp"]
)
def test_what_rests_on_both_pools_is_no_ones_alone(term: str) -> None:
    q = ask(rules=[term])
    for pool in ("prefill", "decode"):
        with pytest.raises(ReadsBoth):
            alone(q, pool)


@pytest.mark.parametrize(
    "term", ["accuracy_loss <= 1 %", "serving_load <= 80 %", "ttft <= 1 s", "kv_bytes_per_token >= 1 B/token"]
)
def test_what_each_pool_can_meet_is_asked_of_it(term: str) -> None:
    q = ask(rules=[term])
    asked = [pool for pool in ("prefill", "decode") if any(t.text == term for t in alone(q, pool).stated)]
    assert asked == (["prefill"] if term.startswith("ttft") else ["prefill", "decode"])


def test_two_quantities_of_one_name_are_refused() -> None:
    """`serving_load` of a pool that would be called as a rule of the job is."""
    side = PoolSide("decode", ("shared", "serving"), (), frozenset({"tp"}), frozenset())
    names = {"decode_memory_fits", "memory_fits"}
    assert names & joined((side,), ()).keys() == {"decode_memory_fits"}
    with pytest.raises(TypeError, match="would be both"):
        joined(
            (side, PoolSide("decode", ("shared", "serving"), (), frozenset({"tp"}), frozenset({"pp"}))), ()
        )


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "apart.yaml"
    path.write_text(json.dumps(SCENARIO, indent=1), encoding="utf-8")
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main([*arguments, "--width", "120"]) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_every_verb_tells_pools_apart(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = told(capsys, "plan", file)
    assert "prefill node" in " ".join(plan.split()) or "prefill prec fp8" in plan
    text = told(
        capsys,
        "evaluate",
        file,
        "--design",
        "tp=1,batch=64,replicas=8,prefill_node=p5e.48xlarge,node=p5.48xlarge",
    )
    assert "prefill_device_memory" in text and "decode_device_memory" in text
    text = told(capsys, "explain", file, "A")
    assert "= prefill_cost + decode_cost" in text and "decode_memory_bandwidth" in text
    text = told(capsys, "explain", file, "--why-not", "prefill_tp=2,decode_tp=2")
    assert "why not prefill_tp=2, decode_tp=2" in text or "why not decode_tp=2, prefill_tp=2" in text
    text = told(capsys, "compare", file, "A", "B")
    assert "decode_" in text
    text = told(capsys, "plan", file, "--set", "budgets.tpot_p99=1 ms", code=2)
    assert "This cannot be met" in text or "conflict" in text
    text = told(capsys, "size", file, "--devices", "16")
    assert "memory bandwidth" in " ".join(text.split()) and "prefill fp8" in text


def test_a_sweep_goes_over_candidates_of_one_pool(file: str, tmp_path: Path) -> None:
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        f"name: s\nbase: {file}\naxes:\n  candidates.prefill_tp: [1, 2]\n  budgets.device_memory: [60 GB, 70 GB]\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    assert main(["sweep", "run", str(sweep), "--out", str(out)]) == 0
    import pandas as pd

    rows = pd.concat([pd.read_parquet(p) for p in sorted((out / "points").glob("*.parquet"))])
    points = rows.groupby(["candidates.prefill_tp", "budgets.device_memory"])["cost"].min()
    assert len(points) == 4
    for (tp, budget), cost in points.items():
        one = plan_question(
            ask(candidates={"prefill_tp": int(tp)}, budgets={"device_memory": f"{budget} byte"})
        )
        assert cost == pytest.approx(min(d.metrics["cost"].value or 0 for d in one.frontier))
