"""How far off a prediction may be: intervals from cross-validated residuals of published runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Bundle, Known
from constraints.bundles.device import how_known
from constraints.records import marked, record
from designer.question.context import Value
from designer.question.groups import Group
from designer.question.job import Intervals
from designer.question.question import Question

# The ends that are stored: one measurement in ten lies below the one, one in ten above the other.
_STORED = NormalDist().inv_cdf(0.9)


# What none of the published measurements is like, by the part of the question that makes it so.
_UNLIKE = {"network": "networks known by their totals", "streaming": "weights that are streamed in"}


def step_time_factors(catalog: Catalog, known: str, mixture: bool) -> tuple[float, float]:
    """Ends of the 80 % interval of a training step's time, as multiples of the predicted time.

    `known` says how well the device is known: measured, like a measured one, or by default.
    """
    values = catalog.get("assumptions", "intervals-training").values
    kind = f"{'mixture' if mixture else 'dense'}_{known}"
    return values[f"{kind}_low"].si, values[f"{kind}_high"].si


def bound_factor(quantile: float, confidence: float) -> float:
    """The multiple that a measurement stays within with this confidence.

    `quantile` is the stored end of the 80 % interval on that side. Between and beyond it the logarithm
    follows a normal distribution.

    >>> round(bound_factor(1.2, 0.9), 6), round(bound_factor(0.8, 0.9), 6), bound_factor(1.2, 0.5)
    (1.2, 0.8, 1.0)
    """
    return math.exp(math.log(quantile) * NormalDist().inv_cdf(confidence) / _STORED)


def hold_upper_bounds(question: Question, catalog: Catalog, confidence: float) -> None:
    """Make a question hold its budgets against bounds instead of predictions.

    A design is feasible then if it meets its budgets even when it is as slow as all but
    `1 - confidence` of comparable published measurements were.
    """
    found = question.job.intervals
    unlike = [what for part, what in _UNLIKE.items() if part in question.parts]
    if found is None or unlike:
        raise InputError(
            f"confidence: no intervals are known for {unlike[0] if unlike else question.job.title}"
        )
    expected = {held: question.given.pop(held, None) for held in found.held.values()}
    choice = next(iter(question.named("model")), None) if found.by_kind else None

    def bound(node: Value, precision: Value, *model: Value) -> Bundle:
        shape = choice.build(*model) if choice else question.given
        known = _known(catalog, node, precision)
        out: Bundle = {}
        for measure, held in found.held.items():
            # The worse end: the upper one, but the lower one of what should be large.
            upper = _better(measure) == "less"
            factor = bound_factor(_ends(catalog, found, measure, known, shape)[upper], confidence)
            own = expected[held]
            if own is None:
                source = f"assumptions/{found.entry}, for a device whose speed is known as {known!r}"
                out[held] = Known(factor, "fitted", source)
            else:
                which = "upper" if upper else "lower"
                source = f"{own.source}; times {factor:.3g}, the {which} bound at {100 * confidence:g} % confidence"
                out[held] = Known(own.si * factor, "fitted", source)
        return out

    question.groups.append(Group("bound", ("node", "precision", *(("model",) if choice else ())), bound))
    question.notes.append(f"{found.says} at {100 * confidence:g} % confidence")


def ends_of(
    question: Question, catalog: Catalog, design: Mapping[str, Value]
) -> dict[str, tuple[float, float]]:
    """Ends of 80 % intervals of a design's quantities, as multiples of what is predicted of them.

    Only of what was measured: times and rates. Empty where budgets are held against bounds already, and
    for jobs that no published measurements are like.
    """
    found = question.job.intervals
    unlike = {*_UNLIKE, "dataset"} & set(question.parts)
    if found is None or unlike or question.scenario.confidence is not None:
        return {}
    if not {"node", "precision"} <= design.keys():
        return {}
    known = _known(catalog, design["node"], design["precision"])
    shape = question.bundle(design) if found.by_kind and "experts" not in question.given else question.given
    out: dict[str, tuple[float, float]] = {}
    for name, measure in marked("follows").items():
        if measure in found.held and name in question.graph.rules:
            low, high = _ends(catalog, found, str(measure), known, shape)
            out[name] = (1 / high, 1 / low) if record(name).inversely else (low, high)
    return out


def _better(measure: str) -> str:
    """Which way of a measure is better: that of what grows with it."""
    grows = (record(n) for n, m in marked("follows").items() if m == measure)
    return next(q.better for q in grows if not q.inversely)


def _ends(catalog: Catalog, found: Intervals, measure: str, known: str, shape: Bundle) -> tuple[float, float]:
    """Ends of the interval of a measure, on a device that is known so well."""
    kind = measure
    if found.by_kind:
        kind = "mixture" if shape["experts"].si > 0 else "dense"
    values = catalog.get("assumptions", found.entry).values
    return values[f"{kind}_{known}_low"].si, values[f"{kind}_{known}_high"].si


def _known(catalog: Catalog, node: Value, precision: Value) -> str:
    acc = catalog.get("accelerators", catalog.get("nodes", str(node)).accelerator)
    return how_known(catalog, acc, str(precision))


def serving_factors(catalog: Catalog, metric: str, known: str) -> tuple[float, float]:
    """Ends of the 80 % interval of `ttft`, `tpot` or `throughput`, as multiples of the predicted value.

    `known` says how well the device is known, as in `step_time_factors`.
    """
    values = catalog.get("assumptions", "intervals-serving").values
    return values[f"{metric}_{known}_low"].si, values[f"{metric}_{known}_high"].si
