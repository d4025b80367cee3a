"""Energy, carbon, water and money of a known amount of hardware and time."""

from __future__ import annotations

from constraints.quantities import (
    Count,
    CubicMetres,
    CubicMetresPerJoule,
    DollarsPerSecond,
    Fraction,
    Joules,
    Kilograms,
    KilogramsPerJoule,
    Seconds,
    Watts,
)
from constraints.rule import rule


@rule(wall=18, cite="definition: power times time")
def it_energy_used(devices: Count, device_power: Watts, time: Seconds) -> Joules:
    """Energy drawn by the IT equipment.

    >>> round(it_energy_used(64, 400.0, 336 * 3600.0) / 3.6e6, 1)  # kWh
    8601.6
    """
    return devices * device_power * time


_FACILITY = {"as the IT equipment is a part of the facility": lambda pue: pue >= 1}


@rule(wall=18, cite="ISO/IEC 30134-2: power usage effectiveness", where=_FACILITY)
def facility_energy_used(it_energy: Joules, pue: Count) -> Joules:
    """Energy at the meter of the data centre.

    >>> round(facility_energy_used(8601.6 * 3.6e6, 1.2) / 3.6e6, 1)
    10321.9
    """
    return it_energy * pue


@rule(
    wall=18,
    cite="ISO/IEC 30134-2: power usage effectiveness, as a share of the energy of the facility",
    where=_FACILITY,
)
def overhead_of_facility(pue: Count) -> Fraction:
    """Share of the facility's energy that does not reach the IT equipment; cooling is a part of it.

    Over the IT energy it would be PUE - 1. The two are often taken for each other.

    >>> [round(overhead_of_facility(p), 3) for p in (1.4, 1.58)]  # not 40 %; 37 %
    [0.286, 0.367]
    """
    return 1 - 1 / pue


@rule(wall=18, cite="The Green Grid WUE: litres per kWh of IT energy")
def water_used(it_energy: Joules, water_usage: CubicMetresPerJoule) -> CubicMetres:
    """Water used on site, by the energy of the IT equipment and not of the facility.

    >>> round(water_used(1000 * 3.6e6, 1.8e-3 / 3.6e6), 6)  # 1000 kWh at 1.8 l/kWh
    1.8
    """
    return it_energy * water_usage


@rule(wall=18, cite="definition: the same energy on two grids")
def carbon_saved_by_moving(here: KilogramsPerJoule, there: KilogramsPerJoule) -> Count:
    """How many times less carbon the same energy causes on another grid, manufacturing aside.

    >>> [round(carbon_saved_by_moving(g, 20), 1) for g in (820, 660)]  # a coal plant, the Polish grid of 2023
    [41.0, 33.0]
    """
    return here / there


@rule(wall=18, cite="GHG Protocol scope 2, location based")
def operational_carbon_of(facility_energy: Joules, carbon_intensity: KilogramsPerJoule) -> Kilograms:
    """Carbon of the electricity used.

    >>> [round(operational_carbon_of(10321.92 * 3.6e6, g / 3.6e9), 1) for g in (20, 429, 820)]
    [206.4, 4428.1, 8464.0]
    """
    return facility_energy * carbon_intensity


@rule(wall=18, cite="LLMCarbon (Faiz et al. 2024): embodied share by time used")
def embodied_carbon_of(
    devices: Count, device_carbon: Kilograms, time: Seconds, lifetime: Seconds
) -> Kilograms:
    """Share of the manufacturing carbon that a use of `time` carries.

    >>> embodied_carbon_of(8, 150.0, 1.0, 4.0)
    300.0
    """
    return devices * device_carbon * time / lifetime


@rule(wall=17, cite="definition: useful share of an allocation")
def break_even_utilisation(owned_per_hour: DollarsPerSecond, rented_per_hour: DollarsPerSecond) -> Fraction:
    """Utilisation above which owning a device is cheaper than renting one by the hour used.

    >>> hour = 3600  # a device of a node of eight at 122 kUSD a year, against 4 USD/h
    >>> round(break_even_utilisation(122_000 / 8 / (8760 * hour), 4.0 / hour), 3)
    0.435
    """
    return owned_per_hour / rented_per_hour
