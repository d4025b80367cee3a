"""The domain of each decision: what the scenario gives, checked, or the documented default."""

from __future__ import annotations

import re
from typing import Any

from catalogs import Catalog, units
from catalogs.errors import InputError, Problem, nearest
from catalogs.schema import Node
from constraints.bundles import Bundle
from designer.documents.scenario import Scenario
from designer.jobs import DECISIONS, decisions_of
from designer.jobs.shared import NODE, NODE_COUNT
from designer.question.context import Context, Value
from designer.question.decisions import MAX_COUNT, Decision, switched
from designer.question.job import Job
from designer.reading.ranges import MAX_DOMAIN, Ladders
from designer.reading.source_map import Path


def node_of(catalog: Catalog, accelerator: str) -> Node | None:
    """The node an accelerator is planned in: a vendor's system if there is one, else a cloud's."""
    nodes = catalog.nodes_with(accelerator)
    return min(nodes, key=lambda n: (n.kind != "system", n.nic is None, -n.accelerators, n.id), default=None)


class DomainReader(Ladders):
    """Reads `candidates`, and designs such as the baseline."""

    def _domains(
        self, scenario: Scenario, job: Job, models: dict[str, Bundle]
    ) -> tuple[dict[str, list[Value]], set[str]]:
        wanted = dict(scenario.candidates)
        decisions = {d.name: d for d in decisions_of(job, next(iter(models.values())))}
        for d in job.decisions:
            if d.name in wanted and d.name not in decisions:
                raise self.fail(
                    ("candidates", d.name),
                    f"{d.name} splits layers, and {scenario.workload.model} is known by its totals:"
                    " it is planned whole on every device",
                )
        for name in wanted:
            if name in decisions and (unused := decisions[name].unused) and (why := unused(scenario.workload)):
                self.problems.append(
                    self.problem(("candidates", name), f"unused, as {why}", key=True)
                )
        extra = {*NODE.written, NODE_COUNT.name, *NODE_COUNT.written}
        for name in wanted:
            if name not in decisions and name not in extra:
                hint = nearest(name, [*decisions, *extra])
                if (
                    name in DECISIONS
                ):  # of another job, which may have the like by a longer or shorter name
                    alike = [d for d in decisions if name in d or d in name]
                    hint = f" of this {job.name} workload{nearest(name, alike)}"
                self.problems.append(
                    self.problem(("candidates", name), f"unknown decision {name!r}{hint}", key=True)
                )
        self.raise_problems()
        domains: dict[str, list[Value]] = {}
        defaulted: set[str] = set()
        context = Context(self.catalog, scenario.workload, list(models.values()), domains)
        if "model" in wanted:
            domains["model"] = list(models)
        if scenario.engine is not None:
            domains["engine"] = [self._engine(scenario.engine, wanted, decisions.get("engine"))]
        self._nodes(wanted, domains, defaulted, decisions["node"], context)
        self._node_count(wanted, domains, defaulted, context, job)
        # Two passes: what other defaults read must be there first.
        order = sorted(decisions.values(), key=lambda d: d.name not in ("precision", "global_batch"))
        for d in order:
            if d.name in domains:
                continue
            if d.name in wanted:
                domains[d.name] = self._domain(d, wanted[d.name])
            elif values := list(d.default(context)):
                domains[d.name] = values
                defaulted.add(d.name)
        self._precisions(domains, defaulted, context)
        defaulted.discard("global_batch")  # the workload says it
        if scenario.site:
            domains["region"] = ["own-site"]
            defaulted.discard("region")
        else:
            self._regions(domains)
        return domains, defaulted

    def _engine(self, name: str, wanted: dict[str, Any], d: Decision | None) -> Value:
        """The one engine that a scenario is served by."""
        if d is None:
            raise InputError(self.problem(("engine",), "a training run has no serving engine", key=True))
        if "engine" in wanted:
            raise self.fail(("candidates", "engine"), "give either engine or candidates.engine, not both")
        return self._value(d, name, ("engine",))

    def _nodes(
        self,
        wanted: dict[str, Any],
        domains: dict[str, list[Value]],
        defaulted: set[str],
        d: Decision,
        c: Context,
    ) -> None:
        if "node" in wanted and "accelerator" in wanted:
            raise self.fail(("candidates", "accelerator"), "give either node or accelerator, not both")
        if "accelerator" in wanted:
            names = self._list(("candidates", "accelerator"), wanted["accelerator"])
            domains["node"] = list(
                dict.fromkeys(
                    self._node_with(n, self._item(("candidates", "accelerator"), wanted["accelerator"], i))
                    for i, n in enumerate(names)
                )
            )
        elif "node" in wanted:
            found: list[Value] = []
            for i, n in enumerate(self._list(("candidates", "node"), wanted["node"])):
                path = self._item(("candidates", "node"), wanted["node"], i)
                try:
                    found.append(self.catalog.get("nodes", self._text(path, n, "node")).id)
                except InputError as e:
                    raise self._at(path, e) from None
            domains["node"] = list(dict.fromkeys(found))
        else:
            domains["node"] = list(d.default(c))
            defaulted.add("node")
        for id in domains["node"]:
            self._check_references(str(id))

    def _check_references(self, id: str) -> None:
        """A node that names a part the catalog has not is reported in the node's own file."""
        node = self.catalog.get("nodes", id)
        for kind, name in (("accelerators", node.accelerator), ("fabrics", node.nic and node.nic.fabric)):
            try:
                if name:
                    self.catalog.get(kind, name)
            except InputError as e:
                if any(p.file for p in e.problems):
                    raise
                raise InputError(Problem(str(e), str(self.catalog.path("nodes", id)))) from None

    def _node_with(self, accelerator: Any, path: Path) -> str:
        """The node that an accelerator, by any of its names, is planned in."""
        try:
            acc = self.catalog.get("accelerators", self._text(path, accelerator, "accelerator")).id
        except InputError as e:
            raise self._at(path, e) from None
        node = node_of(self.catalog, acc)
        if node is None:
            raise self.fail(path, f"no node of the catalog holds {acc}")
        return node.id

    def _node_count(
        self,
        wanted: dict[str, Any],
        domains: dict[str, list[Value]],
        defaulted: set[str],
        c: Context,
        job: Job,
    ) -> None:
        if "devices" in wanted:
            if "node_count" in wanted:
                raise self.fail(("candidates", "devices"), "give either devices or node_count, not both")
            path = ("candidates", "devices")
            sizes = {node.accelerators: node for node in c.nodes}
            if len(sizes) > 1:
                held = ", ".join(f"{n.id} {per}" for per, n in sorted(sizes.items()))
                raise self.fail(
                    path, f"the candidate nodes hold different numbers of devices ({held}); give node_count"
                )
            (per, node), raw = next(iter(sizes.items())), wanted["devices"]
            counts: list[Value] = []
            for i, item in enumerate(self._list(path, raw)):
                place = self._item(path, raw, i)
                for n in self._counts(place, item):
                    if n % per:
                        near = max(1, round(n / per)) * per
                        raise self.fail(
                            place,
                            f"{n} devices is not a whole number of {node.id} nodes of {per}; nearest {near}",
                        )
                    counts.append(n // per)
            domains["node_count"] = sorted(set(counts))
        elif "node_count" in wanted:
            domains["node_count"] = list(self._counts(("candidates", "node_count"), wanted["node_count"]))
        else:
            domains["node_count"] = list(job.node_counts)
            defaulted.add("node_count")

    def _counts(self, path: Path, raw: Any) -> list[int]:
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            at = self._item(path, raw, i)
            span = (
                re.fullmatch(r"\s*([0-9]{1,15})\s*\.\.\s*([0-9]{1,15})\s*(?:step\s+([0-9]{1,15})\s*)?", item)
                if isinstance(item, str)
                else None
            )
            if span:
                low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
                wrong = (
                    "starts below 1" if low < 1 else "runs backwards" if high < low
                    else "has a step of 0" if step < 1 else f"ends above {MAX_COUNT:,}" if high > MAX_COUNT
                    else f"holds more than {MAX_DOMAIN:,} values" if (high - low) // step >= MAX_DOMAIN else ""
                )  # fmt: skip
                if wrong:
                    raise self.fail(at, f"the range {item!r} {wrong}; write it like 1..64 or 8..512 step 8")
                out.extend(range(low, high + 1, step))
                continue
            if isinstance(item, str) or (isinstance(item, float) and not item.is_integer()):
                raise self.fail(
                    at, f"{item!r} is not a count; write a whole number, a list or a range like 1..64"
                )
            if not 1 <= item <= MAX_COUNT:
                bound = "at least 1" if item < 1 else f"at most {MAX_COUNT:,}"
                raise self.fail(at, f"{item!r} must be {bound}")
            out.append(int(item))
        if len(out) > MAX_DOMAIN:
            raise self.fail(path, f"{len(out):,} values; the limit is {MAX_DOMAIN:,}")
        return sorted(set(out))

    def _domain(self, d: Decision, raw: Any) -> list[Value]:
        path: Path = ("candidates", d.name)
        if d.name == "global_batch":
            return list(self._batches(path, raw))
        if d.unit:
            return list(self._ladder(path, raw, d.unit))
        if d.kind == "count":
            return list(self._counts(path, raw))
        out: list[Value] = []
        for i, item in enumerate(self._list(path, raw)):
            out.append(self._value(d, item, self._item(path, raw, i)))
        return list(dict.fromkeys(out))

    def _batches(self, path: Path, raw: Any) -> list[int]:
        """Global batches as sequences; those written in tokens are converted."""
        written = self.data["workload"].get("sequence_length")
        length = units.parse(written, "token") if written is not None else 0.0
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            at = self._item(path, raw, i)
            if not isinstance(item, str) or ("token" not in item and "sample" not in item):
                out.extend(self._counts(at, item))
                continue
            if "sample" in item or not length:
                out.extend(self._counts(at, self._samples(at, item)))
                continue
            try:
                sequences = units.parse(item, "token") / length
            except InputError as e:
                raise self._at(at, e) from None
            if not 1 <= sequences <= MAX_COUNT or abs(sequences - round(sequences)) > 1e-6:
                raise self.fail(at, f"{item!r} is not a whole number of sequences of {length:,.0f} token")
            out.append(round(sequences))
        return sorted(set(out))

    def _samples(self, path: Path, item: str) -> float:
        """A count written in samples."""
        try:
            return units.parse(item, "sample")
        except InputError as e:
            raise self._at(path, e) from None

    def _value(self, d: Decision, item: Any, path: Path) -> Value:
        """One value of a decision, checked."""
        if d.kind == "switch":
            found = switched(item)
            if found is None:
                raise self.fail(path, f"{item!r} is no setting of {d.name}; expected on or off")
            return found
        if d.kind == "count":
            counts = self._counts(path, item)
            if len(counts) != 1:
                raise self.fail(path, f"{item!r} is not one count")
            return counts[0]
        if d.unit:
            return self._amount(path, item, d.unit)
        name = self._text(path, item, d.name)
        if d.choices and name not in d.choices:
            known = ", ".join(d.choices)
            raise self.fail(path, f"unknown {d.name} {name!r}{nearest(name, d.choices)} (has: {known})")
        if d.entries:
            if d.name == "region" and "site" in self.data:
                raise self.fail(path, "give either a site or a region, not both")
            try:
                return str(self.catalog.get(d.entries, name).id)
            except InputError as e:
                raise self._at(path, e) from None
        return name

    def _precisions(self, domains: dict[str, list[Value]], defaulted: set[str], c: Context) -> None:
        """A precision that no candidate has is an error, not an empty space."""
        if "precision" in defaulted:
            return
        for i, p in enumerate(domains["precision"]):
            if c.any_device_has(str(p)):
                continue
            accs = [self.catalog.get("accelerators", n.accelerator) for n in c.nodes]
            path = ("candidates", "precision", i) if isinstance(self.data["candidates"]["precision"], list) else (
                "candidates", "precision")  # fmt: skip
            has = "; ".join(
                f"{a.id} has {', '.join(a.compute.rates())}" for a in {a.id: a for a in accs}.values()
            )
            raise self.fail(path, f"no candidate multiplies in {p} ({has})")

    def _regions(self, domains: dict[str, list[Value]]) -> None:
        for r in domains["region"]:
            self.catalog.get("regions", str(r))
