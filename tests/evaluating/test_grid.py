"""A grid of layouts says of each what `evaluate` says of it alone, and holds the frontier."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

import designer
from catalogs.errors import InputError
from designer.evaluating.design import evaluate
from designer.evaluating.grid import evaluate_grid
from designer.reading.loading import load, locate
from designer.search.archive import frontier_of
from designer.search.pareto import settled, skyline

GRIDS = {
    "llama-3.1-405b-pretrain": {
        "pp": [8, 16, 17, 126], "tp": [4, 8], "dp": [64, 127, 128], "sharding": ["zero1", "zero3"],
        "checkpoint_interval": ["10 min", 3600.0], "recompute": ["none", "full"],
    },
    "llama-3.1-70b-chat": {
        "batch": [8, 64, 300], "tp": [2, 4], "weights": ["bf16", "fp8"], "replicas": [1, 16, 40],
        "node": ["p5.48xlarge", "p5e.48xlarge"],
    },
    "corpus-embedding": {
        "tp": [1, 2], "node": ["g6e.48xlarge", "p5.48xlarge"], "precision": ["bf16"], "weights": ["bf16", "fp8"],
        "kv": ["bf16"], "replicas": [8, 512], "prefill_batch": [4, 64],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_each_layout_is_what_evaluate_says(name: str) -> None:
    question = load(locate(name))
    start = {n: v[0] for n, v in evaluate_grid(question, GRIDS[name]).axes.items()}
    first = list(evaluate(question, start).metrics)
    grid = evaluate_grid(question, GRIDS[name], first)
    assert grid.size == math.prod(len(v) for v in GRIDS[name].values())
    seen = set()
    for place in random.Random(name).sample(list(np.ndindex(*grid.shape)), min(40, grid.size)):
        design = {n: grid.axes[n][i] for n, i in zip(grid.axes, place, strict=True)}
        alone = evaluate(question, design)
        assert alone.feasible == bool(np.broadcast_to(grid.feasible, grid.shape)[place])
        seen.add(alone.feasible)
        for n, metric in alone.metrics.items():
            # A design that breaks a limit has no value of some quantities; the grid does not look at that.
            if metric.value is not None:
                assert grid.full(n)[place] == pytest.approx(metric.value, rel=1e-12, abs=1e-300), n
    assert seen == {True, False}


def test_its_feasible_layouts_have_the_frontier_of_the_search() -> None:
    question = load(locate("gpt-3-175b-carbon"))
    grid = evaluate_grid(question, question.domains)
    goals = [
        o.sign * grid.full(o.quantity)[np.broadcast_to(grid.feasible, grid.shape)]
        for o in question.objectives
    ]
    points = settled(np.stack(goals, axis=1))
    np.testing.assert_array_equal(points[skyline(points)], frontier_of(question)[0].objectives)


def test_the_frame_has_a_row_for_every_layout() -> None:
    grid = designer.evaluate_grid(
        "llama-3.1-70b-chat", {"tp": [4, 8], "batch": [16, 32]}, ["tpot_p99", "cost"]
    )
    frame = grid.to_frame()
    assert [tuple(r) for r in frame[["tp", "batch"]].to_numpy()] == list(itertools.product([4, 8], [16, 32]))
    assert list(frame.columns) == ["tp", "batch", "tpot_p99", "cost", "feasible"]
    assert grid.fixed["node"]
    # A larger batch is never faster for its tokens.
    slow, fast = grid.full("tpot_p99")[:, 1], grid.full("tpot_p99")[:, 0]
    assert (slow >= fast).all()


@pytest.mark.parametrize(
    ("over", "quantities", "why"),
    [
        ({"tpp": [1]}, None, "unknown decision 'tpp'; did you mean 'tp'?"),
        ({"tp": []}, None, "tp: no values"),
        ({"tp": [1.5]}, None, "'1.5' is not a count"),
        ({"weights": ["fp9"]}, None, "unknown format 'fp9'"),
        ({"tp": [1], "batch": [4]}, ["cots"], "unknown quantity 'cots'"),
    ],
)
def test_a_mistake_is_named(over: dict[str, list[object]], quantities: list[str] | None, why: str) -> None:
    with pytest.raises(InputError) as e:
        designer.evaluate_grid("llama-3.1-70b-chat", over, quantities)  # type: ignore[arg-type]
    assert why in str(e.value)
