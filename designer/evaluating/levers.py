"""Which inputs move an objective, and by how much: what `evaluate` shows for as much more of each of them.

An input is a number of the scenario or a fact of the catalog, with all the quantities it becomes: lengths of
prompts move every moment of them. The change is a finite one. A ceiling makes a small one show too much or
nothing, so that a larger one is taken, and said, where the two have little to do with each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from constraints.bundles import Bundle
from constraints.bundles.model import MODEL_NAMES
from constraints.graph import run
from designer.answers.plan import Lever
from designer.evaluating.design import si_unit
from designer.fields.gives import declared
from designer.jobs import decided
from designer.question.context import Value
from designer.question.question import Question
from designer.search.compile import Array

# By how much an input is changed, and by how much where a ceiling is in the way of so little.
STEP, WIDE = 0.01, 0.1
# How many times more or less the small change may show, for each percent, than the large one.
ALIKE = 1.5
NEGLIGIBLE = 0.005
# Rates of one device that are one fact where they are one number.
_ONE_FACT = ("compute_rate", "attention_rate")


@dataclass(frozen=True)
class Input:
    """What can be changed: its name, and every quantity with what it becomes of a factor."""

    name: str
    moved: Mapping[str, tuple[float, float]]


def levers(
    question: Question, design: Mapping[str, Value], quantities: Sequence[str], most: int = 8
) -> dict[str, list[Lever]]:
    """For each quantity the inputs by its percent change per percent of theirs, largest first.

    Inputs are facts, assumptions and the workload; decisions and the model's architecture are held. The change
    is one of the whole rule graph, so it includes every path; `step` says how large it was.
    """
    bundle = question.bundle(design)
    values: dict[str, Any] = {n: k.si for n, k in bundle.items()}
    order = question.graph.order(quantities, values)
    inputs = list(_inputs(question, bundle, quantities))
    # All changes in one pass: the first entry of every array is as it is, then two for each input.
    size = 2 * len(inputs) + 1
    for i, moving in enumerate(inputs):
        for name, ends in moving.moved.items():
            if np.ndim(values[name]) == 0:
                values[name] = np.full(size, values[name])
            values[name][2 * i + 1 : 2 * i + 3] = ends
    with np.errstate(all="ignore"):
        run(order, values)
        found = {q: _moved(values[q], inputs, bundle) for q in quantities}
    return {
        q: [
            _lever(question, bundle, inputs[i], *found[q][i].tolist())
            for i in sorted(range(len(inputs)), key=lambda i: (-abs(found[q][i, 0]), inputs[i].name))
            if abs(found[q][i, 0]) >= NEGLIGIBLE
        ][:most]
        for q in quantities
    }


def _inputs(question: Question, bundle: Bundle, quantities: Sequence[str]) -> Iterator[Input]:
    """What quantities rest on and somebody could change, by name."""
    # Whole things: a tenth of one more there is not.
    whole = ("devices_per_node", "scale_up_domain", "pod_devices", "samples")
    fixed = {n for name in whole for n in question.each(name)}
    held = {d.name for d in question.decisions} | MODEL_NAMES | fixed
    read = question.graph.inputs_of(quantities) - held
    found = [i for i in _of_workload(question, bundle) if read & i.moved.keys()]
    # What a field of the workload becomes is moved with the field.
    taken = {n for i in _of_workload(question, bundle) for n in i.moved}
    for name in read - taken:
        known = bundle[name]
        if known.si and math.isfinite(known.si):
            together = _one_fact(question, bundle, name)
            if name == min(together & read, key=lambda n: (question.plain(n) != _ONE_FACT[0], "base_" in n)):
                found.append(Input(name, {n: _ends(known.si, question.unit(n)) for n in together}))
    yield from sorted(found, key=lambda i: i.name)


def _ends(value: float, unit: str) -> tuple[float, float]:
    """A value changed by little and by more: up, or down where a share would be more than all of it."""
    up = 1.0 if unit != "%" or value * (1 + WIDE) <= 1 else -1.0
    return value * (1 + up * STEP), value * (1 + up * WIDE)


def _one_fact(question: Question, bundle: Bundle, name: str) -> set[str]:
    """The numbers that one fact of the catalog becomes."""
    known, plain = bundle[name], question.plain(name)
    pool, plain = name.removesuffix(plain), plain.removeprefix("base_")
    others = {plain, f"base_{plain}"} | ({*_ONE_FACT} if plain in _ONE_FACT else set())
    found = {f"{pool}{n}": bundle.get(f"{pool}{n}") for n in others}
    return {n for n, k in found.items() if k and k.si == known.si and k.source == known.source} | {name}


def _of_workload(question: Question, bundle: Bundle) -> Iterator[Input]:
    """The amounts that the workload states, each with all it becomes, in every pool that has it."""
    for field, gives in declared(question.scenario.workload):
        value = getattr(question.scenario.workload, field)
        now = gives.numbers(value)
        for name, part in gives.parts.items() or dict.fromkeys(now, "").items():
            if not now.get(name):
                continue
            ends = [gives.numbers(gives.scaled(value, 1 + step, part)) for step in (STEP, WIDE)]
            moved = {
                e: (ends[0][n], ends[1][n])
                for n in now
                for e in question.each(n)
                if ends[0][n] != now[n] and e in bundle and bundle[e].si == now[n]
            }
            if moved:
                yield Input(name, moved)


def _moved(value: Any, inputs: Sequence[Input], bundle: Bundle) -> Array:
    """Percent changes of a quantity by each input, and by which step each was found; 0 where it has none."""
    column = np.broadcast_to(np.asarray(value, dtype=float), (2 * len(inputs) + 1,))
    steps = np.array([[end / bundle[n].si - 1 for end in ends] for i in inputs for n, ends in _first(i)])
    steps = steps.reshape(-1, 2)
    shares = (column[1:].reshape(-1, 2) / column[0] - 1) / steps
    shares = np.where(np.isfinite(shares), shares, 0.0)
    little, wide = shares[:, 0], shares[:, 1]
    # What grows faster the further it goes is no ceiling's doing.
    steep = (np.abs(little) > NEGLIGIBLE) & (np.abs(wide) > np.abs(little)) & (little * wide > 0)
    jumps = (np.abs(little) > ALIKE * np.abs(wide)) | (np.abs(wide) > ALIKE * np.abs(little))
    known = np.isfinite(column[2::2])
    large = jumps & ~steep & known
    return np.stack([np.where(large, wide, little), np.where(large, steps[:, 1], steps[:, 0])], axis=1)


def _first(moving: Input) -> list[tuple[str, tuple[float, float]]]:
    """Of an input the quantity that says how far it is moved: the one of its name, if it is among them."""
    name = moving.name if moving.name in moving.moved else next(iter(moving.moved))
    return [(name, moving.moved[name])]


def _lever(question: Question, bundle: Bundle, moving: Input, elasticity: float, step: float) -> Lever:
    ((name, _),) = _first(moving)
    known = bundle[name]
    return Lever(
        input=moving.name,
        elasticity=elasticity,
        step=round(step, 6),
        value=known.si,
        unit=si_unit(question.unit(name)),
        kind=known.kind,
        source=known.source,
    )


def edges(question: Question, design: Mapping[str, Value]) -> list[str]:
    """Decisions that sit at an end of their domain, where wider candidates might do better."""
    out = []
    for d in question.decisions:
        domain = question.domains[d.name]
        if d.named or len(domain) < 2:
            continue
        least, most = min(map(d.number, domain)), max(map(d.number, domain))
        at = d.number(design[d.name])
        end = "largest" if at == most else "smallest" if at == least and least > 1 else ""
        if end in d.edges:
            out.append(f"{d.name} {decided(d.name, design[d.name])} ({end})")
    return out
