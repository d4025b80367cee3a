"""Training on systems that stream their weights in: limits, monotonicity, and GPUs left as they are."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import default_catalog, yaml
from designer.question.question import Question
from designer.reading.loading import load
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

CATALOG = default_catalog()
Values = dict[str, Any]
WORK = {"job": "training", "model": "llama-2-13b", "sequence_length": "2048 token", "global_batch": "131072 token",
        "dataset": "1e9 token"}  # fmt: skip
BOX = {"node_count": [1, 4], "precision": "fp16", "tp": [1, 2], "pp": 1, "vpp": 1, "micro_batch": [1, 4, 8],
       "dp": [1, 4],        "recompute": ["none", "full"], "checkpoint_interval": "30 min"}  # fmt: skip


def ask(*nodes: str, **assume: Any) -> Question:
    text = {"name": "s", "workload": WORK, "candidates": {**BOX, "node": list(nodes)}, "assume": assume,
            "objectives": ["time_to_train", "energy"]}  # fmt: skip
    return question_of(SourceMap(yaml.parse(json.dumps(text), "s.yaml"), [], CATALOG))


def values(q: Question, **design: Any) -> Values:
    given = {n: k.si for n, k in q.bundle({**q.first_design(), **design}).items()}
    return q.graph.evaluate(
        [
            *(n for n in ("step_time", "outside_memory", "streams_whole_layers") if n in q.graph.rules),
            *q.limited,
        ],
        given,
    )


def test_gpus_beside_a_wafer_are_planned_as_they_are_alone() -> None:
    alone, mixed = ask("dgx-h100"), ask("dgx-h100", "cerebras-cs-3")
    assert "streamed" not in alone.graph.inputs_of(["step_time"])
    for tp, dp, micro in itertools.product((1, 2), (1, 4), (1, 4)):
        a, b = (values(q, node="dgx-h100", tp=tp, dp=dp, micro_batch=micro) for q in (alone, mixed))
        for name in ("step_time", "device_memory", "stage_time", "gradient_exposed"):
            assert a[name] == b[name], name
        also = {t.name: t for t in mixed.limits}
        for t in alone.limits:
            assert t.holds(a) == also[t.name].holds(b), t.name
        assert b["streams_whole_layers"] and b["outside_memory"] == 0


def test_an_endless_stream_leaves_computation() -> None:
    v = values(ask("cerebras-cs-3", stream_bandwidth="1e9 TB/s"), micro_batch=8)
    kernels = v["dense_layers"] * (v["dense_layer_forward"] + v["dense_layer_backward"]) + v["head_time"]
    assert v["streamed_time"] == pytest.approx(kernels)


def test_a_trickle_leaves_the_stream() -> None:
    """Weights in twice, gradients out once beside them: the wafer's speed no longer matters."""
    slow = [
        values(ask("cerebras-cs-3", stream_bandwidth="0.1 GB/s", compute_fraction=f), micro_batch=1)[
            "streamed_time"
        ]
        for f in (0.2, 0.8)
    ]
    assert slow[0] == pytest.approx(slow[1], rel=0.01)
    v = values(ask("cerebras-cs-3", stream_bandwidth="0.1 GB/s"), micro_batch=1)
    weights = v["dense_layers"] * v["dense_layer_parameters"]
    least = weights * (v["parameter_bytes"] + max(v["parameter_bytes"], v["gradient_traffic_bytes"])) / 0.1e9
    assert v["streamed_time"] == pytest.approx(least, rel=0.05)


def test_a_faster_stream_is_never_slower() -> None:
    times = [
        values(ask("cerebras-cs-2", stream_bandwidth=f"{b} GB/s"))["step_time"] for b in (1, 10, 150, 1000)
    ]
    assert times == sorted(times, reverse=True)
    assert times[0] > times[-1]


def test_a_larger_micro_batch_pays_the_stream_less_often() -> None:
    q = ask("cerebras-cs-3", stream_bandwidth="5 GB/s")
    times = [values(q, micro_batch=m)["step_time"] for m in (1, 2, 4, 8)]
    assert times == sorted(times, reverse=True)
    assert times[0] == pytest.approx(8 * times[3], rel=0.1)


def test_what_is_where() -> None:
    v = values(ask("cerebras-cs-3"), micro_batch=1)
    assert v["outside_memory"] == pytest.approx(18 * v["parameters"])  # bf16 weights, fp32 gradients, Adam
    assert v["device_memory"] < v["outside_memory"] / 10
    assert v["device_memory"] > v["streamed_weights"]


def test_a_wafer_is_not_split() -> None:
    q = ask("cerebras-cs-3")
    assert values(q, tp=1)["streams_whole_layers"]
    assert not values(q, tp=2)["streams_whole_layers"]


@pytest.mark.parametrize("nodes", [("cerebras-cs-3",), ("dgx-h100", "cerebras-cs-2")], ids=["wafer", "mixed"])
def test_frontier_is_that_of_brute_force(nodes: tuple[str, ...], tmp_path: Path) -> None:
    text = {"name": "s", "workload": WORK, "candidates": {**BOX, "node": list(nodes), "sharding": "zero1"},
            "objectives": ["time_to_train", "energy"]}  # fmt: skip
    file = tmp_path / "s.yaml"
    file.write_text(json.dumps(text))
    found = designer.plan(file, catalog=CATALOG)
    q = load(file, catalog=CATALOG)
    points = set()
    for choice in itertools.product(*(q.domains[d.name] for d in q.decisions)):
        design = {d.name: c for d, c in zip(q.decisions, choice, strict=True)}
        given = {n: k.si for n, k in q.bundle(design).items()}
        v = q.graph.evaluate(["time_to_train", "energy", "idle_share", *q.limited], given)
        if all(t.holds(v) for t in q.limits) and v["idle_share"] <= 0.25:
            points.add((float(f"{v['time_to_train']:.9e}"), float(f"{v['energy']:.9e}")))
    best = {p for p in points if not any(o != p and o[0] <= p[0] and o[1] <= p[1] for o in points)}
    front = {
        tuple(float(f"{d.metrics[n].value:.9e}") for n in ("time_to_train", "energy")) for d in found.frontier
    }
    assert best and front == best


def test_every_rule_of_the_graph_gives_a_number() -> None:
    q = ask("cerebras-cs-3")
    given = {n: k.si for n, k in q.bundle(q.first_design()).items()}
    called = {"packed_time", "stage_activations", "stage_state", "forward_time", "backward_time"}
    unknown = {n for n, v in given.items() if v != v}
    made = q.graph.evaluate(sorted(set(q.graph.rules) - called), given)
    for name in set(q.graph.rules) - called:
        if not q.graph.inputs_of([name]) & unknown:
            assert math.isfinite(made[name]), name
