"""Predicted against measured on logarithmic axes, a colour for each kind of hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogs.errors import InputError

if TYPE_CHECKING:
    from designer.accuracy.frame import Ledger


def draw(ledger: Ledger, path: str) -> None:
    """Write the picture of a ledger, a panel for each metric that has a scale.

    Raises InputError where matplotlib (the `plot` extra) is not installed, nothing was scored, or the
    file cannot be written.
    """
    try:
        import matplotlib
    except ImportError:
        raise InputError("--plot needs matplotlib: pip install 'mlsys-designer[plot]'") from None
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    from designer.accuracy.frame import group_of

    metrics = [m for m in ledger.metrics() if m.unit]
    if not metrics:
        raise InputError("--plot: no row was scored")
    names = sorted({group_of(s.row, "hardware", ledger.catalog) for s in ledger.scored})
    colours = matplotlib.colormaps["tab20"]
    figure = Figure(figsize=(5.2 * len(metrics), 5.0), layout="constrained")
    for n, metric in enumerate(metrics):
        axes = figure.add_subplot(1, len(metrics), n + 1)
        of = [s for s in ledger.scored if s.prediction.metric is metric]
        for i, name in enumerate(names):
            points = [s.prediction for s in of if group_of(s.row, "hardware", ledger.catalog) == name]
            if points:
                x, y = [p.measured for p in points], [p.predicted for p in points]
                axes.scatter(x, y, s=9, color=colours(i % 20), label=name, alpha=0.75, linewidths=0)
        every = [v for s in of for v in (s.prediction.measured, s.prediction.predicted)]
        ends = (0.8 * min(every), 1.25 * max(every))
        axes.plot(ends, ends, color="black", linewidth=0.8)
        for factor in (0.8, 1.25):
            axes.plot(ends, [factor * e for e in ends], color="grey", linewidth=0.6, linestyle=":")
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
        axes.set(xlabel=f"measured {metric.title} ({metric.unit})", ylabel=f"predicted ({metric.unit})")
        axes.legend(fontsize=7, frameon=False, loc="upper left")
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as e:
        raise InputError(f"--plot {path}: cannot be written: {e}") from None
