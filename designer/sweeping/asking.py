"""The question of each point: one number or bound of a question already read is replaced, not read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import ValidationError

from catalogs import Catalog, units
from catalogs.errors import InputError
from constraints.records import aliases
from designer.documents.scenario import Pricing, Site
from designer.question import expressions
from designer.question.groups import PLACES, Group, groups_of
from designer.question.limit import Limit
from designer.question.question import Question
from designer.reading.budgets import bound_text, check_bound
from designer.reading.givens import workload_bundle
from designer.reading.loading import document_of
from designer.reading.premises import premises
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.sweeping.declaration import Plan
from designer.sweeping.paths import is_quick, text_of

# Questions kept at once, each of one search space.
KEPT = 64


class _Otherwise(Exception):
    """The change is more than one number: the scenario has to be read again."""


@dataclass(frozen=True)
class Base:
    """A question read in full, and its source."""

    question: Question
    source: SourceMap


Key = tuple[str, ...]


class Asker:
    """Questions of the points of a sweep."""

    def __init__(self, plan: Plan, catalog: Catalog):
        self.plan, self.catalog = plan, catalog
        self.document = document_of(plan.base)
        self.first = {p: v for p, v in plan.changes(0).items() if is_quick(p)}
        self.bases: OrderedDict[Key, Base | None] = OrderedDict()

    def key(self, changes: Mapping[str, Any]) -> Key:
        """What names the search space of a point."""
        return tuple(text_of(p, v) for p, v in changes.items() if not is_quick(p))

    def ask(self, changes: Mapping[str, Any]) -> Question:
        """The question of a point; raises InputError where its scenario makes no sense."""
        base = self.base(changes)
        if base is not None:
            try:
                quick = {p: v for p, v in changes.items() if is_quick(p)}
                return _replaced(base, quick, self.catalog)
            except (_Otherwise, InputError, ValidationError):
                pass
        return self.read(changes).question

    def base(self, changes: Mapping[str, Any]) -> Base | None:
        """The point of the same search space that is read in full; None where it cannot be."""
        key = self.key(changes)
        if key not in self.bases:
            try:
                found: Base | None = self.read({**changes, **self.first})
            except InputError:
                found = None
            self.bases[key] = found
            if len(self.bases) > KEPT:
                self.bases.popitem(last=False)
        self.bases.move_to_end(key)
        return self.bases[key]

    def source(self, changes: Mapping[str, Any]) -> SourceMap:
        """The scenario with the changes of a point in place."""
        d = self.document
        own = replace(d, data=deepcopy(d.data), values=dict(d.values), keys=dict(d.keys))
        return SourceMap(own, self.plan.texts(dict(changes)), self.catalog)

    def read(self, changes: Mapping[str, Any]) -> Base:
        """The question of a point, read in full."""
        source = self.source(changes)
        return Base(question_of(source), source)


def _replaced(base: Base, changes: Mapping[str, Any], catalog: Catalog) -> Question:
    """The question with these numbers instead of its own."""
    by_section: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        section, _, name = path.partition(".")
        if not isinstance(value, (str, int, float)):
            raise _Otherwise
        by_section.setdefault(section, {})[name] = value
    q = base.question
    updates: dict[str, Any] = {}
    for section, values in by_section.items():
        updates[section] = _section(base, section, values)
    scenario = q.scenario.model_copy(update=updates)
    given = dict(q.given)
    limits, groups = list(q.limits), q.groups
    if "workload" in by_section:
        given |= {n: k for n, k in workload_bundle(scenario.workload).items() if n not in q.domains}
    for name, value in by_section.get("assume", {}).items():
        given[name] = _assumed(q, name, value)
    for name, value in by_section.get("budgets", {}).items():
        at = next((i for i, t in enumerate(limits) if _is_budget(t, name)), None)
        if at is None:
            raise _Otherwise
        limits[at] = _bounded(base, limits[at], name, value)
    if by_section.keys() & {"pricing", "site"}:
        made: dict[str, Group] = {
            g.name: g for g in groups_of(q.job, scenario, catalog, {}, q.domains) if g.name in PLACES
        }
        groups = [made.get(g.name, g) for g in q.groups]
    out = replace(q, scenario=scenario, given=given, limits=limits, groups=groups, edited=None)
    said = {p: f"--set {text_of(p, v)}" for p, v in changes.items()}

    def where(*path: str) -> str:
        return said.get(".".join(path)) or base.source.where(*path)

    out.taken_for_granted = partial(premises, replace(out), catalog, where)
    return out


def _section(base: Base, section: str, values: Mapping[str, Any]) -> Any:
    scenario = base.question.scenario
    raw = base.source.data.get(section)
    if section in ("budgets", "assume"):
        old = getattr(scenario, section)
        if not isinstance(old, dict) or not old.keys() >= values.keys():
            raise _Otherwise
        return {**old, **values}
    if not isinstance(raw, dict) or not raw.keys() >= values.keys():
        raise _Otherwise
    model: Any = {"pricing": Pricing, "site": Site}.get(section, type(scenario.workload))
    found = model.model_validate({**raw, **values})
    if section == "site" and found.pue < 1:
        raise _Otherwise
    return found


def _assumed(q: Question, name: str, value: Any) -> Any:
    known = q.given.get(name)
    unit = q.units.get(name)
    if known is None or unit is None or known.kind != "scenario":
        raise _Otherwise
    si = units.parse(value, unit)
    # What is negative, zero or more than all of it is for the reader to judge.
    if si <= 0 or (unit == "%" and si > 1):
        raise _Otherwise
    return replace(known, si=si, source=f"--set {text_of(f'assume.{name}', value)}: assume.{name}")


def _is_budget(t: Limit, name: str) -> bool:
    return t.kind == "budget" and t.text.split(None, 1)[0] == name


def _bounded(base: Base, old: Limit, name: str, value: Any) -> Limit:
    """The same budget with another bound."""
    q = base.question
    text = f"{name} {bound_text(q, name, value)}"
    node = expressions.parse(text).called(aliases())
    if not old.comparison or node.op != old.comparison.op or node.names() != old.inputs.keys():
        raise _Otherwise
    node.check_constants()
    check_bound(q, node)
    if node.dimension({n: q.unit(n) for n in node.names()}) != "truth":
        raise _Otherwise
    label = text if old.name == old.text else old.name
    place = f"--set {text_of(f'budgets.{name}', value)}"
    changed = Limit.stated_as(label, text, old.kind, place, node, q.units)
    if changed.bound is None:
        raise _Otherwise
    return changed
