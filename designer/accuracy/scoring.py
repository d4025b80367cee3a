"""Errors of predictions, and their statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from designer.accuracy.metrics import LedgerMetric


@dataclass(frozen=True)
class Prediction:
    """One predicted number of a row beside the measured one, both in the same unit.

    `guessed` names the settings the row leaves open and the prediction had to choose; such
    predictions are reported apart. So are those with a reason in `apart`: rows that contradict physics, and
    what rests on a number that nobody stated. For `fits` both numbers are 1 (fits) or 0 (runs out of memory).
    """

    metric: LedgerMetric
    predicted: float
    measured: float
    guessed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    apart: str = ""

    @property
    def error(self) -> float:
        """Signed error as a fraction of the measured value; for `fits` 0 is right.

        >>> Prediction(LedgerMetric.step_time, 1.25, 1.0).error, Prediction(LedgerMetric.fits, 1.0, 0.0).error
        (0.25, 1.0)
        """
        if self.metric is LedgerMetric.fits:
            return self.predicted - self.measured
        return self.predicted / self.measured - 1


@dataclass(frozen=True)
class Skip:
    """Why a row is not scored; rows with the same reason are counted together."""

    reason: str


@dataclass(frozen=True)
class Statistics:
    """Sizes of errors: `median`, `mean` and `p90` of their magnitudes, `bias` the mean signed one."""

    n: int
    median: float
    mean: float
    p90: float
    bias: float


@dataclass(frozen=True)
class CellStatistics:
    """Sizes of errors with each cell counted once: mean of the medians of cells, and their 90th percentile."""

    cells: int
    mean_of_medians: float
    p90_of_medians: float


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies, interpolated linearly.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([5.0], 0.9)
    (2.5, 5.0)
    """
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low, high = math.floor(at), math.ceil(at)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def statistics(errors: Iterable[float]) -> Statistics:
    """Statistics of signed errors; there must be at least one.

    >>> statistics([-0.1, 0.1, 0.4])
    Statistics(n=3, median=0.1, mean=0.2, p90=0.34, bias=0.1333)
    """
    signed = list(errors)
    sizes = [abs(e) for e in signed]
    n = len(signed)
    numbers = (quantile(sizes, 0.5), math.fsum(sizes) / n, quantile(sizes, 0.9), math.fsum(signed) / n)
    return Statistics(n, *(round(x, 4) for x in numbers))


def by_cell(cells: Iterable[Iterable[float]]) -> CellStatistics:
    """Statistics of the signed errors of cells; there must be at least one, and none may be empty.

    >>> by_cell([[0.1, -0.3], [0.4]])
    CellStatistics(cells=2, mean_of_medians=0.3, p90_of_medians=0.38)
    """
    medians = [quantile([abs(e) for e in of], 0.5) for of in cells]
    mean = math.fsum(medians) / len(medians)
    return CellStatistics(len(medians), round(mean, 4), round(quantile(medians, 0.9), 4))


def mean_of_groups(groups: Iterable[Statistics]) -> Statistics:
    """The mean of the statistics of groups, each counted once whatever its size."""
    of = list(groups)

    def mean(name: str) -> float:
        return round(math.fsum(getattr(s, name) for s in of) / len(of), 4)

    return Statistics(sum(s.n for s in of), mean("median"), mean("mean"), mean("p90"), mean("bias"))
