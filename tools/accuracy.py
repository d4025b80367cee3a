"""Errors on what no parameter was fitted to: splits that cannot flatter, from the tables of measurements.

    python -m tools.accuracy [--serving TABLE.csv] [--training TABLE.csv] [--splits NAME,...] [--write PAGE.md]

Each split holds out whole groups and predicts them by a fit without them: families of models across all
sources, generations of engines and frameworks, formats, devices with families, and everything after a date.
A quarter of the cells (a family on an engine's generation) is sealed: it is held out of one fit and reported
once, last. Figures are pooled and by cell, so that a large source counts no more than a small one: the mean
over cells of their medians, and the 90th percentile of those. Deterministic; minutes to an hour of one core.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from designer.accuracy.frameworks import family_of
from designer.accuracy.scoring import by_cell, quantile
from designer.accuracy.settings import (
    keeps_no_logits,
    kernels_of_the_device,
    offloaded_layers,
    offloaded_optimizer,
    words,
)
from designer.accuracy.table import MeasuredRow, read

# Groups of a split are spread over so many fits, none in two of them.
FOLDS = 8
SEALED = 4


@dataclass(frozen=True)
class Measured:
    """One measurement and what it belongs to."""

    metric: str
    row: MeasuredRow
    family: str
    generation: str
    format: str
    device: str

    @property
    def cell(self) -> str:
        return f"{self.family} {self.generation} {self.format} {self.device}"


@dataclass(frozen=True)
class Fit:
    """Measurements, and the logarithms of predicted over measured by a fit without those held out."""

    measured: Sequence[Measured]
    errors: Callable[[np.ndarray], np.ndarray]


SPLITS: dict[str, Callable[[Measured], str]] = {
    "family": lambda m: m.family,
    "generation": lambda m: m.generation,
    "format": lambda m: m.format,
    "device x family": lambda m: f"{m.device} {m.family}",
}


def family(model: str) -> str:
    """The family of a model: the letters its name begins with.

    >>> family("Llama-3.1-70B"), family("DeepSeek-V3"), family("gpt-oss-120b"), family("GPT-3 175B (MLPerf)")
    ('llama', 'deepseek', 'gpt-oss', 'gpt')
    """
    found = re.match(r"[a-z]+(?:-[a-z]{3,})*", model.lower())
    return found[0] if found else model.lower()


def folds(labels: Sequence[str]) -> np.ndarray:
    """A fold for each label, the largest groups first, each to the fold that has least.

    >>> folds(["a", "a", "a", "b", "b", "c"]).tolist()
    [0, 0, 0, 1, 1, 2]
    """
    names, sizes = np.unique(np.array(labels), return_counts=True)
    load, of = np.zeros(FOLDS), {}
    for i in np.lexsort((names, -sizes)):
        of[names[i]] = int(load.argmin())
        load[of[names[i]]] += sizes[i]
    return np.array([of[x] for x in labels])


def held_out(fit: Fit, part: np.ndarray) -> np.ndarray:
    """Every measurement predicted by a fit without its part."""
    out = np.empty(len(part))
    for p in np.unique(part):
        out[part == p] = fit.errors(part == p)[part == p]
    return out


def serving(path: str) -> Fit:
    """The serving fit of tools/fit_serving.py."""
    from tools import fit_serving

    problem = fit_serving.Problem(fit_serving.read(path))
    start = problem.solve(problem.stored())
    measured = [
        Measured(
            m, row, family(row.text("model")), d.engine, row.text("weight_precision").lower(), row.text("hardware")
        )
        for m, row, d in problem.measured
    ]  # fmt: skip
    return Fit(measured, lambda held: problem.errors(problem.solve(start, held, 4) if held.any() else start))


def training(path: str) -> Fit:
    """The fit of step times of tools/fit_training.py."""
    from tools import fit_training

    rows = fit_training.Rows(path)
    start = rows.fit(np.ones(len(rows.rows), bool), fit_training.START)
    measured = [
        Measured(
            "step_time", row, family(row.text("model")),
            family_of(row.text("framework").lower(), row.text("date")) + row.text("date")[:4],
            row.text("precision").lower(), row.text("hardware"),
        )
        for row in rows.rows
    ]  # fmt: skip
    return Fit(measured, lambda held: np.log(rows.ratio(rows.fit(~held, start) if held.any() else start)))


def report(name: str, measured: Sequence[Measured], errors: np.ndarray) -> list[str]:
    """Lines of a table: pooled, and by cell."""
    lines = []
    for metric in sorted({m.metric for m in measured}):
        at = [i for i, m in enumerate(measured) if m.metric == metric]
        sizes = [abs(float(np.exp(errors[i])) - 1) for i in at]
        cells: dict[str, list[float]] = {}
        for i, size in zip(at, sizes, strict=True):
            cells.setdefault(measured[i].cell, []).append(size)
        of = by_cell(cells.values())
        lines.append(
            f"| {name} | {metric} | {len(at):,} | {_pc(quantile(sizes, 0.5))} | {_pc(quantile(sizes, 0.9))} |"
            f" {of.cells} | {_pc(of.mean_of_medians)} | {_pc(of.p90_of_medians)} |"
        )
    return lines


def splits(fit: Fit, names: Sequence[str]) -> list[str]:
    """The fit, every split, what comes after a date, and last the sealed cells."""
    everything = fit.measured
    lines = report("fit", everything, fit.errors(np.zeros(len(everything), bool)))
    for name in names:
        lines += report(
            f"without the {name}", everything, held_out(fit, folds([SPLITS[name](m) for m in everything]))
        )
    dates = sorted(m.row.text("date") for m in everything if m.row.text("date"))
    after = np.array([m.row.text("date") > dates[2 * len(dates) // 3] for m in everything]) if dates else None
    sealed = np.array([crc32(f"{m.family} {m.generation}".encode()) % SEALED == 0 for m in everything])
    for name, held in (
        (f"after {dates[2 * len(dates) // 3]}" if dates else "", after),
        ("sealed cells", sealed),
    ):
        if held is not None and held.any() and not held.all():
            errors = fit.errors(held)
            at = [int(i) for i in np.flatnonzero(held)]
            lines += report(name, [everything[i] for i in at], errors[at])
    return lines


def readings(path: str) -> list[str]:
    """How many sources each special reading of a training row acts on."""
    rows = read(path, "training").rows
    acts: dict[str, Callable[[MeasuredRow], bool]] = {
        "optimizer on the host": lambda r: offloaded_optimizer(words(r)) > 0,
        "activations on the host": lambda r: offloaded_layers(words(r)) > 0,
        "loss without logits": lambda r: keeps_no_logits(words(r)),
        "attention kernels of the device": lambda r: kernels_of_the_device(words(r), r.text("date")),
        "devices over PCIe alone": lambda r: "pcie" in r.text("interconnect").lower(),
    }
    return [
        f"| {name} | {len({r.group for r in rows if on(r)})} | {sum(map(on, rows))} |"
        for name, on in acts.items()
    ]


def _pc(x: float) -> str:
    return f"{100 * x:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--serving", help="a table of serving measurements")
    parser.add_argument("--training", help="a table of training measurements")
    parser.add_argument("--splits", default=",".join(SPLITS), help=f"of {', '.join(SPLITS)}")
    parser.add_argument("--write", type=Path, help="write the page")
    args = parser.parse_args()
    np.seterr(all="ignore")
    names = [n for n in args.splits.split(",") if n]
    head = "| | metric | rows | median | p90 | cells | mean of medians | p90 of medians |\n|" + "---|" * 8
    page = ["# Errors on what no parameter was fitted to", "", *(__doc__ or "").split("\n\n")[2:], ""]
    for kind, path, made in (("Serving", args.serving, serving), ("Training", args.training, training)):
        if path:
            page += [f"## {kind}", "", head, *splits(made(path), names), ""]
    if args.training:
        page += [
            "## Special readings",
            "",
            "| reading | sources | rows |\n|---|---|---|",
            *readings(args.training),
            "",
        ]
    text = "\n".join(page)
    print(text)
    if args.write:
        args.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
