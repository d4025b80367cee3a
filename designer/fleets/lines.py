"""The inventory of a fleet, line by line, as what a workload's question is asked over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Known
from designer.documents.fleet import Line
from designer.question.context import Value
from designer.question.groups import Group, price_group
from designer.question.question import Objective, Question
from designer.reading.source_map import Path, SourceMap
from designer.reading.steps import CHECKS, Check
from designer.reading.unknowns import check_known, check_rates


class Unknown(Exception):
    """A number that nobody states of a line."""

    def __init__(self, line: int, error: InputError):
        super().__init__(str(error))
        self.line, self.error = line, error


@dataclass(frozen=True)
class Lines:
    """Inventory lines, and the quantities that a fleet asks of what runs on them."""

    lines: list[Line]
    asked: list[str]
    catalog: Catalog

    @staticmethod
    def usable(q: Question, line: Line) -> bool:
        return line.node in q.domains["node"] and line.region in q.domains["region"]

    def together(self, q: Question) -> list[list[int]]:
        """Usable lines in parts that one search can cover: one way to pay, each node in each region once."""
        rows: dict[tuple[str, bool, int], dict[str, int]] = {}
        for i, line in enumerate(self.lines):
            if not self.usable(q, line):
                continue
            owned = (line.pricing or q.scenario.pricing).tenure == "owned"
            again = sum(o.node == line.node and o.region == line.region for o in self.lines[:i])
            rows.setdefault((line.node, owned, again), {})[line.region] = i
        parts: dict[tuple[bool, tuple[str, ...]], list[list[int]]] = {}
        for (_, owned, _), at in rows.items():
            regions = tuple(sorted(at))
            parts.setdefault((owned, regions), []).append([at[r] for r in regions])
        out: list[list[int]] = []
        for alike in parts.values():
            left = alike
            while left:  # a node whose lines are paid in several ways comes again
                nodes = {self.lines[row[0]].node: row for row in reversed(left)}
                out.append([i for row in nodes.values() for i in row])
                left = [row for row in left if row not in nodes.values()]
        return out

    def on(self, q: Question, lines: Sequence[Line]) -> Question:
        """The question on inventory lines of one part, with their prices where they have any."""
        nodes: list[Value] = list(dict.fromkeys(line.node for line in lines))
        regions: list[Value] = list(dict.fromkeys(line.region for line in lines))
        domains: dict[str, list[Value]] = {**q.domains, "node": nodes, "region": regions}
        objectives = [Objective(n, 1) for n in self.asked]
        pricing = {(line.node, line.region): line.pricing or q.scenario.pricing for line in lines}
        priced = {
            where: price_group(q.scenario.model_copy(update={"pricing": p}), self.catalog)
            for where, p in pricing.items()
        }
        first = lines[0].pricing or q.scenario.pricing
        owned = Known(float(first.tenure == "owned"), "scenario", "the fleet's inventory")
        return replace(
            q,
            scenario=q.scenario.model_copy(update={"pricing": first}),
            domains=domains,
            objectives=objectives,
            given={**q.given, "owned": owned},
            groups=[
                *(g for g in q.groups if g.name != "price"),
                Group(
                    "price",
                    ("node", "region"),
                    lambda node, region: priced[str(node), str(region)].build(node, region),
                ),
            ],
        )

    @property
    def checks(self) -> tuple[Check, ...]:
        """What has to hold of a question over all lines.

        A line whose devices lack the precision is no option; nothing is wrong with the scenario then.
        """
        kept = (c for c in CHECKS if c is not check_rates)
        return tuple(self._check_known if c is check_known else c for c in kept)

    def _check_known(self, source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
        """Budgets, and what the fleet asks, must be known on every line that could be used."""
        for part in self.together(q):
            try:
                check_known(source, self.on(q, [self.lines[i] for i in part]), origin)
            except InputError:
                self._blame(source, q, origin, part)

    def _blame(self, source: SourceMap, q: Question, origin: Mapping[str, Path], part: list[int]) -> None:
        """Raise Unknown for the first line of a part that has an unknown number."""
        for i in part:
            try:
                check_known(source, self.on(q, [self.lines[i]]), origin)
            except InputError as e:
                raise Unknown(i, e) from None
