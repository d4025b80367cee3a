"""From a fleet file to caps, objectives and workloads, with the line of every mistake."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from catalogs import Catalog, default_catalog, units, yaml
from catalogs.errors import InputError, nearest
from constraints.records import record
from constraints.roles import NODES
from designer.documents import fleet as schema
from designer.documents.fleet import Fleet, FleetWorkload
from designer.documents.kinds import shipped_as
from designer.documents.scenario import Solver
from designer.fleets.terms import Cap, meant, other_names, sums, totals, unit_of
from designer.question import expressions
from designer.reading import shape
from designer.reading.loading import shipped
from designer.reading.source_map import Path as Place
from designer.reading.source_map import SourceMap
from designer.words.numbers import human


def shipped_fleets() -> dict[str, Path]:
    """Fleets that come with the package, by name."""
    import scenarios

    folder = Path(scenarios.__path__[0]) / "fleets"
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def locate_fleet(name: str | Path) -> Path:
    """The file a user means: a path, else a shipped fleet by name or by its usual path."""
    path, known = Path(name), shipped_fleets()
    if str(name) and path.exists():
        return path
    plain = str(name).removeprefix("scenarios/fleets/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    if elsewhere := shipped_as(plain, "fleet"):
        raise InputError(elsewhere)
    raise InputError(
        f"{str(name)[:200]!r}: no such file or fleet{nearest(plain[:200], known)} (shipped: {', '.join(known)})"
    )


@dataclass(frozen=True)
class Wanted:
    """A workload of the fleet file with the document its scenario is read from."""

    entry: FleetWorkload
    place: str
    regions_place: str
    deadline_place: str
    set_places: list[str]
    document: yaml.Document
    source: str


@dataclass(frozen=True)
class FleetQuestion:
    """A fleet file read: what `designer.fleets.planning` answers."""

    fleet: Fleet
    catalog: Catalog
    workloads: list[Wanted]
    caps: list[Cap]
    objectives: list[str]
    line_places: list[str]
    notes: list[str]

    @property
    def coupled(self) -> list[str]:
        """Quantities of a workload that a cap or an objective of the fleet reads."""
        read = {q for c in self.caps for q in c.weights} | set(self.objectives)
        return [q for q in totals() if q in read]


def load_fleet(
    path: str | Path | Mapping[str, Any], sets: Sequence[str] = (), catalog: Catalog | None = None
) -> FleetQuestion:
    """The question a fleet asks, in a file or as a mapping, with `--set path=value` overrides applied.

    Raises InputError listing every problem found, each with its file and line.
    """
    if isinstance(path, Mapping):
        document = yaml.parse(json.dumps(path, indent=1, default=str), "fleet")
        return FleetReader(SourceMap(document, sets, catalog or default_catalog()), Path()).question()
    path = Path(path)
    document = yaml.read(path)
    if shipped_fleets().get(path.stem) == path:
        document = replace(document, file=f"scenarios/fleets/{path.name}")
    return FleetReader(SourceMap(document, sets, catalog or default_catalog()), path.parent).question()


class FleetReader:
    """One reading of one fleet document; what it names as files is looked for in `folder` too."""

    def __init__(self, source: SourceMap, folder: Path):
        self.source, self.catalog = source, source.catalog
        self.folder = folder

    def question(self) -> FleetQuestion:
        fleet = shape.validated(self.source, Fleet, "fleet", _fields)
        if not fleet.name.isprintable():
            raise self.source.fail(("name",), f"{fleet.name!r} holds characters that cannot be printed")
        fleet = fleet.model_copy(update={"inventory": self._lines(fleet)})
        self._names(fleet)
        self.source.raise_problems()
        caps = self._caps(fleet)
        objectives = self._objectives(fleet)
        wanted = [self._wanted(fleet, i, w) for i, w in enumerate(fleet.workloads)]
        self.source.raise_problems()
        return FleetQuestion(
            fleet=fleet,
            catalog=self.catalog,
            workloads=[w for w in wanted if w is not None],
            caps=caps,
            objectives=objectives,
            line_places=[self.source.where("inventory", i) for i in range(len(fleet.inventory))],
            notes=[],
        )

    def _lines(self, fleet: Fleet) -> list[schema.Line]:
        """Inventory lines with the catalog's own names; two lines must differ in something."""
        out: list[schema.Line] = []
        for i, line in enumerate(fleet.inventory):
            named = {}
            for key, kind in (("node", "nodes"), ("region", "regions")):
                try:
                    named[key] = self.catalog.get(kind, getattr(line, key)).id
                except InputError as e:
                    self.source.problems += self.source.placed(("inventory", i, key), e).problems
            out.append(line.model_copy(update=named))
            self._paid(i, line)
            if any(o.label == out[-1].label for o in out[:-1]):
                self.source.mistake(("inventory", i), f"{line.label} is listed already; give another tenure")
        return out

    def _paid(self, i: int, line: schema.Line) -> None:
        """A price that the tenure leaves unused would be a number nobody reads."""
        owned = line.tenure == "owned"
        for key in ("price",) if owned else ("purchase", "electricity"):
            if getattr(line, key) is not None:
                kind = "owned" if owned else "rented"
                self.source.mistake(("inventory", i, key), f"unused, as the tenure of this line is {kind}")

    def _names(self, fleet: Fleet) -> None:
        """Workload names are unique; regions are ones with inventory."""
        known = {line.region for line in fleet.inventory}
        first: dict[str, int] = {}
        for i, w in enumerate(fleet.workloads):
            if not w.name.isprintable():
                self.source.mistake(
                    ("workloads", i, "name"), f"{w.name!r} holds characters that cannot be printed"
                )
            if w.name in first:
                line = self.source.place(("workloads", first[w.name], "name"))[1]
                self.source.mistake(
                    ("workloads", i, "name"),
                    f"a second workload {w.name!r} (first on line {line}); see count",
                )
            first.setdefault(w.name, i)
            for k, r in enumerate(w.regions):
                if r not in known:
                    self.source.mistake(
                        ("workloads", i, "regions", k), f"no inventory in region {r!r}{nearest(r, known)}"
                    )
            if w.start >= fleet.period:
                self.source.mistake(("workloads", i, "start"), "is not before the end of the period")
            if w.deadline is not None and w.deadline <= w.start:
                self.source.mistake(("workloads", i, "deadline"), "is not after the start")
        for r in fleet.sites:
            if r not in known:
                self.source.mistake(
                    ("sites", r), f"no inventory in region {r!r}{nearest(r, known)}", key=True
                )

    def _caps(self, fleet: Fleet) -> list[Cap]:
        out: list[Cap] = []
        for i, line in enumerate(fleet.inventory):
            text = f"{line.label} <= {line.nodes:,} nodes"
            place = self.source.where("inventory", i)
            out.append(Cap(line.label, text, "inventory", place, {NODES: 1.0}, line.nodes, "", line=i))
        for region, bounds in fleet.sites.items():
            out += self._bounds(("sites", region), bounds, "site", region)
        out += self._bounds(("budgets",), fleet.budgets, "budget", None)
        out += [c for i, text in enumerate(fleet.rules) if (c := self._rule(i, text))]
        return out

    def _bounds(
        self, path: tuple[str | int, ...], bounds: dict[str, Any], kind: str, region: str | None
    ) -> list[Cap]:
        out = []
        for key, raw in bounds.items():
            name = meant(key)
            if name not in totals():
                known = [*totals(), *other_names()]
                self.source.mistake(
                    (*path, key),
                    f"no total of a fleet: {key!r}{nearest(key, known)} (has: {', '.join(totals())})",
                    key=True,
                )
                continue
            text = re.sub(r"^\s*<=", "", str(raw)) if isinstance(raw, str) else raw
            if isinstance(text, str) and re.match(r"\s*[<>=!]", text):
                self.source.mistake(
                    (*path, key), f"{raw!r}: a total of a fleet is bounded from above; write <="
                )
                continue
            try:
                bound = units.parse(text, unit_of(name))
                if bound < 0:
                    raise InputError(f"{raw!r} must be at least 0")
            except InputError as e:
                self.source.mistake((*path, key), str(e))
                continue
            whole = f"{name} in {region}" if region else name
            shown = f"{whole} <= {human(bound, unit_of(name))}"
            place = self.source.where(*path, key)
            out.append(Cap(whole, shown, kind, place, {name: 1.0}, bound, unit_of(name), region=region))
        return out

    def _rule(self, i: int, text: str) -> Cap | None:
        """A weighted sum of totals that must stay below a number, as its weights."""
        path = ("rules", i)
        try:
            node = expressions.parse(text)
            unknown = sorted(node.names() - set(sums()))
            if unknown:
                held = record(unknown[0]).total == "peak"
                why = "; only what adds up can be weighed" if held else nearest(unknown[0], sums())
                raise InputError(f"unknown total {unknown[0]!r}{why} (has: {', '.join(sums())})")
            if node.op != "<=" or not node.names():
                raise InputError(f"{text!r}: write a weighted sum of totals, <= and a number")
            node.dimension({n: unit_of(n) for n in node.names()})

            def excess(values: dict[str, float]) -> float:
                left, right = (float(p.evaluate(values)) for p in node.parts)
                return left - right

            names = sorted(node.names())
            at_zero = excess(dict.fromkeys(names, 0.0))
            weights = {n: excess({**dict.fromkeys(names, 0.0), n: 1.0}) - at_zero for n in names}
            probe = {n: 3.0 + 2.0 * k for k, n in enumerate(names)}
            linear = at_zero + sum(weights[n] * v for n, v in probe.items())
            if not abs(excess(probe) - linear) <= 1e-9 * (abs(linear) + abs(at_zero) + 1e-300):
                raise InputError(f"{text!r} is no weighted sum of totals")
            if any(w < 0 for w in weights.values()) or at_zero > 0:
                raise InputError(f"{text!r}: weights and bound must be at least 0; more must never be better")
        except InputError as e:
            self.source.mistake(path, str(e))
            return None
        return Cap(text, text, "rule", self.source.where(*path), weights, -at_zero, self._rule_unit(node))

    @staticmethod
    def _rule_unit(node: expressions.Expression) -> str:
        found = node.parts[1].dimension({n: unit_of(n) for n in node.names()})
        return next(
            (unit_of(q) for q in sums() if units.dimension(unit_of(q)) == found), units.base_unit(found)
        )

    def _objectives(self, fleet: Fleet) -> list[str]:
        out: list[str] = []
        for i, text in enumerate(fleet.objectives):
            words = text.split()
            if words[:1] == ["max"]:
                self.source.mistake(("objectives", i), f"{text!r}: totals of a fleet are made small")
                continue
            name = meant(words[-1]) if words else ""
            if name not in totals() or len(words) > 2 or (len(words) == 2 and words[0] != "min"):
                self.source.mistake(
                    ("objectives", i),
                    f"no total of a fleet: {text!r}{nearest(name, totals())} (has: {', '.join(totals())})",
                )
            elif name in out:
                self.source.mistake(("objectives", i), f"{name} is an objective already")
            else:
                out.append(name)
        return out

    @cached_property
    def _documents(self) -> dict[Path, yaml.Document]:
        return {}

    def _wanted(self, fleet: Fleet, i: int, w: FleetWorkload) -> Wanted | None:
        path = ("workloads", i, "scenario")
        if isinstance(w.scenario, dict):
            document, source = self._part(path, w.scenario), json.dumps(w.scenario, sort_keys=True)
        else:
            file = self._file(w.scenario)
            if file is None:
                self.source.mistake(
                    path,
                    f"{w.scenario!r}: no such file or scenario{nearest(w.scenario, shipped())}",
                )
                return None
            try:
                document = self._documents.setdefault(file, yaml.read(file))
            except InputError as e:
                self.source.problems += e.problems
                return None
            if shipped().get(file.stem) == file:
                document = replace(document, file=f"scenarios/{file.name}")
            source = str(file)
        where = {k: self.source.where("workloads", i, k) for k in ("regions", "deadline")}
        sets = [self.source.where("workloads", i, "set", k) for k in range(len(w.set))]
        place = self.source.where("workloads", i)
        return Wanted(w, place, where["regions"], where["deadline"], sets, document, source)

    def _file(self, name: str) -> Path | None:
        """A scenario file beside the fleet file, else a shipped one by name."""
        beside = self.folder / name
        if beside.is_file():
            return beside.resolve()
        return shipped().get(name)

    def _part(self, path: tuple[str | int, ...], data: dict[str, Any]) -> yaml.Document:
        """A part of this file as a document of its own, its places kept."""
        n = len(path)
        values, keys = (
            {p[n:]: at for p, at in places.items() if p[:n] == path}
            for places in (self.source.document.values, self.source.document.keys)
        )
        return yaml.Document(self.source.document.file, data, values, keys)


def _fields(path: Place, data: Any) -> list[str]:
    """Keys a fleet may have at a place."""
    if path and path[0] == "workloads":
        return list(FleetWorkload.model_fields)
    if path and path[0] == "inventory":
        return list(schema.Line.model_fields)
    if path and path[0] == "solver":
        return list(Solver.model_fields)
    return list(Fleet.model_fields)
