"""One design, without a search and without the solver: every quantity, every limit it breaks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from catalogs.errors import InputError
from constraints.records import record
from designer.answers.plan import Binding, EvaluateResult, Metric
from designer.question.context import Value
from designer.question.question import Constraint, Question
from designer.words.numbers import human

# Candidates of a decision that are named in a message.
SHOWN = 6


class CheckFailed(Exception):
    """An answer did not pass its solver-free check: a defect of this program."""


# What people look at first, by job; all other quantities follow.
HEADLINE = {
    "training": (
        "time_to_train", "cost", "carbon", "energy", "power", "mfu", "step_time", "throughput_per_device",
        "sample_rate", "fed_share", "storage_time", "transform_time", "accelerate_time", "workers_needed",
        "goodput", "bubble_share", "step_computation_share", "step_communication_share",
        "step_coordination_share", "peak_power", "device_memory", "usable_memory", "devices_used", "idle_devices",
    ),
    "serving": (
        "cost_per_token", "carbon_per_token", "ttft", "ttft_p50", "ttft_p90", "ttft_p99", "tpot", "tpot_p50",
        "tpot_p90", "tpot_p99", "decode_communication_share", "tokens_per_second_per_device", "capacity",
        "serving_load", "device_memory", "usable_memory", "devices", "devices_used", "idle_devices", "power",
        "peak_power", "cost", "carbon",
    ),
    "concurrent": (
        "cost_per_token", "carbon_per_token", "ttft", "ttft_p99", "tpot", "tpot_p99", "median_token_interval",
        "user_token_rate", "request_rate", "tokens_per_second_per_device", "device_memory", "usable_memory",
        "devices", "devices_used", "idle_devices", "power", "peak_power", "cost", "carbon",
    ),
    "batch": (
        "time_to_complete", "cost", "carbon", "energy", "power", "peak_power", "cost_per_token",
        "tokens_per_second_per_device", "device_memory", "usable_memory", "devices", "devices_used", "idle_devices",
    ),
}  # fmt: skip


def si_unit(unit: str) -> str:
    """The unit a value is stored in: a share is stored as a pure number."""
    return "" if unit in ("%", "truth") else unit


def targets(question: Question) -> list[str]:
    """Quantities an answer states: headline, objectives, and what limits and budgets compare."""
    names = [n for n in HEADLINE[question.job] if n in question.graph.rules]
    names += [o.quantity for o in question.objectives]
    for c in question.constraints:
        names += sorted(c.inputs)
    return list(dict.fromkeys(names))


def values_of(question: Question, design: Mapping[str, Value]) -> dict[str, Any]:
    """Every quantity of a design on the way to its targets and limits, as floats."""
    given = {name: known.si for name, known in question.bundle(design).items()}
    return question.graph.evaluate([*targets(question), *question.limits], given)


def unstated(question: Question, design: Mapping[str, Value], names: Iterable[str]) -> list[str]:
    """Why quantities have no value: what nobody states of the facts that they rest on."""
    bundle = question.bundle(design)
    leaves = [bundle[n] for n in sorted(question.graph.inputs_of(names)) if n in bundle]
    return list(dict.fromkeys(known.source for known in leaves if known.si != known.si))


def violations(
    question: Question, values: Mapping[str, Any], design: Mapping[str, Value] | None = None
) -> list[Binding]:
    """Limits, budgets and site rules that a design breaks, with numbers.

    With the `design` those that rest on what nobody states say so.
    """
    out: list[Binding] = []
    for name in question.limits:
        if not values[name]:
            r = question.graph.rules[name]
            sides = ", ".join(f"{n} = {human(float(values[n]), r.inputs[n])}" for n in r.inputs)
            if design and (why := unstated(question, design, r.inputs.keys() - question.graph.rules.keys())):
                sides = ", ".join(why)
            out.append(Binding(name=name, text=f"{r.title} ({sides})", place=f"{r.file}:{r.line}"))
    out.extend(binding(question, c, values) for c in question.constraints if not c.holds(values))
    return out


def binding(question: Question, c: Constraint, values: Mapping[str, Any], effect: str = "") -> Binding:
    """A constraint with the numbers a design has for it."""
    over = float(c.excess(values))
    q = c.quantity
    return Binding(
        name=c.name,
        text=c.text,
        place=c.place,
        quantity=q or "",
        value=_finite(values[q]) if q else None,
        bound=c.bound,
        unit=si_unit(question.unit(q)) if q else "",
        slack=-over if math.isfinite(over) else None,
        effect=effect,
    )


def metrics(
    question: Question, values: Mapping[str, Any], names: list[str], design: Mapping[str, Value] | None = None
) -> dict[str, Metric]:
    """Quantities as metrics, unknown ones as null; with their intervals where the design is given."""
    ends = question.intervals(design) if design else {}

    def metric(name: str) -> Metric:
        value = _finite(values[name])
        low, high = ends.get(name, (math.nan, math.nan))
        known = value is not None and math.isfinite(low)
        interval = (low * value, high * value) if known and value is not None else None
        return Metric(value=value, unit=si_unit(question.unit(name)), interval=interval)

    return {n: metric(n) for n in names if question.unit(n) != "truth"}


def _finite(x: Any) -> float | None:
    return float(x) if math.isfinite(x) else None


def complete_design(
    question: Question, given: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str]]:
    """A whole design from some decisions, and where each of the others was taken from.

    A decision that is not given is the only value of its domain, or that of the scenario's
    baseline, or the documented start value. Raises InputError that names all for which none of these exists.
    """
    design: dict[str, Value] = {}
    assumed: dict[str, str] = {}
    open_: list[str] = []
    for d in question.decisions:
        domain = question.domains[d.name]
        if d.name in given:
            design[d.name] = given[d.name]
            continue
        if len(domain) == 1 and d.name not in question.baseline:
            design[d.name], origin = domain[0], "only candidate"
        elif d.name in question.baseline:
            design[d.name], origin = question.baseline[d.name], "baseline of the scenario"
        elif d.start is not None and d.start in domain:
            design[d.name], origin = d.start, "default"
        elif d.start is not None:
            design[d.name], origin = domain[0], "first candidate"
        else:
            more = ", …" * (len(domain) > SHOWN)
            open_.append(f"{d.name} ({', '.join(map(str, domain[:SHOWN]))}{more})")
            continue
        assumed[d.name] = origin
    if open_:
        words = " and ".join(filter(None, (", ".join(open_[:-1]), open_[-1])))
        which = "it" if len(open_) == 1 else "each"
        raise InputError(f"design: say which {words}; the scenario has several candidates of {which}")
    return design, assumed


def undefined(question: Question, broken: Iterable[str]) -> set[str]:
    """Quantities a design that breaks the limits of these names has no value of.

    More devices than there are have no cost, and an overloaded queue has no waiting time.
    """
    out: set[str] = set()
    for name in broken:
        root = record(name).voids
        if root in question.graph.rules:
            out |= {n for n in question.graph.rules if root in question.graph.above(n)}
            # How many devices it would take is known all the same.
            out |= set() if record(root).sizes else {root}
    return out


def evaluate(question: Question, given: Mapping[str, Value]) -> EvaluateResult:
    """Every quantity of one layout, feasible or not, and each limit it violates."""
    design, assumed = complete_design(question, given)
    values = values_of(question, design)
    broken = violations(question, values, design)
    unset = undefined(question, [b.name for b in broken])
    first = targets(question)
    made = [*first, *(n for n in values if n in question.graph.rules and n not in first)]
    shown = {n: math.nan if n in unset and question.unit(n) != "truth" else v for n, v in values.items()}
    return EvaluateResult(
        scenario=question.scenario.name,
        feasible=not broken,
        design=design,
        assumed=assumed,
        metrics=metrics(question, shown, made, design),
        violated=broken,
        notes=question.notes,
    )
