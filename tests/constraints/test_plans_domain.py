"""A plan calls no rule outside the domain it states: every call of every rule, for random designs of every job."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from constraints.domain import holds
from constraints.rule import LAYERS, Rule, rules
from designer.evaluating.design import values_of
from designer.jobs import JOBS
from designer.question.question import Question
from designer.reading.loading import load, shipped

pytestmark = pytest.mark.slow

# Layouts that fit neither nodes nor each other, which no shipped scenario asks about.
UNEVEN = {
    "llama-3.1-405b-pretrain": (
        "workload.model=opt-175b", "workload.sequence_length=2048 token", "workload.global_batch=2949120 token",
        "candidates.tp=[1, 2, 3, 4, 6, 8, 12]", "candidates.cp=[1, 2]", "candidates.dp=[1, 2, 3, 6, 9, 18]",
        "candidates.pp=[4, 6, 8, 12]", "candidates.node_count=[5, 9, 60, 124]",
    ),
    "deepseek-v3-pretrain": (
        "workload.model=qwen3-30b-a3b", "candidates.node=[dgx-h100, gb200-nvl72]", "candidates.precision=bf16",
        "candidates.tp=[1, 2, 4]", "candidates.ep=[1, 4, 8, 16, 64]", "candidates.dp=[2, 3, 6, 12, 24, 48, 96]",
        "candidates.pp=[1, 2, 3]", "candidates.node_count=[1, 3, 9, 36]", "budgets.time_to_train=10000 day",
    ),
    "llama-3.1-70b-chat": (
        "workload.model=opt-175b", "workload.lengths=[{share: 1, input: 500 token, output: 500 token}]",
        "candidates.tp=[1, 2, 3, 4, 6, 8, 12, 24]", "candidates.pp=[1, 2, 3]",
    ),
    "deepseek-v3-decode": (
        "candidates.tp=[1, 2, 4]", "candidates.dp=[1, 3, 4, 6, 12]", "candidates.ep=[1, 2, 4, 8, 16]",
    ),
}  # fmt: skip
# Designs that run, of each question, and designs drawn for them.
WANTED, DRAWN = 20, 1500


def questions() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in shipped():
        yield name, ()
        if name in UNEVEN:
            yield name, UNEVEN[name]


def running(question: Question, seed: str) -> Iterator[dict[str, Any]]:
    """Random designs that the hardware runs: they break no limit but those that somebody states."""
    rng, found = random.Random(seed), 0
    for _ in range(DRAWN):
        design = {d.name: rng.choice(question.domains[d.name]) for d in question.decisions}
        values = values_of(question, design)
        if all(limit.stated or limit.holds(values) for limit in question.limits):
            found += 1
            yield design
            if found == WANTED:
                return


class Watch:
    """Calls of rules, by whomever, with inputs outside where they hold; what is not known is not judged."""

    def __init__(self) -> None:
        made = [r for layer in LAYERS for r in rules(layer).values()]
        self.rules: dict[Any, Rule] = {r.fn.__code__: r for r in made}
        self.calls, self.outside = 0, set[str]()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        r = self.rules.get(frame.f_code) if event == "call" else None
        if r is None:
            return
        self.calls += 1
        inputs = {n: frame.f_locals[n] for n in r.inputs}
        if all(x == x for x in inputs.values()) and not holds(r, inputs):
            self.outside.add(f"{r.layer}.{r.id}: {inputs}")

    def __enter__(self) -> Watch:
        sys.setprofile(self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)


@pytest.mark.parametrize(
    ("name", "sets"), list(questions()), ids=lambda x: x if isinstance(x, str) else "+" * bool(x)
)
def test_no_rule_is_called_outside_its_domain(name: str, sets: tuple[str, ...]) -> None:
    question, watch, runs = load(shipped()[name], list(sets)), Watch(), 0
    for design in running(question, name):
        runs += 1
        with watch:
            values_of(question, design)
    assert watch.outside == set()
    assert (watch.calls > 50 * runs) and (runs or name in ("llama-3.1-405b-pretrain", "deepseek-v3-pretrain"))


def test_every_job_is_among_them() -> None:
    assert {load(path).job.name for path in shipped().values()} == set(JOBS)
