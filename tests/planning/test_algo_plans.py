"""Model size, tokens, samples, compression and privacy as decisions: plans against brute force, and mistakes."""

from __future__ import annotations

import itertools
import json
import math
import operator
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import Catalog, InputError
from designer.question.question import Question
from designer.reading.loading import load, locate

pytestmark = pytest.mark.slow

CATALOG = Catalog()
TRAINING = {"job": "training", "sequence_length": "4096 token", "global_batch": "1048576 token"}
SERVING = {
    "job": "serving",
    "model": "llama-3.1-8b",
    "rate": "8 request/s",
    "lengths": [{"share": 1, "input": "500 token", "reasoning": "2000 token", "output": "200 token"}],
}
ONE_NODE = {"node": "dgx-h100", "pp": 1, "vpp": 1, "recompute": "selective", "checkpoint_interval": "30 min"}
SCENARIOS: dict[str, dict[str, Any]] = {
    "size and tokens": {
        "workload": TRAINING,
        "candidates": ONE_NODE | {
            "model": ["dense-1b", "dense-8b", "llama-3.2-3b"],
            "dataset_tokens": "2e10 token .. 2e11 token by 60 %",
            "node_count": [1, 2, 4], "tp": [1, 2, 4], "dp": [4, 8, 16], "micro_batch": [1, 2], "sharding": "zero1",
        },
        "budgets": {"cost": "20 kUSD", "training_compute": "4e21 FLOP"},
        "objectives": ["loss", "time_to_train"],
    },
    "samples": {
        "workload": SERVING | {"success": "40 %"},
        "candidates": {"node": "p5.48xlarge", "node_count": 16, "samples": [1, 2, 4, 8], "tp": [1, 2],
                       "precision": "bf16", "weights": ["bf16", "fp8"], "kv": "bf16", "pp": 1,
                       "batch": [16, 64, 128], "replicas": [8, 16, 40, 80, 120]},
        "budgets": {"time_to_visible_p99": "2 min"},
        "objectives": ["answered_share", "cost_per_answer"],
    },
    "compression": {
        "workload": SERVING,
        "candidates": {"node": ["p5.48xlarge", "p4de.24xlarge"], "node_count": 8, "sparsity": ["none", "2:4"],
                       "precision": ["bf16", "int8"], "weights": ["bf16", "int8", "int4"], "kv": ["bf16", "fp8"],
                       "tp": [1, 2], "pp": 1, "batch": [32, 128], "replicas": [2, 4, 8, 16]},
        "budgets": {"accuracy_loss": "1.5 %"},
        "objectives": ["cost_per_token", "tpot_p99"],
    },
    "privacy": {
        "workload": TRAINING | {"model": "dense-1b", "dataset": "2e9 token",
                                "privacy": {"epsilon": 4, "delta": 1e-6}},
        "candidates": ONE_NODE | {
            "global_batch": [64, 128, 256], "node_count": [1, 2], "clipping": ["ghost", "per_sample"],
            "tp": [1, 2], "dp": [4, 8, 16], "micro_batch": [1, 2, 4], "sharding": ["zero1", "zero3"],
        },
        "objectives": ["private_gradient_noise", "max steps", "cost"],
    },
}  # fmt: skip


def asked(folder: Path, title: str, **changes: Any) -> tuple[Path, Question]:
    file = folder / "scenario.yaml"
    file.write_text(json.dumps({"name": "oracle", **SCENARIOS[title], **changes}, indent=1), "utf-8")
    return file, load(file, [], CATALOG)


def every_design(q: Question) -> list[dict[str, Any]]:
    """All quantities of each feasible design, in plain floats, without the search."""
    out = []
    wanted = [o.quantity for o in q.objectives]
    for choice in itertools.product(*(q.domains[d.name] for d in q.decisions)):
        design = dict(zip((d.name for d in q.decisions), choice, strict=True))
        values = {n: k.si for n, k in q.bundle(design).items()}
        values = q.graph.evaluate(q.limited, values)
        if all(t.holds(values) for t in q.limits):
            out.append({**q.graph.evaluate(wanted, values), "design": design})
    return out


@pytest.mark.parametrize("title", SCENARIOS)
def test_the_frontier_is_that_of_brute_force(tmp_path: Path, title: str) -> None:
    file, q = asked(tmp_path, title)
    designs = every_design(q)
    points = {tuple(float(f"{o.sign * v[o.quantity]:.9e}") for o in q.objectives) for v in designs}
    best = {p for p in points if not any(o != p and all(map(operator.le, o, p)) for o in points)}
    result = designer.plan(file, catalog=CATALOG)
    assert result.proof.complete and result.proof.feasible + result.proof.dominated >= len(designs) > len(
        best
    )
    found = [[o.sign * (d.metrics[o.quantity].value or 0) for o in q.objectives] for d in result.frontier]
    assert len(found) == len(best) > 1
    for row, expected in zip(sorted(found), sorted(best), strict=True):
        assert row == pytest.approx(expected, rel=1e-7)


def test_a_larger_budget_trains_a_better_model(tmp_path: Path) -> None:
    losses = []
    for budget in ("4 kUSD", "20 kUSD", "100 kUSD"):
        file, _ = asked(tmp_path, "size and tokens", objectives=["loss"], budgets={"cost": budget})
        (design,) = designer.plan(file, catalog=CATALOG).frontier
        losses.append(design.metrics["loss"].value)
    assert losses == sorted(losses, reverse=True) and len(set(losses)) == 3


def test_the_search_finds_the_optimum_of_the_loss_surface(tmp_path: Path) -> None:
    """With a budget of operations alone, the best model is next to the optimum in closed form."""
    candidates = SCENARIOS["size and tokens"]["candidates"] | {
        "model": "dense-*", "dataset_tokens": "1e10 token .. 1e13 token by 3 %", "node_count": 64, "tp": 8,
        "dp": [16, 64], "micro_batch": 1, "pp": [1, 4],
    }  # fmt: skip
    budgets = {"training_compute": "1e24 FLOP"}
    file, q = asked(tmp_path, "size and tokens", candidates=candidates, budgets=budgets, objectives=["loss"])
    (design,) = designer.plan(file, catalog=CATALOG).frontier
    values = q.graph.evaluate(["parameters", "loss"], {n: k.si for n, k in q.bundle(design.design).items()})
    law = {n.removeprefix("loss_"): k.si for n, k in q.bundle(design.design).items() if n.startswith("loss_")}
    from constraints.rule import find

    constants = {f"loss_{n}": v for n, v in law.items() if n != "floor"}
    best = find("optimal_parameters").fn(compute=1e24, **constants)
    assert 0.5 < values["parameters"] / best < 2
    ideal = find("loss_surface").fn(best, 1e24 / 6 / best, law["floor"], *constants.values())
    assert values["loss"] == pytest.approx(ideal, rel=0.01)


def test_thinking_takes_longer_than_its_first_step_would_say(tmp_path: Path) -> None:
    """The cache grows under a chain of thought, so that time per token does too; more than in proportion."""
    times = []
    one = {"tp": 1, "batch": 1, "samples": 1, "replicas": 1, "weights": "bf16"}
    for tokens in (1000, 4000, 16_000):
        lengths = [{"share": 1, "input": "500 token", "reasoning": f"{tokens} token", "output": "100 token"}]
        _, q = asked(
            tmp_path,
            "samples",
            workload=SERVING | {"rate": "0.001 request/s", "success": "40 %", "lengths": lengths},
        )
        given = {n: k.si for n, k in q.bundle(q.first_design() | one).items()}
        values = q.graph.evaluate(["time_to_visible", "ttft"], given)
        times.append((values["time_to_visible"] - values["ttft"]) / tokens)
    assert times[0] < times[1] < times[2]
    # linear in the mean context, as the closed form says
    first, second = ((b - a) / n for a, b, n in zip(times, times[1:], (3000, 12_000), strict=False))
    assert first == pytest.approx(second, rel=0.05)


def test_ghost_clipping_takes_time_and_kept_gradients_memory(tmp_path: Path) -> None:
    file, _ = asked(tmp_path, "privacy")
    layout = {"tp": 1, "dp": 8, "node_count": 1, "global_batch": 128, "sharding": "zero1"}

    def run(micro: int, clipping: str) -> dict[str, float]:
        found = designer.evaluate(
            file, layout | {"micro_batch": micro, "clipping": clipping}, catalog=CATALOG
        )
        return {n: m.value or math.nan for n, m in found.metrics.items()}

    ghost, kept, twice = run(1, "ghost"), run(1, "per_sample"), run(2, "per_sample")
    assert 1.5 < ghost["step_time"] / kept["step_time"] < 1.7
    gradients = kept["device_memory"] - ghost["device_memory"]
    assert gradients == pytest.approx(kept["parameters"] * 4, rel=0.05)
    assert twice["device_memory"] - kept["device_memory"] > gradients
    assert ghost["private_gradient_noise"] == kept["private_gradient_noise"]


def test_what_nobody_measured_is_left_out_and_said(tmp_path: Path) -> None:
    _, q = asked(tmp_path, "compression")
    kept = {(v["design"]["weights"], v["design"]["precision"], v["design"]["kv"]) for v in every_design(q)}
    assert kept == {("bf16", "bf16", "bf16"), ("int4", "bf16", "bf16"), ("int8", "int8", "bf16")}
    assert any("no score of llama-3.1-8b on openllm-v1" in n for n in q.notes)
    _, other = asked(tmp_path, "compression", benchmark="openllm-v2", budgets={"accuracy_loss": "3 %"})
    assert {v["design"]["weights"] for v in every_design(other)} == {"bf16", "int8"}, "int4 loses 3.9 % there"


def test_two_of_four_saves_storage_with_its_index() -> None:
    from constraints.bundles.device import precision_bundle
    from constraints.bundles.formats import stored_as, stored_bundle

    node = CATALOG.get("nodes", "p5.48xlarge")
    dense, sparse = (precision_bundle(CATALOG, node, "bf16", s)["compute_rate"].si for s in ("none", "2:4"))
    assert sparse == 2 * dense
    assert stored_bundle(stored_as(CATALOG, None, "bf16"), "2:4")["weight_bytes"].si == pytest.approx(
        2 * 0.5625
    )
    other = CATALOG.get("nodes", "g6e.48xlarge")
    assert math.isnan(precision_bundle(CATALOG, other, "bf16", "2:4")["compute_rate"].si), (
        "not stated: unknown"
    )


def test_every_score_names_a_model_of_the_catalog() -> None:
    scores = 0
    for id in CATALOG.ids("fidelity"):
        table = CATALOG.get("fidelity", id)
        assert CATALOG.get("models", table.model).id == table.model
        assert id == f"{table.model}-{table.benchmark}"
        for s in table.scores:
            scores += 1
            assert 0.5 < s.after.si / s.before.si < 1.5
            assert s.after.source and s.after.kind == "measured"
    assert scores >= 10


MISTAKES = [
    (["workload.model=null"], "no value"),
    (["workload.dataset=1e12 token"], "give either workload.dataset or candidates.dataset_tokens, not both"),
    (["workload.model=llama-3.1-8b"], "give either workload.model or candidates.model, not both"),
    (["candidates.model=dens-8b"], "did you mean 'dense-8b'?"),
    (["candidates.model='no-*'"], "no model of the catalog is called like 'no-*'"),
    (["candidates.model=[dense-8b, mixtral-8x7b]"], "mixtral-8x7b is a mixture of experts"),
    (["candidates.model=3"], "3 is not text; expected the name of a model"),
    (["candidates.dataset_tokens=1e12"], "has no unit"),
    (["candidates.dataset_tokens=1e12 token .. 1e11 token by 5 %"], "runs backwards"),
    (["candidates.dataset_tokens=1e11 token .. 1e12 token"], "is not a ladder"),
    (["candidates.dataset_tokens=1e11 token .. 1e12 token by 0 %"], "has a step of 0"),
    (["candidates.dataset_tokens=1e11 token .. 1e12 token by 1.2.3 %"], "is not a number of percent"),
    (["candidates.dataset_tokens=1e1 token .. 1e300 token by 0.0001 %"], "holds more than 100,000 values"),
    (["candidates.dataset_tokens=0 token"], "must be above 0"),
    (["scaling=chinchila"], "did you mean 'chinchilla'?"),
    (["candidates.clipping=ghost"], "unused, as workload.privacy is not given"),
    (["objectives=[private_gradient_noise]"], "give workload.privacy"),
    (["workload.privacy={epsilon: 1, delta: 2}"], "2 must be below 1"),
    (["workload.privacy={epsilon: 0, delta: 1e-6}"], "must be above 0"),
    (["workload.privacy={epsilon: 1, dleta: 1e-6}"], "unknown key 'dleta'; did you mean 'delta'?"),
]


@pytest.mark.parametrize(("sets", "said"), MISTAKES, ids=[m[0][0] for m in MISTAKES])
def test_a_training_mistake_is_one_clear_line(sets: list[str], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load(locate("ten-million-dollars"), sets, CATALOG)
    (problem,) = raised.value.problems
    assert said in str(problem) and "\n" not in str(problem)


SERVING_MISTAKES = [
    (["workload.success=160 %"], "160 % is more than all of it"),
    (
        ["workload.lengths=[{share: 1, input: 1 token, output: 1 token, reasoning: 1e9 token}]"],
        "longer than the context",
    ),
    (["benchmark=openllm-v3"], "did you mean 'openllm-v2'?"),
    (["candidates.sparsity=1:4"], "unknown sparsity '1:4'"),
    (["candidates.samples=0"], "must be at least 1"),
    (["assume.samples=2"], "samples is"),
]  # fmt: skip


@pytest.mark.parametrize(("sets", "said"), SERVING_MISTAKES, ids=[m[0][0] for m in SERVING_MISTAKES])
def test_a_serving_mistake_is_one_clear_line(sets: list[str], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load(locate("reasoning-fleet"), sets, CATALOG)
    (problem,) = raised.value.problems
    assert said in str(problem) and "\n" not in str(problem)


def test_success_that_nobody_states_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"give workload\.success"):
        asked(tmp_path, "samples", workload=SERVING)
