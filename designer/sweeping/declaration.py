"""From a sweep file to its points: every mistake is found here, with its line."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from catalogs import Catalog, default_catalog, yaml
from catalogs.errors import InputError, nearest
from designer.documents.kinds import shipped_as
from designer.documents.sweep import SampledAxis, Sweep, View
from designer.question.question import Question
from designer.reading.loading import document_of, load, locate, shipped
from designer.reading.shape import validated
from designer.reading.source_map import Path as Place
from designer.reading.source_map import SourceMap
from designer.sweeping.axes import Axis, drawn, values_of
from designer.sweeping.columns import quantities_of
from designer.sweeping.paths import is_quick, text_of
from designer.sweeping.samples import draw

# Values of an axis that are read before the sweep starts, so that a mistake is found at once.
TRIED = 200


def shipped_sweeps() -> dict[str, Path]:
    """Sweeps that come with the package, by name."""
    import scenarios

    folder = Path(scenarios.__path__[0]) / "sweeps"
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def locate_sweep(name: str | Path) -> Path:
    """The file a user means: a path, else a shipped sweep by name or by its usual path."""
    path, known = Path(name), shipped_sweeps()
    if str(name) and path.exists():
        return path
    plain = str(name).removeprefix("scenarios/").removeprefix("sweeps/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    if elsewhere := shipped_as(plain, "sweep"):
        raise InputError(elsewhere)
    raise InputError(
        f"{str(name)[:200]}: no such file or sweep{nearest(plain[:200], known)} (shipped: {', '.join(known)})"
    )


def source_of(name: str | Path) -> Path:
    """The sweep file a user means, or the scenario: a scenario is a sweep of the axes it is given."""
    plain = str(name).removeprefix("scenarios/").removesuffix(".yaml")
    return locate(name) if plain in shipped() else locate_sweep(name)


@dataclass(frozen=True)
class Plan:
    """A sweep ready to run. The axes that need a search space of their own come first.

    Point `i` is written in mixed radix over the axes, the last axis fastest.
    """

    sweep: Sweep
    base: Path
    sets: tuple[str, ...]
    axes: tuple[Axis, ...]
    folders: tuple[Path, ...]

    @property
    def count(self) -> int:
        """Points of the sweep."""
        return math.prod(map(len, self.axes))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path that varies."""
        return tuple(p for a in self.axes for p in a.paths)

    @cached_property
    def inner(self) -> int:
        """Points that share one search space."""
        return math.prod(len(a) for a in self.axes if all(map(is_quick, a.paths)))

    def changes(self, point: int) -> dict[str, Any]:
        """What point number `point` replaces in the base scenario."""
        parts: list[dict[str, Any]] = []
        for axis in reversed(self.axes):
            point, i = divmod(point, len(axis))
            parts.append(axis.changes(i))
        return {path: value for part in reversed(parts) for path, value in part.items()}

    def texts(self, changes: dict[str, Any]) -> list[str]:
        """The same as `--set` would say it, after what all points set."""
        return [*self.sets, *(text_of(path, value) for path, value in changes.items())]


def load_sweep(
    path: str | Path,
    over: Sequence[str] = (),
    sets: Sequence[str] = (),
    catalog: Catalog | None = None,
) -> Plan:
    """The points a sweep file declares, with axes of `over` ("path=values") added or replaced.

    A scenario is a sweep too, of the axes in `over`. Raises InputError listing every problem found.
    """
    path = Path(path)
    document = yaml.read(path)
    if shipped_sweeps().get(path.stem) == path:
        document = replace(document, file=f"scenarios/sweeps/{path.name}")
    if "workload" in document.data and "base" not in document.data:
        name = str(document.data.get("name", path.stem))
        document = yaml.Document(document_of(path).file, {"name": name, "base": str(path)}, {}, {})
    return SweepReader(SourceMap(document, (), catalog or default_catalog(), "--over"), path.parent).plan(
        over, sets
    )


class SweepReader:
    """One reading of one sweep document; its base is looked for in `folder` too."""

    def __init__(self, source: SourceMap, folder: Path):
        self.source, self.catalog = source, source.catalog
        self.folder = folder

    def plan(self, over: Sequence[str], sets: Sequence[str]) -> Plan:
        for text in over:
            self._over(text)
        sweep = validated(self.source, Sweep, "sweep", _fields)
        base = self._base(sweep)
        common = (*sweep.set, *sets)
        question = load(base, common, self.catalog) if not self._needs_axes(sweep) else None
        axes = [self._axis(("axes", p), (p,), [raw]) for p, raw in sweep.axes.items()]
        for i, together in enumerate(sweep.zip):
            if not together:
                raise self.source.fail(("zip", i), "an empty mapping; give at least one path")
            axes.append(self._axis(("zip", i), tuple(together), list(together.values())))
        if sweep.samples:
            axes.append(self._sampled(sweep.samples, question))
        self.source.raise_problems()
        if not axes:
            raise InputError(
                f"{self.source.document.file}: no axes; give axes, zip or samples in a sweep file,"
                " or --over path=values"
            )
        self._twice(axes, common)
        # A search space is made once for all points that share it.
        axes.sort(key=lambda a: all(map(is_quick, a.paths)))
        overlays = tuple(r.resolve() for r in self.catalog.overlays)
        plan = Plan(sweep, base, common, tuple(axes), overlays)
        self._tried(plan)
        self._view(plan)
        return plan

    def _over(self, text: str) -> None:
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise InputError(
                f"--over {text!r}: write it as path=values, for example budgets.cost='[1 MUSD, 2 MUSD]'"
            )
        if ".." in value and value.strip()[:1] not in "[{'\"":
            data: Any = value.strip()
        else:
            try:
                data = yaml.parse(f"value: {value}\n", "").data["value"]
            except InputError as e:
                raise InputError(*(f"--over {text!r}: {p.message}" for p in e.problems)) from None
        self.source.data.setdefault("axes", {})[path] = data
        self.source.overridden[("axes", path)] = text

    def _base(self, sweep: Sweep) -> Path:
        beside = self.folder / sweep.base
        if beside.is_file():
            return beside.resolve()
        if sweep.base in shipped():
            return shipped()[sweep.base]
        try:
            return locate(sweep.base).resolve()
        except InputError as e:
            raise self.source.placed(("base",), e) from None

    @staticmethod
    def _needs_axes(sweep: Sweep) -> bool:
        """Whether no distribution is centred on what the base scenario has, so that it may be incomplete."""
        over = sweep.samples.over if sweep.samples else {}
        return not any(isinstance(d, dict) and "base" in d.values() for d in over.values())

    def _axis(self, at: tuple[str | int, ...], paths: tuple[str, ...], raws: list[Any]) -> Axis:
        columns: list[list[Any]] = []
        for path, raw in zip(paths, raws, strict=True):
            place = at if at[0] == "axes" else (*at, path)
            try:
                columns.append(values_of(raw))
            except InputError as e:
                self.source.problems += self.source.placed(place, e).problems
                columns.append([])
        if len({len(c) for c in columns}) > 1 and all(columns):
            lengths = ", ".join(f"{p} {len(c)}" for p, c in zip(paths, columns, strict=True))
            self.source.mistake(at, f"axes of different lengths move together: {lengths}")
        return Axis(paths, tuple(zip(*columns, strict=False)))

    def _sampled(self, samples: SampledAxis, question: Question | None) -> Axis:
        found = {}
        for path, raw in samples.over.items():
            try:
                found[path] = drawn(raw)
            except InputError as e:
                self.source.problems += self.source.placed(("samples", "over", path), e).problems
        self.source.raise_problems()
        try:
            return draw(samples, found, question)
        except InputError as e:
            raise self.source.placed(("samples", "over"), e) from None

    def _twice(self, axes: list[Axis], common: Sequence[str]) -> None:
        """A path has one value at a time."""
        paths = [p for a in axes for p in a.paths]
        for text in common:
            said = text.partition("=")[0].strip()
            if said in paths:
                raise self.source.fail(
                    ("set",), f"{text}: {said} varies, and cannot be set for all points too"
                )
        for p in paths:
            if paths.count(p) > 1:
                raise self.source.fail((), f"{p} varies on two axes")
            for q in paths:
                if q.startswith(f"{p}."):
                    raise self.source.fail((), f"{p} and its part {q} vary on two axes")

    def _tried(self, plan: Plan) -> None:
        """Reads the base scenario with each value once, so that a wrong one is found before the start."""
        first = plan.changes(0)
        step = plan.count
        budget = TRIED
        for axis in plan.axes:
            step //= len(axis)
            chosen = range(len(axis))
            if len(axis) > budget:  # the ends of a long axis; the rest is read as the sweep goes on
                chosen = range(0, len(axis), max(1, (len(axis) - 1)))
            budget = max(2, budget - len(chosen))
            for i in chosen:
                if i == 0 and axis is not plan.axes[0]:
                    continue
                changes = {**first, **axis.changes(i)}
                try:
                    load(plan.base, plan.texts(changes), self.catalog)
                except InputError as e:
                    raise self._placed(axis, i, e) from None

    def _placed(self, axis: Axis, i: int, error: InputError) -> InputError:
        """An error of a point, at the place of the axis it is about."""
        problem = error.problems[0]
        message = problem.message
        for path in axis.paths:
            said = f"--set {text_of(path, axis.changes(i)[path])}"
            if problem.file == said or str(problem).startswith(said):
                where: tuple[str | int, ...] = ("axes", path)
                if path not in (self.source.data.get("axes") or {}):
                    where = next((("zip", k) for k, z in enumerate(self.source.data.get("zip") or []) if path in z),
                                 ("samples", "over", path))  # fmt: skip
                shown = json.dumps(axis.changes(i)[path], ensure_ascii=False).strip('"')
                rest = str(problem).removeprefix(said).removeprefix(": ").removeprefix(f"{path}: ")
                return self.source.fail(where, rest if shown in rest else f"{shown}: {rest}")
        return InputError(*error.problems) if problem.file else self.source.fail((), message)

    def _view(self, plan: Plan) -> None:
        """What is kept a column of, and what the report shows."""
        sweep = plan.sweep
        question = load(plan.base, plan.texts(plan.changes(0)), self.catalog)
        try:
            columns = quantities_of(question, sweep.quantities)
        except InputError as e:
            raise self.source.placed(("quantities",), e) from None
        for key, known in (("x", plan.paths), ("y", plan.paths), ("value", columns)):
            name = getattr(sweep.report, key)
            if name is not None and name not in known:
                what = "column" if key == "value" else "axis"
                raise self.source.fail(("report", key), f"no {what} {name!r}{nearest(name, known)}")


def _fields(path: Place, data: Any) -> list[str]:
    """Keys a sweep may have at a place."""
    if path and path[0] == "samples":
        return list(SampledAxis.model_fields)
    if path and path[0] == "report":
        return list(View.model_fields)
    return list(Sweep.model_fields)
