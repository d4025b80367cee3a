"""`confidence` for serving: budgets held against the ends of intervals that were tested for coverage."""

from __future__ import annotations

import json
from functools import cache

import pytest

import designer
from catalogs import Catalog
from catalogs.errors import InputError
from designer.answers.plan import PlanResult
from designer.evaluating.intervals import bound_factor, serving_factors, step_time_factors
from designer.jobs import job_rules
from designer.reading.loading import load, locate

pytestmark = pytest.mark.slow

CATALOG = Catalog()


# A budget that the cheapest design keeps as expected, and not with confidence.
TIGHT = {"llama-3.1-70b-chat": ["budgets.tpot_p99=35 ms"]}


@cache
def plan(name: str, confidence: float | None) -> PlanResult:
    sets = [] if confidence is None else [f"confidence={confidence}"]
    return designer.plan(name, [*sets, *TIGHT.get(name, [])])


@pytest.mark.parametrize("name", ["llama-3.1-70b-chat", "llama-3.1-70b-64-users"])
def test_more_confidence_leaves_fewer_designs_and_costs_no_less(name: str) -> None:
    plans = [plan(name, c) for c in (None, 0.5, 0.9)]
    plain, even, sure = plans
    assert even.proof.feasible == plain.proof.feasible > sure.proof.feasible > 0
    cheapest = [min(d.metrics["cost_per_token"].value or 0 for d in p.frontier) for p in plans]
    assert cheapest[0] == pytest.approx(cheapest[1])
    assert cheapest[2] > 1.1 * cheapest[1]
    assert any("upper bounds and throughput" in n and "90 %" in n for n in sure.notes)


def test_a_confident_chat_fleet_holds_more_devices() -> None:
    """Half of comparable deployments are slower than expected, so the cheapest fleet that is safe is larger."""
    least = [
        min(d.metrics["devices"].value or 0 for d in plan("llama-3.1-70b-chat", c).frontier)
        for c in (None, 0.9)
    ]
    assert least[1] > least[0]


@pytest.mark.parametrize("name", ["llama-3.1-70b-chat", "llama-3.1-70b-64-users"])
def test_bounds_are_the_factors_times_what_is_expected(name: str) -> None:
    formats = {"precision": "fp8", "weights": "fp8", "kv": "fp8"}
    design = {
        "node": "p5.48xlarge" if "chat" in name else "dgx-h100",
        "tp": 4,
        "pp": 1,
        "batch": 32,
        "replicas": 16 if "chat" in name else 2,
        **formats,
    }
    plain, sure = (designer.evaluate(name, design, s).metrics for s in ([], ["confidence=0.9"]))
    for metric in ("ttft", "tpot"):
        expected = sure[f"expected_{metric}"].value
        assert expected
        high = serving_factors(CATALOG, metric, "measured")[1]
        assert sure[metric].value == pytest.approx(high * expected, rel=1e-3)
    assert (sure["cost_per_token"].value or 0) >= (plain["cost_per_token"].value or 0)
    if "chat" in name:  # the tail is as far out as the mean
        for tail in ("ttft_p50", "ttft_p99"):
            high = serving_factors(CATALOG, "ttft", "measured")[1]
            assert sure[tail].value == pytest.approx(high * (plain[tail].value or 0), rel=1e-3)


def test_batch_jobs_are_held_to_a_throughput_others_exceeded() -> None:
    plain, sure = (load(locate("corpus-embedding"), s, CATALOG) for s in ([], ["confidence=0.9"]))
    assert "expected_capacity" not in plain.graph.rules and "expected_capacity" in sure.graph.rules
    formats = {"precision": "bf16", "weights": "bf16", "kv": "bf16"}
    design = {"node": "p5.48xlarge", "replicas": 16, **formats}
    slow, fast = (designer.evaluate("corpus-embedding", design, s).metrics for s in (["confidence=0.9"], []))
    assert (slow["capacity"].value or 0) < (fast["capacity"].value or 0)
    assert (slow["time_to_complete"].value or 0) > (fast["time_to_complete"].value or 0)


def test_bounds_only_stand_where_confidence_is_asked_for() -> None:
    assert "ttft_bound" not in {i for r in job_rules("serving").values() for i in r.inputs}
    assert bound_factor(0.8, 0.5) == 1.0
    assert bound_factor(0.8, 0.95) < 0.8 < bound_factor(0.8, 0.6)


def test_predictions_carry_the_interval_of_what_was_measured() -> None:
    """Multiples of the prediction, for times and rates that published runs state; nothing for a cost."""
    result = designer.evaluate("llama-3.1-405b-pretrain", {"tp": 8, "pp": 16, "dp": 128})
    found = {n: m for n, m in result.metrics.items() if m.interval}
    assert set(found) == {"step_time", "mfu", "throughput_per_device"}
    low, high = step_time_factors(CATALOG, "measured", False)
    step, rate = found["step_time"], found["throughput_per_device"]
    assert step.interval == pytest.approx((low * (step.value or 0), high * (step.value or 0)))
    assert rate.interval == pytest.approx(((rate.value or 0) / high, (rate.value or 0) / low))
    told = json.loads(result.to_json())["metrics"]
    assert told["step_time"]["interval"] == pytest.approx(step.interval) and "interval" not in told["cost"]


def test_frontiers_carry_intervals_and_bounds_do_not() -> None:
    name = "llama-3.1-70b-chat"
    assert all(d.metrics["ttft"].interval for d in plan(name, None).frontier if "ttft" in d.metrics)
    assert all(m.interval is None for d in plan(name, 0.9).frontier for m in d.metrics.values())


@pytest.mark.parametrize("name", ["resnet-50-starving", "wafer-scale-13b"])
def test_what_nobody_published_has_no_interval(name: str) -> None:
    with pytest.raises(InputError, match="confidence: no intervals are known for"):
        load(locate(name), ["confidence=0.9"], CATALOG)


def test_a_search_over_models_bounds_each_by_its_kind() -> None:
    question = load(locate("ten-million-dollars"), ["confidence=0.9"], CATALOG)
    assert [g.axes for g in question.named("bound")] == [("node", "precision", "model")]


@pytest.mark.parametrize("text", ["0.9", "90 %", "90%", '"90 %"', "'0.9'"])
def test_confidence_is_a_share_however_it_is_written(text: str) -> None:
    found = load(locate("gpt-3-175b-carbon"), [f"confidence={text}"], CATALOG).scenario.confidence
    assert found == pytest.approx(0.9, rel=1e-15)
