"""Fit what an allocator keeps beyond what is used, to a table of measured peaks, holding out whole sources.

    python tools/fit_memory.py TABLE.csv [--write]

Two numbers: for frameworks of today, and for those before allocators that move their segments. Each is
the median over sources of the median over a source's rows; rows that state what is allocated say nothing
of it. Prints errors of peak memory by source beside those without the source. Deterministic.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from catalogs import default_catalog
from catalogs.store import SHIPPED
from designer.accuracy import training
from designer.accuracy.frameworks import traits
from designer.accuracy.scoring import Skip, Statistics, mean_of_groups, statistics
from designer.accuracy.table import MeasuredRow, read

PLACES = {"classic": "frameworks/classic.yaml", "today": "frameworks/default.yaml"}


@dataclass(frozen=True)
class Peak:
    """A measured peak in bytes, what is predicted to be used, and what lies outside the allocator."""

    row: MeasuredRow
    era: str
    measured: float
    used: float
    outside: float
    kept: bool  # whether the source counts what the allocator keeps

    def predicted(self, slack: dict[str, float]) -> float:
        return self.used * (1 + slack[self.era] * self.kept) + self.outside


def peaks(table: str) -> list[Peak]:
    """Rows whose memory is to be judged."""
    catalog, out = default_catalog(), []
    for row in read(table).rows:
        use, gib = row.text("judge_use"), row.number("mem_gib_per_gpu")
        if "memory" not in use or "repeat" in use or not gib or row.text("outcome") == "oom":
            continue
        found = training.configure(row, catalog)
        if isinstance(found, Skip):
            continue
        values = training.evaluate(found)
        kept = "allocated" not in row.text("notes").lower()
        outside = training.reported_memory(row, values) - values["reserved_memory"] if kept else 0.0
        era = "classic" if traits(row, catalog).family == "classic" else "today"
        out.append(Peak(row, era, gib * training.GIB, values["device_memory"], outside, kept))
    return out


def fit(found: list[Peak], without: str = "") -> dict[str, float]:
    """The share kept in each era, from all sources but one; the other era's where no source is left."""
    by: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for p in found:
        if p.kept and p.row.group != without:
            by[p.era][p.row.group].append((p.measured - p.outside) / p.used - 1)
    out = {era: max(0.0, median(median(v) for v in of.values())) for era, of in by.items()}
    return {era: out.get(era, next(iter(out.values()))) for era in PLACES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("table")
    parser.add_argument("--write", action="store_true", help="put the two numbers into the catalog")
    args = parser.parse_args()
    found = peaks(args.table)
    slack = fit(found)
    print(
        f"{len(found)} rows; kept beyond what is used: " + ", ".join(f"{k} {v:.3f}" for k, v in slack.items())
    )
    held = {g: fit(found, g) for g in sorted({p.row.group for p in found})}
    of = []
    for g in held:
        part = [p for p in found if p.row.group == g]
        of.append(tuple(statistics(p.predicted(s) / p.measured - 1 for p in part) for s in (slack, held[g])))
        line(g, *of[-1])
    line("all rows", *(
        statistics(p.predicted(s if s else held[p.row.group]) / p.measured - 1 for p in found) for s in (slack, None)
    ))  # fmt: skip
    line("mean over sources", *(mean_of_groups(x) for x in zip(*of, strict=True)))
    if args.write:
        for era, place in PLACES.items():
            path = Path(SHIPPED) / place
            text = path.read_text(encoding="utf-8")
            pattern = r'(^ +allocator_slack: \{value: )"[^"]*"'
            path.write_text(re.sub(pattern, rf'\g<1>"{slack[era]:.3g}"', text, flags=re.M), encoding="utf-8")


def line(name: str, a: Statistics, b: Statistics) -> None:
    held = f"held out {b.median:.3f} {b.p90:.3f} {b.bias:+.3f}"
    print(f"{name:24s} {a.n:4d}   fit {a.median:.3f} {a.p90:.3f}   {held}")


if __name__ == "__main__":
    main()
