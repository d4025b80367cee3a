"""A robust fit of a few positive parameters, each drawn to what was known before.

What a set of rows supports is decided before anything is believed: ten rows a parameter, rows that at
least halve what is uncertain about it, and a smaller error on rows that were held out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogs.errors import InputError
from designer.accuracy.scoring import Statistics, statistics

ROWS_EACH = 10
# The rows must leave at most this share of what was uncertain about a parameter before.
LEFT = 0.5
FOLDS = 5
# Scatter of one measurement about a good model, as a share, to begin with.
_SCATTER = 0.1

Values = Mapping[str, float]


@dataclass(frozen=True)
class Parameter:
    """A positive number to fit: what it is taken to be without the rows, and how sure that is.

    `spread` is the standard deviation of its logarithm; `rows` counts the rows that depend on it.
    """

    name: str
    prior: float
    spread: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Fit:
    """Fitted values, what was left as it was and why, and errors without, with and held out of the fit."""

    values: dict[str, float]
    kept: dict[str, str]
    rows: int
    before: Statistics
    after: Statistics | None = None
    held_out: Statistics | None = None
    doubt: dict[str, float] = field(default_factory=dict)  # standard error of each logarithm


@dataclass(frozen=True)
class FitProblem:
    """Rows to explain: `predict` makes their predictions from all parameters, `measured` what they were."""

    parameters: Sequence[Parameter]
    predict: Callable[[Values], Any]
    measured: Any


def scipy_optimize() -> Any:
    """SciPy's optimizers. Raises InputError that names the extra where SciPy is missing."""
    try:
        import scipy.optimize
    except ImportError:
        raise InputError("fitting needs SciPy: pip install 'mlsys-designer[fit]'") from None
    return scipy.optimize


def fit(problem: FitProblem, only: Sequence[str] = ()) -> Fit:
    """The parameters that the rows support, in the order in which they are listed, fitted.

    `only` names those that are wanted: InputError is raised when the rows do not support one of them.
    Deterministic: no random numbers.
    """
    import numpy as np

    n = len(problem.measured)
    before = statistics((_ratio(problem, {}) - 1).tolist())
    wanted = [p for p in problem.parameters if not only or p.name in only]
    kept: dict[str, str] = {}
    waiting: list[Parameter] = []
    for p in wanted:
        if p.rows < ROWS_EACH:
            kept[p.name] = f"{p.rows} of {n} rows depend on it; a parameter needs {ROWS_EACH}"
        else:
            waiting.append(p)
    chosen: list[Parameter] = []
    everything = np.ones(n, bool)
    x = np.zeros(0)
    for p in waiting:
        if n < ROWS_EACH * (len(chosen) + 1):
            kept[p.name] = f"{n} rows support {n // ROWS_EACH} at once, one for {ROWS_EACH} rows"
            continue
        tried = [*chosen, p]
        found = _solve(problem, tried, everything)
        unsure = zip(_doubt(problem, tried, found), tried, strict=True)
        left = {t.name: float(d / t.spread) for d, t in unsure}
        vague = [name for name, share in left.items() if share > LEFT]
        if not vague:
            chosen, x = tried, found
        elif p.name in vague:
            kept[p.name] = f"the rows leave {100 * left[p.name]:.0f} % of what was uncertain about it"
        else:
            kept[p.name] = f"the rows cannot tell it from {vague[0]}"
    held: Any = _held_out(problem, chosen) if chosen else None
    if chosen and held is not None and _size(held) >= _size(_ratio(problem, {})):
        kept |= {p.name: "the catalog's value predicts rows held out of the fit no worse" for p in chosen}
        chosen = []
    kept = {p.name: kept[p.name] for p in wanted if p.name in kept}
    refused = [name for name in only if name in kept]
    if refused:
        raise InputError(f"cannot fit {refused[0]}: {kept[refused[0]]}")
    if not chosen or held is None:
        return Fit({}, kept, n, before)
    return _fit(problem, chosen, x, kept, before, held)


def fit_all(problem: FitProblem) -> Fit:
    """Every parameter fitted, whatever the rows support."""
    import numpy as np

    chosen = problem.parameters
    x = _solve(problem, chosen, np.ones(len(problem.measured), bool))
    before = statistics((_ratio(problem, {}) - 1).tolist())
    return _fit(problem, chosen, x, {}, before, _held_out(problem, chosen))


def _fit(
    problem: FitProblem,
    chosen: Sequence[Parameter],
    x: Any,
    kept: dict[str, str],
    before: Statistics,
    held: Any,
) -> Fit:
    values = _values(chosen, x)
    after = statistics((_ratio(problem, values) - 1).tolist())
    doubt = {p.name: float(d) for p, d in zip(chosen, _doubt(problem, chosen, x), strict=True)}
    n = len(problem.measured)
    return Fit(values, kept, n, before, after, statistics((held - 1).tolist()), doubt)


def _values(chosen: Sequence[Parameter], x: Any) -> dict[str, float]:
    import math

    return {p.name: float(p.prior * math.exp(v)) for p, v in zip(chosen, x, strict=True)}


def _ratio(problem: FitProblem, values: Values) -> Any:
    """Predicted over measured, with the priors of all parameters that `values` leaves out."""
    priors = {p.name: p.prior for p in problem.parameters}
    return problem.predict({**priors, **values}) / problem.measured


def _solve(problem: FitProblem, chosen: Sequence[Parameter], on: Any) -> Any:
    """Logarithms of the parameters over their priors that make errors and departures small."""
    import numpy as np

    spread = np.array([p.spread for p in chosen])
    edge = 1e-9
    low = np.array([np.log(p.low / p.prior) for p in chosen]) - edge
    high = np.array([np.log(p.high / p.prior) for p in chosen]) + edge
    x, scatter = np.zeros(len(chosen)), _SCATTER
    for _ in range(2):  # again with the scatter that the first shows: good rows outweigh the priors

        def residuals(x: Any, scatter: float = scatter) -> Any:
            e = np.log(_ratio(problem, _values(chosen, x)))[on] / scatter
            soft = np.sign(e) * np.sqrt(2 * (np.sqrt(1 + e * e) - 1))  # linear beyond the scatter
            return np.concatenate([soft, x / spread])

        found = scipy_optimize().least_squares(
            residuals, x, bounds=(low, high), x_scale=spread, diff_step=1e-4, max_nfev=100
        )
        x = np.clip(found.x, low + edge, high - edge)
        scatter = min(0.3, _scatter(np.log(_ratio(problem, _values(chosen, x)))[on]))
    return x


def _scatter(errors: Any) -> float:
    """Standard deviation of logarithmic errors about their middle, whatever a few of them do."""
    import numpy as np

    return max(0.02, 1.4826 * float(np.median(np.abs(errors - np.median(errors)))))


def _doubt(problem: FitProblem, chosen: Sequence[Parameter], x: Any) -> Any:
    """Standard errors of the logarithms, from the rows and the priors together."""
    import numpy as np

    at = np.log(_ratio(problem, _values(chosen, x)))
    scatter = _scatter(at)
    step = 1e-3
    columns = []
    for i in range(len(chosen)):
        moved = np.array(x)
        moved[i] += step
        columns.append((np.log(_ratio(problem, _values(chosen, moved))) - at) / step)
    jacobian = np.stack(columns, axis=1) / scatter
    prior = np.diag([1 / p.spread**2 for p in chosen])
    return np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian + prior)))


def _held_out(problem: FitProblem, chosen: Sequence[Parameter]) -> Any:
    """Ratio of each row, predicted by a fit to the other four fifths."""
    import numpy as np

    n = len(problem.measured)
    out = np.empty(n)
    for k in range(FOLDS):
        held = np.arange(n) % FOLDS == k
        out[held] = _ratio(problem, _values(chosen, _solve(problem, chosen, ~held)))[held]
    return out


def _size(ratio: Any) -> float:
    """Mean magnitude of the logarithmic error."""
    import numpy as np

    return float(np.mean(np.abs(np.log(ratio))))
