"""What both pools of a service take together."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, CubicMetres, Dollars, Joules, Kilograms, Truth, Watts
from constraints.rule import rule
from constraints.rules.serving.layout import nodes_suffice as within_limit


@rule(cite="definition: no node is in both pools")
def node_count(prefill_node_count: Count, decode_node_count: Count) -> Count:
    """Nodes of both pools.

    >>> node_count(2, 3)
    5
    """
    return prefill_node_count + decode_node_count


@instance(within_limit)
def nodes_suffice() -> Truth:
    """Both pools together are within the nodes there are.

    >>> nodes_suffice(4, 4), nodes_suffice(5, 4)
    (True, False)
    """


@rule(cite="definition: no device is in both pools")
def devices(prefill_devices: Count, decode_devices: Count) -> Count:
    """Devices of both pools that are there, and are paid for.

    >>> devices(16, 24)
    40
    """
    return prefill_devices + decode_devices


@rule(cite="definition: no device is in both pools")
def devices_used(prefill_devices_used: Count, decode_devices_used: Count) -> Count:
    """Devices of both pools that take part.

    >>> devices_used(12, 24)
    36
    """
    return prefill_devices_used + decode_devices_used


@rule(wall=18, cite="definition: no device is in both pools")
def peak_power(prefill_peak_power: Watts, decode_peak_power: Watts) -> Watts:
    """Most both pools can draw at the meter.

    >>> peak_power(2e4, 3e4)
    50000.0
    """
    return prefill_peak_power + decode_peak_power


@rule(wall=18, cite="definition: no device is in both pools")
def power(prefill_power: Watts, decode_power: Watts) -> Watts:
    """Mean power of both pools at the meter.

    >>> power(1e4, 2e4)
    30000.0
    """
    return prefill_power + decode_power


@rule(wall=18, cite="definition: no device is in both pools")
def energy(prefill_energy: Joules, decode_energy: Joules) -> Joules:
    """Energy of both pools at the meter.

    >>> energy(1e9, 2e9)
    3000000000.0
    """
    return prefill_energy + decode_energy


@rule(wall=18, cite="definition: no device is in both pools")
def water(prefill_water: CubicMetres, decode_water: CubicMetres) -> CubicMetres:
    """Water both pools use.

    >>> water(1.0, 2.0)
    3.0
    """
    return prefill_water + decode_water


@rule(wall=18, cite="definition: no device is in both pools")
def operational_carbon(
    prefill_operational_carbon: Kilograms, decode_operational_carbon: Kilograms
) -> Kilograms:
    """Carbon of the energy of both pools.

    >>> operational_carbon(100.0, 200.0)
    300.0
    """
    return prefill_operational_carbon + decode_operational_carbon


@rule(wall=18, cite="definition: no device is in both pools")
def embodied_carbon(prefill_embodied_carbon: Kilograms, decode_embodied_carbon: Kilograms) -> Kilograms:
    """Carbon of making the devices of both pools, for the time held.

    >>> embodied_carbon(10.0, 20.0)
    30.0
    """
    return prefill_embodied_carbon + decode_embodied_carbon


@rule(wall=17, cite="definition: no device is in both pools")
def cost(prefill_cost: Dollars, decode_cost: Dollars) -> Dollars:
    """Cost of both pools for the time held, owned or rented as the scenario says.

    >>> cost(5.0, 7.0)
    12.0
    """
    return prefill_cost + decode_cost
