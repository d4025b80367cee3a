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
from designer.question.question import Question

# The ends that are stored: one measurement in ten lies below the one, one in ten above the other.
_STORED = NormalDist().inv_cdf(0.9)

# What a training step's quantities follow; the others follow a metric of serving.
STEP = "step"

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
    hold = _hold_steps if question.job == "training" else _hold_latencies
    question.notes.append(f"{hold(question, catalog, confidence)} at {100 * confidence:g} % confidence")


def _hold_steps(question: Question, catalog: Catalog, confidence: float) -> str:
    """Training: longer steps."""
    for part, what in _UNLIKE.items():
        if part in question.parts:
            raise InputError(f"confidence: no intervals are known for {what}")
    expected = question.given.pop("straggler_factor")
    choice = next(iter(question.named("model")), None)

    def bound(node: Value, precision: Value, *model: Value) -> Bundle:
        shape = choice.build(*model) if choice else question.given
        known = _known(catalog, node, precision)
        factor = bound_factor(step_time_factors(catalog, known, shape["experts"].si > 0)[1], confidence)
        source = (
            f"{expected.source}; times {factor:.3g}, the upper bound at {100 * confidence:g} % confidence"
        )
        return {"straggler_factor": Known(expected.si * factor, "fitted", source)}

    question.groups.append(Group("bound", ("node", "precision", *(("model",) if choice else ())), bound))
    return "times, and all that follows from them, are upper bounds"


def _hold_latencies(question: Question, catalog: Catalog, confidence: float) -> str:
    """Serving: longer latencies, and where requests queue, replicas that do less."""

    def bound(node: Value, precision: Value) -> Bundle:
        known = _known(catalog, node, precision)
        # The worse end: the upper one, but the lower one of what should be large.
        ends = {
            str(m): serving_factors(catalog, str(m), known)[record(n).better == "less"]
            for n, m in marked("follows").items()
            if m != STEP
        }
        source = f"assumptions/intervals-serving, for a device whose speed is known as {known!r}"
        return {f"{m}_bound": Known(bound_factor(e, confidence), "fitted", source) for m, e in ends.items()}

    question.groups.append(Group("bound", ("node", "precision"), bound))
    return "latencies are upper bounds and throughput is a lower one, with all that follows from them,"


def ends_of(
    question: Question, catalog: Catalog, design: Mapping[str, Value]
) -> dict[str, tuple[float, float]]:
    """Ends of 80 % intervals of a design's quantities, as multiples of what is predicted of them.

    Only of what was measured: times and rates. Empty where budgets are held against bounds already, and
    for jobs that no published measurements are like.
    """
    if question.scenario.confidence is not None or {*_UNLIKE, "dataset"} & set(question.parts):
        return {}
    if not {"node", "precision"} <= design.keys():
        return {}
    known = _known(catalog, design["node"], design["precision"])
    experts = question.given.get("experts") or question.bundle(design)["experts"]
    out = {}
    for name, measured in marked("follows").items():
        if name in question.graph.rules:
            step = measured == STEP
            low, high = (
                step_time_factors(catalog, known, experts.si > 0)
                if step
                else serving_factors(catalog, str(measured), known)
            )
            out[name] = (1 / high, 1 / low) if record(name).inversely else (low, high)
    return out


def _known(catalog: Catalog, node: Value, precision: Value) -> str:
    acc = catalog.get("accelerators", catalog.get("nodes", str(node)).accelerator)
    return how_known(catalog, acc, str(precision))


def serving_factors(catalog: Catalog, metric: str, known: str) -> tuple[float, float]:
    """Ends of the 80 % interval of `ttft`, `tpot` or `throughput`, as multiples of the predicted value.

    `known` says how well the device is known, as in `step_time_factors`.
    """
    values = catalog.get("assumptions", "intervals-serving").values
    return values[f"{metric}_{known}_low"].si, values[f"{metric}_{known}_high"].si
