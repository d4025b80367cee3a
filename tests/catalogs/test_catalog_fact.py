"""Facts: SI inside whatever unit was written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs import InputError
from catalogs.schema.fact import Quantity, check_date
from catalogs.units import factor

UNITS = {
    "byte": ("B", "kB", "MB", "GB", "TB", "KiB", "GiB", "TiB"),
    "byte/s": ("GB/s", "TB/s", "Gb/s", "MiB/s"),
    "FLOP/s": ("TFLOP/s", "PFLOP/s", "TOP/s", "GFLOP/s"),
    "s": ("us", "ms", "h", "day", "year"),
    "W": ("W", "kW", "MW"),
    "gCO2e/kWh": ("gCO2e/kWh", "kgCO2e/MWh", "tCO2e/GWh"),
    "USD/h": ("USD/h", "USD/day"),
    "": ("", "%"),
}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(UNITS)).flatmap(lambda u: st.tuples(st.just(u), st.sampled_from(UNITS[u]))),
    st.data(),
)
def test_number_round_trips(units: tuple[str, str], data: st.DataObject) -> None:
    base, unit = units
    value = data.draw(st.floats(min_value=1e-9, max_value=1e12, allow_nan=False))
    si, written = Quantity(base).number(f"{value!r} {unit}".strip())
    assert written == unit
    assert math.isclose(si / factor(unit), value, rel_tol=1e-12)


def test_the_same_quantity_in_two_units() -> None:
    carbon = Quantity("gCO2e/kWh")
    assert carbon.number("412 gCO2e/kWh")[0] == pytest.approx(carbon.number("412 kgCO2e/MWh")[0])
    assert Quantity("byte").number("80 GiB")[0] == 80 * 2**30


def test_bounds() -> None:
    assert Quantity("", high=1.0).number("70 %")[0] == pytest.approx(0.7)
    assert Quantity("", low=1.0, zero=True).number(1)[0] == 1
    for quantity, value in [
        (Quantity("", high=1.0), 1.01),
        (Quantity("", low=1.0, zero=True), 0.9),
        (Quantity(""), 0),
    ]:
        with pytest.raises(InputError):
            quantity.number(value)


def test_either_unit() -> None:
    price = Quantity("USD/h", other="USD")
    assert price.number("36 USD/h") == (0.01, "USD/h")
    assert price.number("36 USD") == (36.0, "USD")


@pytest.mark.parametrize("date", ["2024", 2024, "2024-02", "2024-02-29"])
def test_dates(date: object) -> None:
    assert check_date(date) == str(date)


@pytest.mark.parametrize("date", ["24", "2024-2", "2023-02-29", "2024-13", "March 2024", ""])
def test_not_dates(date: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        check_date(date)
