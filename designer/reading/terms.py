"""Assumptions, budgets, site rules and objectives: what a scenario says about quantities."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.bundles import Known
from designer import expressions
from designer.context import Value
from designer.question import Constraint, Objective, Question, quantity_units
from designer.reading.domains import DomainReader
from designer.reading.places import Path

DEFAULT_OBJECTIVES = {
    "training": ["time_to_train", "cost"],
    "serving": ["cost_per_token", "tpot_p99"],
    "batch": ["time_to_complete", "cost"],
}
# A limit a scenario may loosen: a design that leaves more than this idle should hold fewer nodes.
MAX_IDLE = "idle_share <= 25 %"
# Shorter names for quantities, for people.
ALIASES = {"gpus": "devices", "ttft_mean": "ttft", "tpot_mean": "tpot", "itl": "tpot"}


class TermReader(DomainReader):
    """Reads everything that names a quantity."""

    def _assume(self, q: Question) -> None:
        known = quantity_units(q.job)
        for name, raw in q.scenario.assume.items():
            path = ("assume", name)
            if name not in known:
                self.problems.append(
                    self.problem(path, f"unknown quantity {name!r}{nearest(name, known)}", key=True)
                )
                continue
            if known[name] == "truth":
                self.problems.append(self.problem(path, f"{name} is a limit and cannot be assumed", key=True))
                continue
            if name in q.domains:
                self.problems.append(
                    self.problem(path, f"{name} is a decision; set its domain under candidates", key=True)
                )
                continue
            try:
                si = units.parse(raw, known[name])
                if si < 0:
                    raise InputError(f"{raw!r} must be at least 0")
                q.given[name] = Known(si, "scenario", f"{self.place(path)[0]}: assume.{name}")
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))

    def _constraints(self, q: Question) -> list[Constraint]:
        out: list[Constraint] = []
        budgets = q.scenario.budgets
        items: list[tuple[Path, str, str]]
        if isinstance(budgets, dict):
            items = [(("budgets", k), f"{k} {_bound(v)}", k) for k, v in budgets.items()]
        else:
            items = [(("budgets", i), str(v), str(v)) for i, v in enumerate(budgets)]
        for path, text, name in items:
            self._constraint(q, out, path, text, name, "budget")
        for i, text in enumerate(q.scenario.rules):
            self._constraint(q, out, ("rules", i), text, text, "rule")
        if q.job == "training" and not any("idle" in c.text for c in out):
            out.append(Constraint(MAX_IDLE, MAX_IDLE, "default", "default", expressions.parse(MAX_IDLE)))
        return out

    def _constraint(
        self, q: Question, out: list[Constraint], path: Path, text: str, name: str, kind: str
    ) -> None:
        try:
            node = _renamed(expressions.parse(text))
            self._check_names(q, node.names())
            if node.dimension({n: q.unit(n) for n in node.names()}) != "truth":
                raise InputError(f"{text!r} compares nothing; write it like 'tp * pp <= 64'")
        except InputError as e:
            self.problems.append(self.problem(path, str(e)))
            return
        file, line = self.place(path)
        c = Constraint(name, text, kind, f"{file}:{line}" if line else file, node)
        if kind == "budget":
            if c.quantity is None:
                self.problems.append(
                    self.problem(path, f"{text!r} is not a budget; write 'quantity <= value unit'")
                )
                return
            c = Constraint(c.quantity, text, kind, c.place, node)
            if any(o.name == c.name and o.node.op == node.op and o.kind == kind for o in out):
                self.problems.append(self.problem(path, f"a second budget on {c.name}"))
                return
        if any(o.name == c.name for o in out):
            c = replace(c, name=text)  # an upper and a lower bound on one quantity
        out.append(c)

    def _check_names(self, q: Question, names: Iterable[str]) -> None:
        known = set(quantity_units(q.job)) | set(q.given)
        choices = {d.name for d in q.decisions if d.kind == "choice"}
        reachable = set(q.graph.rules) | set(q.bundle(q.first_design()))
        for n in sorted(names):
            if n in choices:
                raise InputError(f"{n!r} is a choice of names; restrict it under candidates")
            if n not in known or n not in reachable:
                raise InputError(f"unknown quantity {n!r}{nearest(n, reachable - choices)}")

    def _objectives(self, q: Question) -> list[Objective]:
        out: list[Objective] = []
        texts = q.scenario.objectives or DEFAULT_OBJECTIVES[q.job]
        for i, text in enumerate(texts):
            path = ("objectives", i)
            words = text.split()
            sign = 1
            if len(words) == 2 and words[0] in ("min", "max"):
                sign = -1 if words[0] == "max" else 1
                words = words[1:]
            if len(words) != 1:
                self.problems.append(
                    self.problem(path, f"{text!r} is not an objective; write 'cost' or 'max mfu'")
                )
                continue
            name = ALIASES.get(words[0], words[0])
            try:
                self._check_names(q, [name])
                if q.unit(name) == "truth":
                    raise InputError(f"{name} is a limit, not a quantity to optimise")
            except InputError as e:
                self.problems.append(self.problem(path, str(e)))
                continue
            if any(o.quantity == name for o in out):
                self.problems.append(self.problem(path, f"{name} is an objective already"))
                continue
            out.append(Objective(name, sign))
        return out

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
    return text if re.match(r"(<=|>=|<|>)", text) else f"<= {text}"


def _renamed(node: expressions.Node) -> expressions.Node:
    """The same expression with aliases resolved."""
    if node.op == "name":
        return expressions.Node("name", name=ALIASES.get(node.name, node.name))
    parts = tuple(_renamed(p) for p in node.parts)
    return expressions.Node(node.op, parts, node.name, node.value, node.unit)
