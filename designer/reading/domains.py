"""The domain of each decision: what the scenario gives, checked, or the documented default."""

from __future__ import annotations

import re
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest
from designer.context import Context, Value
from designer.reading.places import Path, Places
from designer.scenario import Scenario
from designer.space import DECISIONS, Decision

MAX_DOMAIN = 100_000


class DomainReader(Places):
    """Reads `candidates`, and designs such as the baseline."""

    def _domains(
        self, scenario: Scenario, job: str, model: dict[str, Any]
    ) -> tuple[dict[str, list[Value]], set[str]]:
        wanted = dict(scenario.candidates)
        decisions = {d.name: d for d in DECISIONS[job]}
        extra = {"accelerator", "devices", "node_count"}
        for name in wanted:
            if name not in decisions and name not in extra:
                known = [*decisions, *extra]
                self.problems.append(
                    self.problem(
                        ("candidates", name), f"unknown decision {name!r}{nearest(name, known)}", key=True
                    )
                )
        self.raise_problems()
        domains: dict[str, list[Value]] = {}
        defaulted: set[str] = set()
        context = Context(job, self.catalog, scenario.workload, model, domains)
        self._nodes(wanted, domains, defaulted, decisions["node"], context)
        self._node_count(wanted, domains, defaulted, context, job)
        # Two passes: what other defaults read must be there first.
        order = sorted(decisions.values(), key=lambda d: d.name not in ("precision", "global_batch"))
        for d in order:
            if d.name in domains:
                continue
            if d.name in wanted:
                domains[d.name] = self._domain(d, wanted[d.name])
            else:
                domains[d.name] = list(d.default(context))
                defaulted.add(d.name)
        self._precisions(domains, defaulted, context)
        if scenario.site:
            domains["region"] = ["own-site"]
            defaulted.discard("region")
        else:
            self._regions(domains)
        return domains, defaulted

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
            domains["node"] = [self._node_with(i, str(n)) for i, n in enumerate(names)]
        elif "node" in wanted:
            found: list[Value] = []
            for i, n in enumerate(self._list(("candidates", "node"), wanted["node"])):
                try:
                    found.append(self.catalog.get("nodes", str(n)).id)
                except InputError as e:
                    raise self._at(("candidates", "node", i), e) from None
            domains["node"] = found
        else:
            domains["node"] = list(d.default(c))
            defaulted.add("node")

    def _node_with(self, index: int, accelerator: str) -> str:
        """The node an accelerator is planned in: a vendor's system if there is one, else a cloud's."""
        try:
            acc = self.catalog.get("accelerators", accelerator).id
        except InputError as e:
            raise self._at(("candidates", "accelerator", index), e) from None
        nodes = [
            node
            for id in self.catalog.ids("nodes")
            if re.search(
                rf"^accelerator: {re.escape(acc)}\s*$",
                self.catalog.path("nodes", id).read_text("utf-8"),
                re.M,
            )
            for node in [self.catalog.get("nodes", id)]
        ]
        if not nodes:
            raise self.fail(("candidates", "accelerator", index), f"no node of the catalog holds {acc}")
        best = min(nodes, key=lambda n: (n.kind != "system", n.nic is None, -n.accelerators, n.id))
        return best.id

    def _node_count(
        self,
        wanted: dict[str, Any],
        domains: dict[str, list[Value]],
        defaulted: set[str],
        c: Context,
        job: str,
    ) -> None:
        if "devices" in wanted:
            if "node_count" in wanted:
                raise self.fail(("candidates", "devices"), "give either devices or node_count, not both")
            path = ("candidates", "devices")
            counts: list[Value] = []
            for i, n in enumerate(self._counts(path, wanted["devices"])):
                for node in c.nodes:
                    if n % node.accelerators:
                        per = node.accelerators
                        near = max(1, round(n / per)) * per
                        raise self.fail(
                            (*path, i),
                            f"{n} devices is not a whole number of {node.id} nodes of {per}; nearest {near}",
                        )
                counts.append(n // c.nodes[0].accelerators)
            if len({node.accelerators for node in c.nodes}) > 1:
                raise self.fail(
                    path, "the candidate nodes hold different numbers of devices; give node_count"
                )
            domains["node_count"] = counts
        elif "node_count" in wanted:
            domains["node_count"] = list(self._counts(("candidates", "node_count"), wanted["node_count"]))
        else:
            domains["node_count"] = [2**i for i in range(8)] if job == "training" else [8]
            defaulted.add("node_count")

    def _list(self, path: Path, raw: Any) -> list[Any]:
        values = raw if isinstance(raw, list) else [raw]
        if not values:
            raise self.fail(path, "an empty list; give at least one value")
        return values

    def _counts(self, path: Path, raw: Any) -> list[int]:
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            at = (*path, i)
            span = (
                re.fullmatch(r"\s*(\d+)\s*\.\.\s*(\d+)\s*(?:step\s+(\d+)\s*)?", item)
                if isinstance(item, str)
                else None
            )
            if span:
                low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
                if not 1 <= low <= high or step < 1 or (high - low) // step > MAX_DOMAIN:
                    raise self.fail(
                        at, f"{item!r} is not a range of counts; write it like 1..64 or 8..512 step 8"
                    )
                out.extend(range(low, high + 1, step))
                continue
            whole = isinstance(item, int) and not isinstance(item, bool)
            if not whole and not (isinstance(item, float) and item.is_integer()):
                raise self.fail(
                    at, f"{item!r} is not a count; write a whole number, a list or a range like 1..64"
                )
            if item < 1:
                raise self.fail(at, f"{item!r} must be at least 1")
            out.append(int(item))
        if len(out) > MAX_DOMAIN:
            raise self.fail(path, f"{len(out):,} values; the limit is {MAX_DOMAIN:,}")
        return sorted(set(out))

    def _domain(self, d: Decision, raw: Any) -> list[Value]:
        path: Path = ("candidates", d.name)
        if d.name == "global_batch":
            return list(self._batches(path, raw))
        if d.kind == "count":
            return list(self._counts(path, raw))
        out: list[Value] = []
        for i, item in enumerate(self._list(path, raw)):
            out.append(self._value(d, item, (*path, i) if isinstance(raw, list) else path))
        return list(dict.fromkeys(out))

    def _batches(self, path: Path, raw: Any) -> list[int]:
        """Global batches as sequences; those written in tokens are converted."""
        length = getattr(Scenario.model_validate(self.data).workload, "sequence_length", 1.0)
        out: list[int] = []
        for i, item in enumerate(self._list(path, raw)):
            if isinstance(item, str) and "token" in item:
                sequences = units.parse(item, "token") / length
                if abs(sequences - round(sequences)) > 1e-6:
                    raise self.fail(
                        (*path, i), f"{item!r} is not a whole number of sequences of {length:,.0f} token"
                    )
                out.append(round(sequences))
            else:
                out.extend(self._counts(path, item))
        return sorted(set(out))

    def _value(self, d: Decision, item: Any, path: Path) -> Value:
        """One value of a decision, checked."""
        if d.kind == "count":
            found = self._counts(path, item)
            if len(found) != 1:
                raise self.fail(path, f"{item!r} is not one count")
            return found[0]
        if d.kind == "time":
            try:
                seconds = units.parse(item, "s")
            except InputError as e:
                raise self._at(path, e) from None
            if seconds <= 0:
                raise self.fail(path, f"{item!r} must be above 0")
            return seconds
        if not isinstance(item, str):
            raise self.fail(path, f"{item!r} is not a name; a {d.title} is text")
        if d.choices and item not in d.choices:
            known = ", ".join(d.choices)
            raise self.fail(path, f"unknown {d.name} {item!r}{nearest(item, d.choices)} (has: {known})")
        if d.name in ("node", "region"):
            if d.name == "region" and "site" in self.data:
                return item
            try:
                return self.catalog.get("nodes" if d.name == "node" else "regions", item).id
            except InputError as e:
                raise self._at(path, e) from None
        return item

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
