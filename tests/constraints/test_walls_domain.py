"""Where rules hold: what lies outside is refused in one line, what lies inside is not."""

from __future__ import annotations

import inspect
import math
import random

import pytest

from catalogs import InputError
from constraints.domain import check, describe
from constraints.quantities import Domain
from constraints.rule import LAYERS, Rule, find, rules
from designer.rulebook.call import call

ALL = [r for layer in LAYERS for r in rules(layer).values()]
RING = dict(message=1e9, ranks=8.0, bandwidth=5e10, latency=1e-6)


def refusals(name: str, **inputs: float) -> list[str]:
    try:
        check(find(name), inputs)
    except InputError as e:
        return [str(p) for p in e.problems]
    return []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (dict(ranks=2.5), "ranks = 2.5 must be a whole number, at least 1"),
        (dict(ranks=0.0), "ranks = 0 must be a whole number, at least 1"),
        (dict(ranks=-4.0), "ranks = -4 must be a whole number, at least 1"),
        (dict(message=-1.0), "message = -1 byte must be at least 0"),
        (dict(latency=-1e-6), "latency = -1e-06 s must be at least 0"),
        (dict(bandwidth=0.0), "bandwidth = 0 byte/s must be above 0"),
    ],
)
def test_each_input_is_checked(changed: dict[str, float], words: str) -> None:
    assert refusals("ring_all_reduce_time", **RING) == []
    assert refusals("ring_all_reduce_time", **RING | changed) == [f"ring_all_reduce_time: {words}"]


def test_every_problem_is_told() -> None:
    assert len(refusals("ring_all_reduce_time", message=-1.0, ranks=2.5, bandwidth=0.0, latency=0.0)) == 3


@pytest.mark.parametrize(
    ("name", "inputs", "formula"),
    [
        ("mg1_wait", dict(arrival_rate=2.0, service=1.0, service_square=1.0), "arrival_rate * service < 1"),
        ("mg1_wait", dict(arrival_rate=1.0, service=1.0, service_square=1.0), "arrival_rate * service < 1"),
        ("young_interval", dict(checkpoint_time=300.0, mtbf=120.0), "checkpoint_time <= mtbf"),
        ("daly_interval", dict(checkpoint_time=300.0, mtbf=120.0), "checkpoint_time <= mtbf"),
    ],
)
def test_inputs_are_checked_together(name: str, inputs: dict[str, float], formula: str) -> None:
    (told,) = refusals(name, **inputs)
    assert told.startswith(f"{name}: ") and f"needs {formula}, or " in told
    assert all(f"{n} = " in told for n in inputs if n in formula)


def test_a_line_quotes_what_was_written() -> None:
    with pytest.raises(InputError, match=r"^young_interval: checkpoint_time = 5 min, mtbf = 2 min: needs"):
        call("young_interval", "checkpoint_time=5 min, mtbf=2 min")


def test_an_input_that_is_not_given_is_not_checked() -> None:
    assert refusals("mg1_wait", arrival_rate=2.0) == []


@pytest.mark.parametrize("r", rules("library").values(), ids=lambda r: r.id)
def test_extreme_inputs_are_answered_or_refused(r: Rule) -> None:
    """Nothing, next to nothing, one and beyond all bounds: a text or one kind of error, never another."""
    for n in range(40):
        rng = random.Random(f"{r.id}{n}")
        parts = []
        for name, unit in r.inputs.items():
            value = rng.choice((0, 1e-300, 0.5, 1, 2, 3, 1e9, 1e300, -1))
            parts.append(f"{name}={value!r} {unit.replace('%', '')}")
        try:
            said = call(r.id, ", ".join(parts))
        except InputError as e:
            said = str(e)
        assert all(line.startswith((r.id, "  ")) for line in said.split("\n"))


@pytest.mark.parametrize("r", ALL, ids=lambda r: f"{r.layer}.{r.id}")
def test_domains_are_declared_of_inputs(r: Rule) -> None:
    assert set(r.domains) == set(r.inputs)
    for reason, condition in r.where.items():
        names = inspect.signature(condition).parameters
        assert set(names) <= set(r.inputs), "a condition reads inputs of its rule"
        assert reason.split()[0] in ("or", "as") and not reason.endswith(".")
    assert len(describe(r)) == len(r.where) + sum(d != Domain() for d in r.domains.values())
    assert all(d.low <= d.high and not (d.open and d.low == -math.inf) for d in r.domains.values())
