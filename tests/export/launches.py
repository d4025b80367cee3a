"""Launches that several tests draw from: the frontier of every shipped scenario, and random designs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from catalogs import default_catalog
from designer.evaluating.grid import evaluate_grid
from designer.exporting.launch import Launch, Refused
from designer.exporting.making import launch_of
from designer.exporting.target import FACTS, NEUTRAL, Files, Target, files_of, targets
from designer.question.question import Question
from designer.reading.loading import load, shipped
from designer.search.archive import frontier_of
from designer.words.labels import label

# Values of a decision that are tried together.
WIDTH = 3
# Designs taken from one such grid.
TAKEN = 4
# Layouts that no shipped scenario leaves open: context and expert parallelism, switches, narrow formats.
SET = {
    "qwen3-30b-a3b-pretrain": (
        "deepseek-v3-pretrain",
        (
            "workload.model=qwen3-30b-a3b", "candidates.node=dgx-b200", "candidates.node_count=[8, 16]",
            "candidates.precision=[bf16, fp8]", "workload.sequence_length=32768 token", "candidates.cp=[1, 2, 4]",
            "workload.global_batch=8388608 token", "candidates.tp=[1, 2, 4]", "workload.dataset=1e11 token",
            "candidates.sharding=[zero0, zero1, zero2, zero3]", "candidates.sp=[off, on]",
        ),
    ),
    "llama-3.1-8b-pretrain": (
        "llama-3.1-8b-finetune",
        ("candidates.sharding=[zero0, zero1, zero2, zero3]", "candidates.sp=[off, on]", "candidates.cp=[1, 2]",
         "candidates.micro_batch=[1, 2, 4, 8]", "workload.dataset=1e11 token", "candidates.node_count=[1, 2, 4, 8]"),
    ),
    "qwen3-30b-a3b-chat": (
        "deepseek-v3-decode",
        ("workload.model=qwen3-30b-a3b", "candidates.precision=[bf16, fp8]", "candidates.weights=[bf16, fp8]",
         "candidates.kv=[bf16, fp8]", "candidates.ep=[1, 2, 4, 8]", "candidates.pp=[1, 2, 3]"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """One launch, named by where it is from."""

    name: str
    launch: Launch


def drawn(question: Question, name: str, design: dict[str, Any], label: str) -> Drawn:
    """The launch of a design of a question."""
    again = (f"designer plan {name}",)
    return Drawn(f"{name} {label}", launch_of(question, default_catalog(), design, label=label, again=again))


def together() -> list[tuple[str, Question]]:
    """Shipped scenarios whose machines are one pool: no launcher is told of more."""
    return [(name, question) for name, path in shipped().items() if not (question := load(path)).pools]


@cache
def frontiers() -> tuple[Drawn, ...]:
    """Every design of the frontier of every shipped scenario."""
    out: list[Drawn] = []
    for name, question in together():
        archive, _ = frontier_of(question)
        out += [drawn(question, name, d, label(i)) for i, d in enumerate(archive.designs())]
    return tuple(out)


@cache
def random_launches(name: str, count: int, seed: int = 17) -> tuple[Drawn, ...]:
    """Designs that run, drawn from the candidates of the shipped scenarios that a target is for, and a few more.

    Budgets are left out, since a launcher knows none. What the target cannot be told is held at a neutral
    value where there is one: else nearly every random design would be refused for it.
    """
    target, rng = targets()[name], random.Random(seed)
    questions = [(n, q) for n, q in _questions() if q.job.name in target.jobs]
    out: list[Drawn] = []
    for attempt in range(60 * count):
        scenario, question = questions[attempt % len(questions)]
        over = {
            d.name: _some(rng, _domain(target, d.name, question.domains[d.name])) for d in question.decisions
        }
        grid = evaluate_grid(question, over)
        places = np.argwhere(np.broadcast_to(grid.feasible, grid.shape))
        for place in rng.sample(range(len(places)), min(TAKEN, len(places))):
            values = zip(grid.axes.items(), places[place], strict=True)
            found = drawn(question, scenario, {n: v[i] for (n, v), i in values}, f"random {len(out)}")
            if found.launch.machine.vendor in target.vendors:
                out.append(found)
        if len(out) >= count:
            return tuple(out[:count])
    raise AssertionError(f"only {len(out)} designs of {count} were found")


def _domain(target: Target, decision: str, domain: list[Any]) -> list[Any]:
    if decision in target.reads or decision in FACTS:
        return domain
    return [v for v in domain if v in NEUTRAL.get(decision, ())] or domain


@cache
def _questions() -> tuple[tuple[str, Question], ...]:
    asked = together()
    asked += [(name, load(shipped()[base], sets)) for name, (base, sets) in SET.items()]
    return tuple((name, replace(q, limits=[t for t in q.limits if not t.stated])) for name, q in asked)


def _some(rng: random.Random, domain: list[Any]) -> list[Any]:
    return rng.sample(domain, min(WIDTH, len(domain)))


def written(target: Target, launch: Launch) -> Files | str:
    """The files of a launch, or why they are refused."""
    try:
        return files_of(launch, target)
    except Refused as e:
        return str(e)
