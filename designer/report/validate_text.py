"""The ledger as text: what was scored, how far off, where, and what was not scored."""

from __future__ import annotations

from collections.abc import Mapping

from designer.accuracy.frame import Ledger, Scored
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.parameters import KERNEL, calibration
from designer.accuracy.scoring import Statistics, mean_of_groups
from designer.accuracy.table import KINDS
from designer.words.text import Column, table, wrap

_WORST = 5


def render(ledger: Ledger, width: int) -> str:
    """The whole report, no wider than `width`."""
    t = ledger.table
    guessed = f", {ledger.rows_guessed} more after a guess" if ledger.rows_guessed else ""
    guessed += f", {ledger.rows_apart} apart" if ledger.rows_apart else ""
    skipped = sum(ledger.skipped.values())
    lines = wrap(
        f"{t.file}   {t.kind}, {len(t.rows):,} rows: {ledger.rows_scored:,} scored{guessed}, {skipped:,} skipped",
        width,
    )
    if not ledger.scored:
        lines += ["", "No row could be scored."]
    else:
        overall = ledger.metrics()
        lines += ["", *_overall(ledger, overall, width)]
        for metric, cell in ledger.cells().items():
            lines += wrap(
                f"{metric.title} by cell (model, device, framework, format), {cell.cells:,}: mean of medians"
                f" {100 * cell.mean_of_medians:.1f} %, nine in ten below {100 * cell.p90_of_medians:.1f} %.",
                width,
            )
        for metric, share in ledger.coverage().items():
            lines += wrap(
                f"{100 * share:.0f} % of measured {metric.title}s lie inside their 80 % interval.", width
            )
        lines += wrap(_behind(ledger), width)
        for metric in overall:
            lines += ["", *_groups(ledger, metric, width)]
        main = next(iter(overall))
        lines += [
            "",
            f"Rows furthest off, {main.title}",
            *_rows(ledger.worst(main, _WORST), width),
        ]
    if ledger.guessed:
        lines += [
            "",
            "After guessing what a row leaves open",
            *_table("", _named(ledger.metrics(True)), width),
        ]
    for reason, of in ledger.reasons().items():
        lines += ["", *wrap(f"Apart: {reason}", width), *_table("", _named(of), width)]
    if ledger.skipped:
        lines += ["", "Not scored"]
        for reason, n in ledger.skipped.items():
            lines += wrap(f"{n:5,}  {reason}", width, hanging=7)
    return "\n".join(lines)


def _behind(ledger: Ledger) -> str:
    """How many parameters were fitted for such predictions, and to how much."""
    found = calibration(ledger.catalog)
    own, kernels = found[ledger.table.kind], found[KERNEL]
    named = KINDS[ledger.table.kind].called
    parameters = sum(c.parameters for c in found.values())
    measurements = sum(c.measurements for c in found.values())
    return (
        f"Behind them: {own.parameters} parameters fitted to {own.measurements:,} {named} and {kernels.parameters} of"
        f" kernels to {kernels.measurements:,} timed operations; in the whole calibration one for"
        f" {measurements // parameters:,} measurements."
    )


def _overall(ledger: Ledger, overall: Mapping[LedgerMetric, Statistics], width: int) -> list[str]:
    """All rows, and the mean over groups, in which a large source counts no more than a small one."""
    groups = ledger.groups()
    rows: list[tuple[str, Statistics]] = []
    for metric, all_rows in overall.items():
        rows.append((metric.title, all_rows))
        held = ledger.held_out() if metric is LedgerMetric.step_time else None
        if held:
            rows.append(("  each source held out of the fit", held))
        of = [g[metric] for g in groups.values() if metric in g]
        if len(of) > 1:
            rows.append((f"  mean over {len(of)} by {ledger.by}", mean_of_groups(of)))
    return _table("|predicted / measured - 1|", rows, width)


def _named(of: Mapping[LedgerMetric, Statistics]) -> list[tuple[str, Statistics]]:
    return [(m.title, s) for m, s in of.items()]


def _groups(ledger: Ledger, metric: LedgerMetric, width: int) -> list[str]:
    rows = [(name, g[metric]) for name, g in ledger.groups().items() if metric in g]
    return _table(f"{metric.title} by {ledger.by}", rows, width)


def _table(title: str, rows: list[tuple[str, Statistics]], width: int) -> list[str]:
    of = [s for _, s in rows]
    longest = max(16, width - 40)

    def percent(name: str, sign: str = "") -> list[str]:
        return [f"{100 * getattr(s, name):{sign}.1f} %" for s in of]

    return table(
        [
            Column(title, [n if len(n) <= longest else n[: longest - 1] + "…" for n, _ in rows], right=False),
            Column("rows", [f"{s.n:,}" for s in of]),
            Column("median", percent("median")),
            Column("mean", percent("mean")),
            Column("p90", percent("p90")),
            Column("bias", percent("bias", "+")),
        ],
        width,
    )


def _rows(worst: list[Scored], width: int) -> list[str]:
    return table(
        [
            Column("error", [f"{100 * s.prediction.error:+.0f} %" for s in worst]),
            Column("predicted", [s.prediction.metric.said(s.prediction.predicted) for s in worst]),
            Column("measured", [s.prediction.metric.said(s.prediction.measured) for s in worst]),
            Column("line", [str(s.row.line) for s in worst]),
            Column("row", [f"{s.row.id} {s.row.text('model')}" for s in worst], right=False),
        ],
        width,
    )
