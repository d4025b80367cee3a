"""How far off a prediction may be: intervals from cross-validated residuals of published runs."""

from __future__ import annotations

import math
from statistics import NormalDist

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Bundle, Known
from constraints.bundles.device import how_known
from designer.context import Value
from designer.question import Group, Question

# The ends that are stored: one measurement in ten lies below the one, one in ten above the other.
_STORED = NormalDist().inv_cdf(0.9)


def step_time_factors(catalog: Catalog, known: str, mixture: bool) -> tuple[float, float]:
    """Ends of the 80 % interval of a training step's time, as multiples of the predicted time.

    `known` says how well the device is known: measured, like a measured one, or by default.
    """
    values = catalog.get("assumptions", "intervals-training").values
    kind = f"{'mixture' if mixture else 'dense'}_{known}"
    return values[f"{kind}_low"].si, values[f"{kind}_high"].si


def upper_factor(high: float, confidence: float) -> float:
    """The multiple that a measurement stays below with this confidence.

    Between and beyond the stored quantile the logarithm follows a normal distribution.

    >>> round(upper_factor(1.2, 0.9), 6), upper_factor(1.2, 0.5)
    (1.2, 1.0)
    """
    return math.exp(math.log(high) * NormalDist().inv_cdf(confidence) / _STORED)


def hold_upper_bounds(question: Question, catalog: Catalog, confidence: float) -> None:
    """Make a training question hold budgets against upper bounds of the step time.

    A design is feasible then if it meets its budgets even when steps take as long as all but
    `1 - confidence` of comparable published runs took. Raises InputError for another job.
    """
    if question.job != "training":
        raise InputError(f"confidence: intervals are known for training jobs; this is a {question.job} job")
    expected = question.given.pop("straggler_factor")
    mixture = question.given["experts"].si > 0

    def bound(node: Value, precision: Value) -> Bundle:
        acc = catalog.get("accelerators", catalog.get("nodes", str(node)).accelerator)
        known = how_known(catalog, acc, str(precision))
        factor = upper_factor(step_time_factors(catalog, known, mixture)[1], confidence)
        source = (
            f"{expected.source}; times {factor:.3g}, the upper bound at {100 * confidence:g} % confidence"
        )
        return {"straggler_factor": Known(expected.si * factor, "fitted", source)}

    question.groups.append(Group(("node", "precision"), bound))
    question.notes.append(
        f"times, and all that follows from them, are upper bounds at {100 * confidence:g} % confidence"
    )


def serving_factors(catalog: Catalog, metric: str, known: str) -> tuple[float, float]:
    """Ends of the 80 % interval of `ttft`, `tpot` or `throughput`, as multiples of the predicted value.

    `known` says how well the device is known, as in `step_time_factors`.
    """
    values = catalog.get("assumptions", "intervals-serving").values
    return values[f"{metric}_{known}_low"].si, values[f"{metric}_{known}_high"].si
