"""One design, without a search and without the solver: every quantity, every limit it breaks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from catalogs.errors import InputError
from constraints.records import record
from designer.answers.plan import Binding, EvaluateResult, Metric
from designer.question.context import Value
from designer.question.decisions import Decision
from designer.question.limit import Limit
from designer.question.question import Question
from designer.words.numbers import human

# Candidates of a decision that are named in a message.
SHOWN = 6


class CheckFailed(Exception):
    """An answer did not pass its solver-free check: a defect of this program."""


def si_unit(unit: str) -> str:
    """The unit a value is stored in: a share is stored as a pure number."""
    return "" if unit in ("%", "truth") else unit


def targets(question: Question) -> list[str]:
    """Quantities an answer states: headline, objectives, and what limits and budgets compare."""
    names = [n for n in question.job.headline if n in question.graph.rules]
    names += [o.quantity for o in question.objectives]
    for t in question.stated:
        names += t.inputs
    return list(dict.fromkeys(names))


def values_of(question: Question, design: Mapping[str, Value]) -> dict[str, Any]:
    """Every quantity of a design on the way to its targets and limits, as floats."""
    given = {name: known.si for name, known in question.bundle(design).items()}
    return question.graph.evaluate([*targets(question), *question.limited], given)


def others(question: Question, values: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities that no target and no limit needs; NaN where a design gives them no number."""
    out = dict(values)
    for r in question.graph.everything(values):
        try:
            out[r.id] = r.fn(**{n: out[n] for n in r.inputs})
        except (ArithmeticError, ValueError):
            out[r.id] = math.nan
    return out


def unstated(question: Question, design: Mapping[str, Value], names: Iterable[str]) -> list[str]:
    """Why quantities have no value: what nobody states of the facts that they rest on."""
    bundle = question.bundle(design)
    leaves = [bundle[n] for n in sorted(question.graph.inputs_of(names)) if n in bundle]
    return list(dict.fromkeys(known.source for known in leaves if known.si != known.si))


def violations(
    question: Question, values: Mapping[str, Any], design: Mapping[str, Value] | None = None
) -> list[Binding]:
    """Limits that a design breaks, with numbers.

    With the `design` those that rest on what nobody states say so.
    """
    out: list[Binding] = []
    for t in question.limits:
        if not t.holds(values):
            found = binding(question, t, values)
            if not t.stated:  # the words of a rule hold no numbers
                sides = ", ".join(f"{n} = {human(float(values[n]), unit)}" for n, unit in t.inputs.items())
                unknown = {n for n in t.inputs if n not in question.graph.rules or values[n] != values[n]}
                if design and (why := unstated(question, design, unknown)):
                    sides = ", ".join(why)
                found = found.model_copy(update={"text": f"{t.text} ({sides})"})
            out.append(found)
    return out


def binding(question: Question, limit: Limit, values: Mapping[str, Any], effect: str = "") -> Binding:
    """A limit with the numbers a design has for it."""
    over = limit.share(values)
    q = limit.quantity if limit.bound is not None else None
    return Binding(
        name=limit.name,
        text=limit.text,
        place=limit.place,
        quantity=q or "",
        value=_finite(values[q]) if q else None,
        bound=limit.bound,
        unit=si_unit(question.unit(q)) if q else "",
        slack=None if over is None else -over,
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


def assumed_in(question: Question, design: Mapping[str, Value]) -> list[str]:
    """The decisions of a design that are the same where nobody gives them."""
    fixed = {d.name: design[d.name] for d in question.decisions if not _supposed(question, d)}
    taken, _ = complete_design(question, fixed)
    return [n for n in taken if n not in fixed and str(taken[n]) == str(design[n])]


def _supposed(question: Question, d: Decision) -> bool:
    """Whether a decision that is not given is taken from somewhere."""
    return len(question.domains[d.name]) == 1 or d.name in question.baseline or d.start is not None


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
    values |= others(question, values)
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
