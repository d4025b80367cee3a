"""Assumptions, budgets, site rules and objectives: what a scenario says about quantities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.bundles import Bundle, Known
from constraints.records import aliases, record
from designer.jobs.data_pipeline import dataset_bundle, dataset_of
from designer.question import expressions
from designer.question.context import Value
from designer.question.job import Pool
from designer.question.limit import Limit
from designer.question.question import Objective, Question
from designer.reading.domains import value_of
from designer.reading.givens import workload_bundle
from designer.reading.sections import said
from designer.reading.source_map import Path, SourceMap


def assumed(source: SourceMap, q: Question, pool: Pool | None = None) -> Bundle:
    """What the scenario assumes, in place of what would be given; of one pool, if any."""
    out: Bundle = {}
    known = q.units
    decisions = {d.name for d in q.decisions}
    stated = {**workload_bundle(q.scenario.workload), "owned": None, "node_limit": None}
    if dataset := dataset_of(q.scenario.workload):
        stated |= dict.fromkeys(dataset_bundle(source.catalog, dataset).keys() - {"cache_share"})
    wanted = said("assume", q.scenario.assume, known, q.job, pool)
    for name, raw in wanted.items():
        path = wanted.path(name)
        if name in decisions:
            source.mistake(path, f"{name} is a decision; set its domain under candidates", key=True)
            continue
        if name in stated:
            where = {"owned": "pricing.tenure", "node_limit": "candidates.node_count"}.get(name, "workload")
            source.mistake(path, f"{name} is no assumption; {where} says what it is", key=True)
            continue
        if name not in known:
            source.mistake(path, f"unknown quantity {name!r}{nearest(name, known)}", key=True)
            continue
        if known[name] == "truth":
            source.mistake(path, f"{name} is a limit and cannot be assumed", key=True)
            continue
        try:
            si = units.parse(raw, known[name])
            if si < 0:
                raise InputError(f"{raw!r} must be at least 0")
            if known[name] == "%" and si > 1:
                raise InputError(f"{raw!r} is more than all of it; a share is at most 100 %")
            out[name] = Known(si, "scenario", f"{source.place(path)[0]}: {'.'.join(map(str, path))}")
        except InputError as e:
            source.mistake(path, str(e))
    return out


@dataclass(frozen=True)
class _Term:
    """A budget or site rule as it is written: under a key of its own, or as a whole comparison."""

    path: Path
    kind: str
    key: str
    rest: str

    @property
    def text(self) -> str:
        return f"{self.key} {self.rest}".strip()

    def words(self, node: expressions.Expression, pool: str) -> tuple[str, str]:
        """What the limit is called and how it reads, of one pool where it is meant for each."""
        if self.key:
            name = node.parts[0].name if pool else self.key
            return name, f"{name} {self.rest}"
        text = f"{self.rest} ({pool})" if pool else self.rest
        return text, text


def stated_of(source: SourceMap, q: Question) -> tuple[list[Limit], dict[str, Path]]:
    """Budgets, site rules and the defaults that none takes the place of; and where each stands, by its name."""
    out: list[Limit] = []
    origin: dict[str, Path] = {}
    budgets = q.scenario.budgets
    if isinstance(budgets, dict):
        terms = [_Term(("budgets", k), "budget", k, bound_text(q, k, v)) for k, v in budgets.items()]
    else:
        terms = [_Term(("budgets", i), "budget", "", str(v)) for i, v in enumerate(budgets)]
    terms += [_Term(("rules", i), "rule", "", text) for i, text in enumerate(q.scenario.rules)]
    for term in terms:
        try:
            node = expressions.parse(term.text).called(aliases())
            for pool, way in meant(q, node):
                out.append(_limit(source, q, out, term, way, pool))
                origin[out[-1].name] = term.path
        except InputError as e:
            unknown = term.kind == "budget" and bool(term.key) and str(e).startswith("unknown quantity")
            source.mistake(term.path, str(e), key=unknown)
    said = {n for t in out for n in t.inputs}
    for text in q.job.rules:
        node = expressions.parse(text)
        if said.isdisjoint(node.names()):
            out.append(Limit.stated_as(text, text, "default", "default", node, q.units))
    return out, origin


def meant(q: Question, node: expressions.Expression) -> list[tuple[str, expressions.Expression]]:
    """What an expression means: itself, or where it names what pools have of their own the same of each pool."""
    several = {n for n in node.names() if len(q.each(n)) > 1}
    if not several:
        return [("", node)]
    return [
        (p.pool.name, node.called({n: p.names[n] for n in several}))
        for p in reversed(q.pools)
        if all(p.names.get(n) in q.each(n) for n in several)
    ]


def _limit(
    source: SourceMap, q: Question, before: list[Limit], term: _Term, node: expressions.Expression, pool: str
) -> Limit:
    """One budget or rule beside those `before` it. Raises InputError for a mistake in it."""
    _check_names(q, node.names())
    node.check_constants()
    check_bound(q, node)
    if node.dimension({n: q.unit(n) for n in node.names()}) != "truth" or not node.names():
        raise InputError(f"{term.text!r} compares no quantity; write it like 'tp * pp <= 64'")
    name, text = term.words(node, pool)
    place = source.where(*term.path)
    found = Limit.stated_as(name, text, term.kind, place, node, q.units)
    if term.kind == "budget":
        if found.bound is None:
            raise InputError(f"{text!r} is not a budget; write 'quantity <= value unit'")
        name = str(found.quantity)
        if any(o.name == name and _same_side(o, found) and o.kind == term.kind for o in before):
            raise InputError(f"a second budget on {name}")
    elif any(o.text == text for o in before):
        raise InputError(f"{text!r} is given twice")
    if any(o.name == name for o in before):
        name = text  # an upper and a lower bound on one quantity
    return Limit.stated_as(name, text, term.kind, place, node, q.units)


def check_weights(source: SourceMap, q: Question) -> None:
    """Weights of repairs are of what the scenario states."""
    stated = [t.name for t in q.stated]
    stated += [n for n in source.data["workload"] if n not in ("job", "model", "period")]
    stated += [e for n in q.scenario.candidates for e in q.deciding(n)]
    for name in q.scenario.repair_weights:
        if name not in stated:
            message = (
                f"{name!r} is nothing the scenario states{nearest(name, stated)} (has: {', '.join(stated)})"
            )
            source.mistake(("repair_weights", name), message, key=True)


def check_bound(q: Question, node: expressions.Expression) -> None:
    """The commonest mistakes in a bound on one quantity, in words that say what to write."""
    _check_shares(q, node)
    if node.op not in ("<=", ">=", "<", ">") or node.parts[0].op != "name":
        return
    name, bound = node.parts[0].name, node.parts[1]
    if q.unit(name) == "truth":
        return
    if bound.op == "negative" and not bound.names():
        raise InputError(f"a bound below 0 on {name}, which is never negative")
    want, unit = units.dimension(q.unit(name)), q.unit(name)
    if bound.op == "number" and units.dimension(bound.unit) != want:
        value = f"{bound.value / units.factor(bound.unit):g}"
        if not bound.unit:
            raise InputError(f"{value} has no unit; {name} is written like '{value} {unit}'")
        have = f"'{value} {bound.unit}' is {units.spoken(units.dimension(bound.unit))}"
        raise InputError(f"{have}, expected {units.spoken(want)} (for example {f'1 {unit}'.strip()!r})")


def _check_shares(q: Question, node: expressions.Expression) -> None:
    """A plain number beside a share is a hundred times what was meant, or just that: nobody can tell."""
    for side, bound in (node.parts, node.parts[::-1]) if node.op in expressions.COMPARE else ():
        plain = bound.op == "number" and not bound.unit and bound.value
        if plain and side.op == "name" and q.unit(side.name) == "%":
            share = f" or '{100 * bound.value:g} %'" if bound.value <= 1 else ""
            raise InputError(
                f"{bound.value:g} has no unit; {side.name} is a share, written like '{bound.value:g} %'{share}"
            )
    for part in node.parts:
        _check_shares(q, part)


def _check_names(q: Question, names: Iterable[str]) -> None:
    known = set(q.units) | set(q.given)
    choices = {d.name for d in q.decisions if d.kind == "choice"}
    reachable = set(q.graph.rules) | set(q.bundle(q.first_design()))
    for n in sorted(names, key=lambda n: (n not in choices, n)):
        if n in choices:
            raise InputError(f"{n!r} is a choice of names; restrict it under candidates")
        if n not in known or n not in reachable:
            hint = nearest(n, reachable - choices)
            if len(of := q.each(n)) > 1:
                hint = f"; each pool has its own: {' and '.join(reversed(of))}"
            raise InputError(f"unknown quantity {expressions.short(n)}{hint}")
        if any(t.name == n and not t.stated for t in q.limits):
            raise InputError(f"{n!r} is a limit that every design meets already")


def objectives_of(source: SourceMap, q: Question) -> list[Objective]:
    """What the scenario makes small or large, or what is usual for its job."""
    out: list[Objective] = []
    if "objectives" in source.data and not q.scenario.objectives:
        source.mistake(("objectives",), "an empty list; name a quantity or leave objectives out")
    texts = q.scenario.objectives or q.job.objectives
    for i, text in enumerate(texts):
        path = ("objectives", i)
        words = text.split()
        sense = words.pop(0) if len(words) == 2 and words[0] in ("min", "max") else ""
        if len(words) != 1:
            source.mistake(path, f"{text!r} is not an objective; write 'cost' or 'max mfu'")
            continue
        name = aliases().get(words[0], words[0])
        sign = -1 if sense == "max" or (not sense and larger_is_better(q, name)) else 1
        try:
            if q.unit(name) == "truth":
                raise InputError(f"{name} is a limit, not a quantity to optimise")
            _check_names(q, [name])
            _check_moves(q, name)
        except InputError as e:
            source.mistake(path, str(e))
            continue
        if any(o.quantity == name for o in out):
            source.mistake(path, f"{name} is an objective already")
            continue
        out.append(Objective(name, sign))
    return out


def _check_moves(q: Question, name: str) -> None:
    """An objective no decision has a say in makes every design the best."""
    if name in q.given:
        raise InputError(f"{name} is given by the scenario and cannot be optimised")


def design_of(source: SourceMap, q: Question, raw: dict[str, Any], path: Path) -> dict[str, Value]:
    """Values of decisions, checked; those of unknown decisions are problems."""
    out: dict[str, Value] = {}
    decisions = {d.name: d for d in q.decisions}
    for name, value in sorted(raw.items(), key=lambda item: item[0] in decisions):
        for of in q.deciding(name):
            if of not in decisions:
                source.mistake(
                    (*path, name), f"unknown decision {name!r}{nearest(name, decisions)}", key=True
                )
                continue
            try:
                out[of] = value_of(source, decisions[of], value, (*path, name))
            except InputError as e:
                source.problems.extend(e.problems)
    return out


def asked_of(q: Question, origin: Mapping[str, Path]) -> list[tuple[Path, str]]:
    """Every quantity that an objective, a budget or a rule reads, and where that stands."""
    at: Path = ("workload", "job")
    out: list[tuple[Path, str]] = []
    for i, o in enumerate(q.objectives):
        out.append((("objectives", i) if q.scenario.objectives else at, o.quantity))
    for t in q.stated:
        out.extend((origin.get(t.name, ()), n) for n in t.inputs)
    return out


def larger_is_better(q: Question, name: str) -> bool:
    """Which way a quantity is made better where nobody says: as an objective, and by a plain bound."""
    return record(q.plain(aliases().get(name, name))).better == "more"


def bound_text(q: Question, name: str, value: Any) -> str:
    """A bound as a comparison: a plain number is the most there may be, or the least of what is better large."""
    text = str(value).strip()
    if re.match(r"[<>=!]", text):
        return text
    return f"{'>=' if larger_is_better(q, name) else '<='} {text}"


def _same_side(a: Limit, b: Limit) -> bool:
    return (
        a.comparison is not None and b.comparison is not None and a.comparison.flipped == b.comparison.flipped
    )
