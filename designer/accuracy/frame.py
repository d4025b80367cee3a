"""The ledger: a table of measurements, each row predicted and scored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module

from catalogs import Catalog
from designer.accuracy.hardware import accelerator_of
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.parameters import calibration
from designer.accuracy.result import ScoredRow, ValidateResult
from designer.accuracy.scoring import CellStatistics, Prediction, Skip, Statistics, by_cell, statistics
from designer.accuracy.table import MeasuredRow, MeasuredTable

Predict = Callable[[MeasuredRow, Catalog], "list[Prediction] | Skip"]

# Columns that make a cell.
CELL = (
    "model",
    "target_model",
    "hardware",
    "framework",
    "engine",
    "weight_precision",
    "weights_format",
    "precision",
)
# Ends of the names of columns that hold something measured.
_MEASURED = ("_ms", "_s", "per_s", "per_gpu", "_total", "_w", "mfu", "speedup", "_gib", "_ratio")
# What names a run or speaks of it; two rows that differ in nothing else are one run.
_NAMES = frozenset({"id", "model", "model_id", "source", "source_kind", "group", "notes", "split", "date"})
GROUPINGS = ("group", "hardware", "framework", "model")


@dataclass(frozen=True)
class Scored:
    """One prediction and the row it belongs to."""

    row: MeasuredRow
    prediction: Prediction


@dataclass(frozen=True)
class Ledger:
    """Every row of a table, scored or with the reason why not."""

    table: MeasuredTable
    scored: tuple[Scored, ...]
    guessed: tuple[Scored, ...]
    apart: tuple[Scored, ...]
    skipped: dict[str, int]
    by: str
    catalog: Catalog

    @property
    def rows_scored(self) -> int:
        return len({id(s.row) for s in self.scored})

    @property
    def rows_apart(self) -> int:
        return len({id(s.row) for s in self.apart})

    @property
    def rows_guessed(self) -> int:
        return len({id(s.row) for s in self.guessed})

    def metrics(self, guessed: bool = False) -> dict[LedgerMetric, Statistics]:
        """Statistics of each metric over all scored rows."""
        return _statistics(self.guessed if guessed else self.scored)

    def groups(self, by: str | None = None) -> dict[str, dict[LedgerMetric, Statistics]]:
        """Statistics of each metric, by hardware, framework, model or group of sources."""
        parts: dict[str, list[Scored]] = {}
        for s in self.scored:
            parts.setdefault(group_of(s.row, by or self.by, self.catalog), []).append(s)
        return {name: _statistics(part) for name, part in sorted(parts.items())}

    def reasons(self) -> dict[str, dict[LedgerMetric, Statistics]]:
        """Statistics of what is scored apart, by the reason why."""
        parts: dict[str, list[Scored]] = {}
        for s in self.apart:
            parts.setdefault(s.prediction.apart, []).append(s)
        return {reason: _statistics(part) for reason, part in sorted(parts.items())}

    def cells(self) -> dict[LedgerMetric, CellStatistics]:
        """Statistics of each metric with each cell counted once: a model on a device, framework and format."""
        parts: dict[LedgerMetric, dict[str, list[float]]] = {}
        for s in self.scored:
            cell = " ".join(s.row.text(c) for c in CELL)
            parts.setdefault(s.prediction.metric, {}).setdefault(cell, []).append(s.prediction.error)
        return {m: by_cell(of.values()) for m, of in parts.items()}

    def held_out(self) -> Statistics | None:
        """Errors under parameters fitted without a row's own source, where the table states them."""
        ratios = [
            s.row.number("held_out_ratio")
            for s in self.scored
            if s.prediction.metric is LedgerMetric.step_time
        ]
        return statistics(r - 1 for r in ratios if r) if any(ratios) else None

    def coverage(self) -> dict[LedgerMetric, float]:
        """Share of measurements inside the interval of their prediction, of metrics that have intervals."""
        inside: dict[LedgerMetric, list[bool]] = {}
        for s in self.scored:
            p = s.prediction
            if p.low is not None and p.high is not None:
                inside.setdefault(p.metric, []).append(p.low <= p.measured <= p.high)
        return {metric: sum(found) / len(found) for metric, found in inside.items()}

    def worst(self, metric: LedgerMetric, n: int) -> list[Scored]:
        """The rows furthest off, worst first."""
        of = [s for s in self.scored if s.prediction.metric is metric]
        return sorted(of, key=lambda s: -abs(s.prediction.error))[:n]

    def to_json(self) -> str:
        """`designer.validate/1`."""

        def line(s: Scored) -> ScoredRow:
            p = s.prediction
            known = p.low is not None and p.high is not None
            return ScoredRow(
                id=s.row.id,
                metric=p.metric.name,
                predicted=_short(p.predicted),
                measured=_short(p.measured),
                error=round(p.error, 4),
                interval=(_short(p.low or 0.0), _short(p.high or 0.0)) if known else None,
            )

        answer = ValidateResult(
            metrics=_named(self.metrics()),
            groups={name: _named(of) for name, of in self.groups().items()},
            skipped=self.skipped,
            guessed=_named(self.metrics(guessed=True)),
            apart={reason: _named(of) for reason, of in self.reasons().items()},
            cells={m.name: of for m, of in self.cells().items()},
            calibration={str(k): c for k, c in calibration(self.catalog).items()},
            coverage={metric.name: round(share, 4) for metric, share in self.coverage().items()},
            rows=[line(s) for s in self.scored],
        )
        return answer.to_json(indent=1)


def validate(table: MeasuredTable, catalog: Catalog, by: str = "group") -> Ledger:
    """Predict and score every row of a table. Raises InputError for a cell that cannot be read."""
    scored: list[Scored] = []
    guessed: list[Scored] = []
    apart: list[Scored] = []
    seen: set[tuple[str, ...]] = set()
    skipped: Counter[str] = Counter()
    # The rows of a job are predicted by the module of its name.
    predict: Predict = import_module(f"designer.accuracy.{table.kind}").predict
    for row in table.rows:
        numbers = numbers_of(row)
        if numbers in seen:
            skipped["every number of an earlier row, under another name"] += 1
            continue
        seen |= {numbers} if numbers else set()
        found = predict(row, catalog)
        if isinstance(found, Skip):
            skipped[found.reason] += 1
            continue
        for p in found:
            (apart if p.apart else guessed if p.guessed else scored).append(Scored(row, p))
    return Ledger(
        table, tuple(scored), tuple(guessed), tuple(apart), dict(skipped.most_common()), by, catalog
    )


def numbers_of(row: MeasuredRow) -> tuple[str, ...] | None:
    """Everything a row says beside its names, None for one with too few measured digits to be told by.

    Times and rates are of three digits or more each; two of them do not agree by chance.
    """
    digits = [re.sub(r"[^0-9]", "", row.text(c)).strip("0") for c in row.cells if c.endswith(_MEASURED)]
    if sum(len(d) for d in digits) < 6:
        return None
    return tuple(f"{c}={row.text(c)}" for c in sorted(row.cells) if c not in _NAMES and row.text(c))


def group_of(row: MeasuredRow, by: str, catalog: Catalog) -> str:
    """What a row is counted under."""
    if by == "hardware":
        found = accelerator_of(row.text("hardware"), catalog)
        return found.id if found else row.text("hardware")
    return row.group if by == "group" else row.text(by) or f"no {by} stated"


def _statistics(of: Iterable[Scored]) -> dict[LedgerMetric, Statistics]:
    errors: dict[LedgerMetric, list[float]] = {}
    for s in of:
        errors.setdefault(s.prediction.metric, []).append(s.prediction.error)
    return {m: statistics(errors[m]) for m in LedgerMetric if m in errors}


def _named(of: Mapping[LedgerMetric, Statistics]) -> dict[str, Statistics]:
    return {m.name: s for m, s in of.items()}


def _short(x: float) -> float:
    return float(f"{x:.6g}")
