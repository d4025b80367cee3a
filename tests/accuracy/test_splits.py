"""The protocol of held-out errors: no group in two folds, nothing predicted by a fit that saw it."""

from __future__ import annotations

import numpy as np

from designer.accuracy.table import MeasuredRow
from tools.accuracy import FOLDS, SPLITS, Fit, Measured, folds, held_out, splits


def measured(n: int) -> list[Measured]:
    names = np.random.default_rng(2).integers(0, 30, n)
    return [
        Measured("tpot", MeasuredRow({"date": f"2025-{1 + int(x) % 12:02d}"}, "rows.csv", i + 2), f"family{x}",
                 f"engine{x % 3}", "fp8", f"device{x % 5}")
        for i, x in enumerate(names)
    ]  # fmt: skip


def test_no_group_is_in_two_folds_and_folds_are_alike() -> None:
    labels = [m.family for m in measured(900)]
    of = folds(labels)
    assert all(len(set(of[[x == name for x in labels]])) == 1 for name in set(labels))
    sizes = np.bincount(of, minlength=FOLDS)
    assert sizes.min() > sizes.max() / 2


def test_each_measurement_is_predicted_by_a_fit_that_did_not_see_it() -> None:
    """A fit that knows what it saw and nothing else errs on all that was held out, and on nothing else."""
    rows = measured(300)
    fit = Fit(rows, lambda held: np.where(held, np.log(2.0), 0.0))
    for name, label in SPLITS.items():
        part = folds([label(m) for m in rows])
        assert np.all(held_out(fit, part) == np.log(2.0)), name


def test_the_report_has_the_fit_every_split_dates_and_sealed_cells() -> None:
    fit = Fit(measured(300), lambda held: np.where(held, np.log(2.0), 0.0))
    lines = splits(fit, list(SPLITS))
    assert [line.split(" | ")[0] for line in lines[: 1 + len(SPLITS)]] == [
        "| fit", *(f"| without the {name}" for name in SPLITS)
    ]  # fmt: skip
    assert lines[0].count("0.0 %") == 4
    assert all(line.count("100.0 %") == 4 for line in lines[1:])
    assert lines[-1].startswith("| sealed cells")
