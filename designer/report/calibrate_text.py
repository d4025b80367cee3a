"""What a calibration found, as text: errors, parameters, and what the rows did not support."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from designer.accuracy.scoring import Statistics
from designer.calibrating.calibrate import UNITS, Calibrated, Calibration
from designer.words.numbers import human
from designer.words.text import Column, table, wrap


def render(c: Calibration, written: Sequence[Path], out: Path, width: int) -> str:
    """The whole report, no wider than `width`."""
    used = sum(of.fit.rows for of in c.fits)
    lines = wrap(f"{c.file}   {c.rows:,} rows, {used:,} measurements used", width)
    lines += ["", *_errors([of for of in c.fits if of.fit.values], width)]
    lines += ["", *_values(c.fits, width)]
    kept = [(of.name, name, why) for of in c.fits for name, why in of.fit.kept.items()]
    if kept:
        lines += ["", "Left as the catalog has them"]
        for part, name, why in kept:
            lines += wrap(f"{_full(part, name)}: {why}", width, 2, 4)
    if c.skipped:
        lines += ["", "Rows not used"]
        for reason, n in c.skipped.items():
            lines += wrap(f"{n:5,}  {reason}", width, hanging=7)
    lines.append("")
    for path in written:
        lines += wrap(f"wrote {path}", width)
    lines += wrap(f"next  designer validate --catalog {out}", width)
    return "\n".join(lines)


def _full(part: str, name: str) -> str:
    return name if part.endswith("runs") else f"{part} {name}"


def _errors(fits: Sequence[Calibrated], width: int) -> list[str]:
    def shown(of: list[Statistics | None]) -> list[str]:
        return [f"{100 * s.median:.1f} / {100 * s.p90:.1f} %" if s else "" for s in of]

    return table(
        [
            Column("median / p90 error", [c.name for c in fits], right=False),
            Column("rows", [f"{c.fit.rows:,}" for c in fits]),
            Column("catalog", shown([c.fit.before for c in fits])),
            Column("fit", shown([c.fit.after for c in fits])),
            Column("held out", shown([c.fit.held_out for c in fits])),
        ],
        width,
    )


def _values(fits: Sequence[Calibrated], width: int) -> list[str]:
    rows = [(c, name, value) for c in fits for name, value in c.fit.values.items()]

    def shown(name: str, value: float) -> str:
        return human(value, UNITS.get(name.partition(" of ")[0], ""))

    return table(
        [
            Column("parameter", [_full(c.name, name) for c, name, _ in rows], right=False),
            Column("catalog", [shown(name, c.prior[name]) for c, name, _ in rows]),
            Column("fitted", [shown(name, value) for _, name, value in rows]),
            Column("+-", [f"{100 * c.fit.doubt[name]:.2g} %" for c, name, _ in rows]),
        ],
        width,
    )
