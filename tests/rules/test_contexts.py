"""Contexts of the sequences in decode, against an enumeration of every decode step of many requests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import designer
from constraints.graph import Graph
from constraints.rule import rules
from designer.fields.gives import moments
from designer.jobs.inference import Length

GRAPH = Graph(rules("serving"))
MIXES = [
    [(0.9, 100, 100), (0.1, 100, 8000)],  # one long answer in ten: 3,701 tokens, 545 by means
    [(0.7, 1000, 250), (0.3, 4000, 400)],  # the chat mix that ships: long prompts have long answers
    [(0.5, 8000, 50), (0.5, 50, 2000)],  # the other way round
    [(1, 1024, 1024)],
]


def given(mix: list[tuple[float, float, float]], reserved: float = 0.5) -> dict[str, float]:
    lengths = [Length.model_construct(share=s, input=i, output=o, reasoning=0.0) for s, i, o in mix]
    return moments(lengths) | {"answer_reserved": reserved}


def steps_of(mix: list[tuple[float, float, float]]) -> np.ndarray:
    """The context of each decode step, half of the token it adds included, of requests in their shares."""
    requests = [(i, o) for s, i, o in mix for _ in range(round(100 * s))]
    return np.concatenate([i + np.arange(o) + 0.5 for i, o in requests])


@pytest.mark.parametrize("mix", MIXES)
def test_contexts_of_all_decode_steps(mix: list[tuple[float, float, float]]) -> None:
    steps = steps_of(mix)
    v = GRAPH.evaluate(["decode_context", "context_spread", "held_context"], given(mix))
    assert v["decode_context"] == pytest.approx(steps.mean(), rel=1e-6)
    assert v["held_context"] == pytest.approx(steps.mean(), rel=1e-6)
    assert v["context_spread"] == pytest.approx(steps.std() / steps.mean(), rel=1e-3)


@pytest.mark.parametrize("mix", MIXES)
def test_an_engine_that_reserves_whole_answers_holds_the_whole_of_each(
    mix: list[tuple[float, float, float]],
) -> None:
    requests = [(i, o) for s, i, o in mix for _ in range(round(100 * s))]
    whole = np.concatenate([np.full(o, i + o) for i, o in requests])
    held = GRAPH.evaluate(["held_context"], given(mix, reserved=1))["held_context"]
    assert held == pytest.approx(whole.mean(), rel=1e-9)


def test_a_full_batch_stays_within_its_cache() -> None:
    """Batches drawn from the steps of a mix: about one in a hundred holds more than is planned for."""
    steps, draw = steps_of(MIXES[0]), np.random.default_rng(3)
    for batch in (32, 256):
        held = draw.choice(steps, (4000, batch)).sum(axis=1)
        v = given(MIXES[0]) | {"batch": batch, "dp": 1, "longest_sequence_memory": 8100.0}
        v["mean_sequence_memory"] = GRAPH.evaluate(["held_context"], v)["held_context"]
        planned = GRAPH.evaluate(["kv_memory"], v)["kv_memory"]
        assert planned == pytest.approx(np.quantile(held, 0.99), rel=0.03)


SCENARIO = """
name: mix
workload: {job: JOB, model: llama-3.1-8b, HOW, lengths: [
  {share: 0.9, input: 100 token, output: 100 token}, {share: 0.1, input: 100 token, output: 8000 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: bf16, tp: 1, pp: 1, batch: [32, 256], replicas: 8}
pricing: {price: 2 USD/h}
objectives: [cost]
"""


@pytest.mark.parametrize(("job", "how"), [
    ("serving", "rate: 8 request/s"), ("concurrent", "concurrency: 64 request"), ("batch", "requests: 1e6 request"),
])  # fmt: skip
def test_every_job_decodes_behind_the_contexts_it_finds(tmp_path: Path, job: str, how: str) -> None:
    """131,072 B a token, 3,701 token a slot, and the spread of a sum."""
    file = tmp_path / "mix.yaml"
    file.write_text(SCENARIO.replace("JOB", job).replace("HOW", how))
    grid = designer.evaluate_grid(file, {"batch": [32, 256]}, ["decode_context", "kv_memory", "memory_fits"])
    steps = steps_of(MIXES[0])
    few, many = (n * steps.mean() + 2.3263 * n**0.5 * steps.std() for n in (32, 256))
    assert grid.full("kv_memory") == pytest.approx([131_072 * few, 131_072 * many], rel=1e-3)
    assert list(grid.full("memory_fits")) == [True, False]  # 136 GB of an 80 GB device
