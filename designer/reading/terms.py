"""Assumptions, budgets, site rules and objectives: what a scenario says about quantities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.bundles import Known
from constraints.records import aliases, record
from designer.jobs.data_pipeline import dataset_bundle, dataset_of
from designer.question import expressions
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Objective, Question
from designer.reading.domains import DomainReader
from designer.reading.givens import workload_bundle
from designer.reading.source_map import Path


class TermReader(DomainReader):
    """Reads everything that names a quantity."""

    @cached_property
    def origin(self) -> dict[str, Path]:
        """Where each budget and rule stands, by its name."""
        return {}

    def _assume(self, q: Question) -> None:
        known = q.units
        decisions = {d.name for d in q.decisions}
        stated = {**workload_bundle(q.scenario.workload), "owned": None, "node_limit": None}
        if dataset := dataset_of(q.scenario.workload):
            stated |= dict.fromkeys(dataset_bundle(self.catalog, dataset).keys() - {"cache_share"})
        for name, raw in q.scenario.assume.items():
            path = ("assume", name)
            if name in decisions:
                self.problems.append(
                    self.problem(path, f"{name} is a decision; set its domain under candidates", key=True)
                )
                continue
            if name in stated:
                where = {"owned": "pricing.tenure", "node_limit": "candidates.node_count"}.get(
                    name, "workload"
                )
                self.problems.append(
                    self.problem(path, f"{name} is no assumption; {where} says what it is", key=True)
                )
                continue
            if name not in known:
                self.problems.append(
                    self.problem(path, f"unknown quantity {name!r}{nearest(name, known)}", key=True)
                )
                continue
            if known[name] == "truth":
                self.problems.append(self.problem(path, f"{name} is a limit and cannot be assumed", key=True))
                continue
            try:
                si = units.parse(raw, known[name])
                if si < 0:
                    raise InputError(f"{raw!r} must be at least 0")
                if known[name] == "%" and si > 1:
                    raise InputError(f"{raw!r} is more than all of it; a share is at most 100 %")
                q.given[name] = Known(si, "scenario", f"{self.place(path)[0]}: assume.{name}")
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))

    def _stated(self, q: Question) -> list[Limit]:
        """Budgets, site rules and the defaults that no budget or rule takes the place of."""
        out: list[Limit] = []
        budgets = q.scenario.budgets
        items: list[tuple[Path, str, str]]
        if isinstance(budgets, dict):
            items = [(("budgets", k), f"{k} {_bound(v)}", k) for k, v in budgets.items()]
        else:
            items = [(("budgets", i), str(v), str(v)) for i, v in enumerate(budgets)]
        for path, text, name in items:
            self._limit(q, out, path, text, name, "budget")
        for i, text in enumerate(q.scenario.rules):
            self._limit(q, out, ("rules", i), text, text, "rule")
        stated = [t.text for t in out]
        for d in q.job.rules:
            if not any(d.about in text for text in stated):
                node = expressions.parse(d.text)
                out.append(Limit.stated_as(d.text, d.text, "default", "default", node, q.units))
        return out

    def _limit(self, q: Question, out: list[Limit], path: Path, text: str, name: str, kind: str) -> None:
        try:
            node = _renamed(expressions.parse(text))
            self._check_names(q, node.names())
            node.check_constants()
            self._check_bound(q, node)
            if node.dimension({n: q.unit(n) for n in node.names()}) != "truth" or not node.names():
                raise InputError(f"{text!r} compares no quantity; write it like 'tp * pp <= 64'")
        except InputError as e:
            unknown = kind == "budget" and isinstance(path[-1], str) and str(e).startswith("unknown quantity")
            self.problems.append(self.problem(path, str(e), key=unknown))
            return
        file, line = self.place(path)
        place = f"{file}:{line}" if line else file
        found = Limit.stated_as(name, text, kind, place, node, q.units)
        if kind == "budget":
            if found.bound is None:
                self.problems.append(
                    self.problem(path, f"{text!r} is not a budget; write 'quantity <= value unit'")
                )
                return
            name = str(found.quantity)
            if any(o.name == name and _same_side(o, found) and o.kind == kind for o in out):
                self.problems.append(self.problem(path, f"a second budget on {name}"))
                return
        elif any(o.text == text for o in out):
            self.problems.append(self.problem(path, f"{text!r} is given twice"))
            return
        if any(o.name == name for o in out):
            name = text  # an upper and a lower bound on one quantity
        self.origin[name] = path
        out.append(Limit.stated_as(name, text, kind, place, node, q.units))

    def _check_weights(self, q: Question) -> None:
        """Weights of repairs are of what the scenario states."""
        stated = [t.name for t in q.stated]
        stated += [n for n in self.data["workload"] if n not in ("job", "model", "period")]
        stated += list(q.scenario.candidates)
        for name in q.scenario.repair_weights:
            if name not in stated:
                message = f"{name!r} is nothing the scenario states{nearest(name, stated)} (has: {', '.join(stated)})"
                self.problems.append(self.problem(("repair_weights", name), message, key=True))

    def _check_bound(self, q: Question, node: expressions.Node) -> None:
        """The commonest mistakes in a bound on one quantity, in words that say what to write."""
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
            have = f"'{value} {bound.unit}' is {units.dimension(bound.unit)}"
            raise InputError(f"{have}, expected {want} (for example {f'1 {unit}'.strip()!r})")

    def _check_names(self, q: Question, names: Iterable[str]) -> None:
        known = set(q.units) | set(q.given)
        choices = {d.name for d in q.decisions if d.kind == "choice"}
        reachable = set(q.graph.rules) | set(q.bundle(q.first_design()))
        for n in sorted(names, key=lambda n: (n not in choices, n)):
            if n in choices:
                raise InputError(f"{n!r} is a choice of names; restrict it under candidates")
            if n not in known or n not in reachable:
                hint = nearest(n, reachable - choices)
                raise InputError(f"unknown quantity {expressions.short(n)}{hint}")
            if any(t.name == n and not t.stated for t in q.limits):
                raise InputError(f"{n!r} is a limit that every design meets already")

    def _objectives(self, q: Question) -> list[Objective]:
        out: list[Objective] = []
        if "objectives" in self.data and not q.scenario.objectives:
            self.problems.append(
                self.problem(("objectives",), "an empty list; name a quantity or leave objectives out")
            )
        texts = q.scenario.objectives or q.job.objectives
        for i, text in enumerate(texts):
            path = ("objectives", i)
            words = text.split()
            sense = words.pop(0) if len(words) == 2 and words[0] in ("min", "max") else ""
            if len(words) != 1:
                self.problems.append(
                    self.problem(path, f"{text!r} is not an objective; write 'cost' or 'max mfu'")
                )
                continue
            name = aliases().get(words[0], words[0])
            sign = -1 if sense == "max" or (not sense and record(name).better == "more") else 1
            try:
                if q.unit(name) == "truth":
                    raise InputError(f"{name} is a limit, not a quantity to optimise")
                self._check_names(q, [name])
                self._check_moves(q, name)
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))
                continue
            if any(o.quantity == name for o in out):
                self.problems.append(self.problem(path, f"{name} is an objective already"))
                continue
            out.append(Objective(name, sign))
        return out

    @staticmethod
    def _check_moves(q: Question, name: str) -> None:
        """An objective no decision has a say in makes every design the best."""
        if name in q.given:
            raise InputError(f"{name} is given by the scenario and cannot be optimised")

    def _design(self, q: Question, raw: dict[str, Any], path: Path) -> dict[str, Value]:
        """Values of decisions, checked; those of unknown decisions are problems."""
        out: dict[str, Value] = {}
        decisions = {d.name: d for d in q.decisions}
        for name, value in raw.items():
            if name not in decisions:
                self.problems.append(
                    self.problem(
                        (*path, name), f"unknown decision {name!r}{nearest(name, decisions)}", key=True
                    )
                )
                continue
            try:
                out[name] = self._value(decisions[name], value, (*path, name))
            except InputError as e:
                self.problems.extend(e.problems)
        return out


def _bound(value: Any) -> str:
    text = str(value).strip()
    return text if re.match(r"[<>=!]", text) else f"<= {text}"


def _same_side(a: Limit, b: Limit) -> bool:
    return (
        a.comparison is not None and b.comparison is not None and a.comparison.flipped == b.comparison.flipped
    )


def _renamed(node: expressions.Node) -> expressions.Node:
    """The same expression with aliases resolved."""
    if node.op == "name":
        return expressions.Node("name", name=aliases().get(node.name, node.name))
    parts = tuple(_renamed(p) for p in node.parts)
    return expressions.Node(node.op, parts, node.name, node.value, node.unit)
