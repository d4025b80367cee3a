"""Power, energy, carbon, water and cost of holding hardware for a time. The same for every job."""

from __future__ import annotations

from constraints.algebras.maths import minimum, where
from constraints.instance import instance
from constraints.quantities import (
    Count,
    CubicMetres,
    Dollars,
    DollarsPerJoule,
    DollarsPerSecond,
    Fraction,
    Joules,
    Kilograms,
    PerSecond,
    Seconds,
    Watts,
)
from constraints.rule import rule
from constraints.rules.library.footprint import (
    embodied_carbon_of,
    facility_energy_used,
    operational_carbon_of,
    water_used,
)


@rule(
    wall=18,
    cite="linear power model: Barroso & Hoelzle 2007, The case for energy-proportional computing",
)
def it_energy(
    devices: Count,
    device_power: Watts,
    device_busy_power: Watts,
    idle_power_share: Fraction,
    busy_device_time: Seconds,
    host_idle_power: Watts,
    host_busy_power: Watts,
    duration: Seconds,
) -> Joules:
    """Energy of the IT equipment: all of it idles, and what is at work draws the rest of its power too.

    `busy_device_time` is summed over devices. Hosts, NICs and fans are counted with their devices: they
    draw `host_busy_power` while these work, which is less than their limit.

    >>> it_energy(8, 400.0, 400.0, 0.25, 8 * 50.0, 60.0, 100.0, 100.0) / 100.0  # half the time at work
    2640.0
    """
    idle = device_power * idle_power_share + host_idle_power
    return devices * duration * idle + busy_device_time * (device_busy_power + host_busy_power - idle)


@rule(wall=18, cite="definition: everything at full power")
def it_peak_power(devices: Count, device_power: Watts, host_power_per_device: Watts) -> Watts:
    """Most the IT equipment can draw.

    >>> it_peak_power(8, 700.0, 575.0)  # DGX H100: 10.2 kW
    10200.0
    """
    return devices * (device_power + host_power_per_device)


@rule(wall=18, cite="definition: energy over time")
def it_power(it_energy: Joules, duration: Seconds, it_peak_power: Watts) -> Watts:
    """Mean power of the IT equipment, which is never above its peak.

    >>> it_power(7_200.0, 3600.0, 10.0), it_power(72_000.0, 3600.0, 10.0)
    (2.0, 10.0)
    """
    return minimum(it_energy / duration, it_peak_power)


@rule(
    wall=18,
    cite="ISO/IEC 30134-2: power usage effectiveness",
    head="power\nmean",
    total="peak",
    note="power is the mean at the meter; peak_power is what has to be provisioned",
)
def power(it_power: Watts, pue: Count) -> Watts:
    """Mean power at the meter of the data centre.

    >>> power(1000.0, 1.25)
    1250.0
    """
    return it_power * pue


@rule(
    wall=18,
    cite="definition: what must be provisioned, everything at full power",
    head="peak\npower",
    total="peak",
)
def peak_power(it_peak_power: Watts, pue: Count) -> Watts:
    """Power to provision at the meter.

    >>> peak_power(10_200.0, 1.25)
    12750.0
    """
    return it_peak_power * pue


@instance(facility_energy_used, wall=18, cite="ISO/IEC 30134-2", head="energy", total="sum")
def energy() -> Joules:
    """Energy at the meter of the data centre.

    >>> energy(8.0, 1.25)
    10.0
    """


@instance(
    water_used, wall=18, cite="The Green Grid WUE: litres per kWh of IT energy", total="sum", head="water"
)
def water() -> CubicMetres:
    """Water used on site. WUE is per IT energy, not per facility energy.

    Water that power plants use is not counted.

    >>> round(water(1000 * 3.6e6, 1.8e-3 / 3.6e6), 6)  # 1000 kWh at 1.8 l/kWh
    1.8
    """


@instance(
    operational_carbon_of,
    {"facility_energy": "energy"},
    wall=18,
    cite="GHG Protocol scope 2, location based",
    head="CO2e of\nelectricity",
)
def operational_carbon() -> Kilograms:
    """Carbon of the electricity.

    Certificates and power purchase agreements change nothing.

    >>> round(operational_carbon(1000 * 3.6e6, 0.4 / 3.6e6), 6)  # 1000 kWh at 400 g/kWh
    400.0
    """


@instance(
    embodied_carbon_of,
    {"device_carbon": "embodied_per_device", "time": "duration", "lifetime": "hardware_lifetime"},
    wall=18,
    cite="LLMCarbon (Faiz et al. 2024)",
    head="embodied\nCO2e",
)
def embodied_carbon() -> Kilograms:
    """Share of the manufacturing carbon.

    >>> embodied_carbon(1000, 150.0, 1.0, 5.0)  # one year of five
    30000.0
    """


@rule(wall=18, cite="definition", head="CO2e", total="sum")
def carbon(operational_carbon: Kilograms, embodied_carbon: Kilograms) -> Kilograms:
    """Carbon, operational and embodied.

    >>> carbon(400.0, 300.0)
    700.0
    """
    return operational_carbon + embodied_carbon


@rule(wall=17, cite="definition: every device held is paid, idle or not")
def rental_cost(devices: Count, rental_rate: DollarsPerSecond, duration: Seconds) -> Dollars:
    """Cost of renting the devices.

    Storage, traffic and staff are not counted.

    >>> round(rental_cost(8, 3 / 3600, 10 * 3600.0), 6)  # ten hours at 3 USD/h
    240.0
    """
    return devices * rental_rate * duration


@rule(wall=17, cite="definition", head="taken\nback")
def reclaimed_machines(
    devices: Count, devices_per_node: Count, reclaim_rate: PerSecond, duration: Seconds
) -> Count:
    """Spot machines the provider takes back in the time they are held; 0 of others.

    Another one is taken to be at hand each time.

    >>> reclaimed_machines(64, 8, 0.15, 2.0)  # 15 % of 8 machines a month, in two months
    2.4
    """
    return devices / devices_per_node * reclaim_rate * duration


@rule(wall=17, cite="definition: straight-line depreciation, upkeep and electricity over the time held")
def ownership_cost(
    devices: Count,
    purchase_price: Dollars,
    bought_whole: Count,
    system_price_factor: Count,
    depreciation_time: Seconds,
    maintenance_rate: PerSecond,
    duration: Seconds,
    energy: Joules,
    electricity_price: DollarsPerJoule,
) -> Dollars:
    """Cost of owning the devices for the time held.

    `system_price_factor` turns an accelerator's price into that of its share of the system, unless it was
    bought with it (`bought_whole`); `maintenance_rate` is upkeep as a share of the purchase per unit of time.

    Interest, staff and resale are not counted.

    >>> round(ownership_cost(8, 30e3, 0, 1.5, 4.0, 0.05, 1.0, 1e3, 0.1), 6)  # one year of four, upkeep 5 %
    108100.0
    >>> ownership_cost(8, 43_750, 1, 1.46, 4.0, 0.0, 4.0, 0.0, 0.1)  # a DGX H100, written off
    350000.0
    """
    capital = devices * purchase_price * where(bought_whole > 0, 1, system_price_factor)
    return capital * duration * (1 / depreciation_time + maintenance_rate) + energy * electricity_price


@rule(wall=17, cite="definition", head="cost", total="sum")
def cost(owned: Count, ownership_cost: Dollars, rental_cost: Dollars) -> Dollars:
    """Cost of the hardware for the time held, owned or rented as the scenario says.

    >>> cost(1, 5.0, 7.0), cost(0, 5.0, 7.0)
    (5.0, 7.0)
    """
    return where(owned > 0, ownership_cost, rental_cost)
