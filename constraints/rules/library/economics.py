"""Owning and renting: rates with their period, break-even points, and when serving outgrows training."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from constraints.quantities import (
    Count,
    Dollars,
    DollarsPerJoule,
    DollarsPerSecond,
    FlopPerSecond,
    Fraction,
    PerSecond,
    Requests,
    RequestsPerSecond,
    Seconds,
    Watts,
)
from constraints.rule import rule

DollarsPerFlop: TypeAlias = Annotated[Any, "USD/FLOP"]
DollarsPerRequest: TypeAlias = Annotated[Any, "USD/request"]


@rule(wall=17, cite="Barroso, Clidaras & Hoelzle 2018, The datacenter as a computer, chapter 6")
def ownership_rate(
    purchase: Dollars,
    lifetime: Seconds,
    maintenance_rate: PerSecond,
    it_power: Watts,
    pue: Count,
    electricity_price: DollarsPerJoule,
) -> DollarsPerSecond:
    """Total cost of ownership per unit of time: depreciation, upkeep and electricity over one period.

    Interest, staff and resale are not counted.

    >>> year, kwh = 365 * 86400, 3.6e6
    >>> rate = ownership_rate(350e3, 3 * year, 0.05 / year, 10.2e3, 1.12, 0.12 / kwh)  # a node of 8 H100
    >>> round(rate * year / 1e3, 1)  # kUSD a year, not 122
    146.2
    """
    return purchase * (1 / lifetime + maintenance_rate) + it_power * pue * electricity_price


@rule(wall=17, cite="definition: idle time is paid too")
def useful_rate(node_rate: DollarsPerSecond, devices: Count, utilisation: Fraction) -> DollarsPerSecond:
    """Price of the time that a device is in use.

    >>> year = 365 * 86400
    >>> [round(useful_rate(122e3 / year, 8, u) * 3600, 2) for u in (0.8, 0.2)]  # USD/h, not 2.40 and 6
    [2.18, 8.7]
    """
    return node_rate / (devices * utilisation)


@rule(wall=17, cite="definition: price over what the device really does")
def cost_per_flop(rate: DollarsPerSecond, peak: FlopPerSecond, utilisation: Fraction) -> DollarsPerFlop:
    """Price of useful operations; times 3.6e15 it is that of a useful TFLOP/s for an hour.

    >>> tflop_hour = 3.6e15
    >>> [round(cost_per_flop(r / 3600, p, 0.4) * tflop_hour, 5) for r, p in ((4, 989e12), (2, 312e12))]
    [0.01011, 0.01603]
    """
    return rate / (peak * utilisation)


@rule(
    wall=17,
    cite="definition: what owning costs at once against what renting costs in time",
    where={
        "or renting is cheaper for ever": lambda rented_rate, utilisation, running_rate: (
            rented_rate * utilisation > running_rate
        )
    },
)
def break_even_time(
    purchase: Dollars, running_rate: DollarsPerSecond, rented_rate: DollarsPerSecond, utilisation: Fraction
) -> Seconds:
    """Time after which owning has cost less than renting for the hours in use.

    `running_rate` is upkeep and electricity of what is owned, `rented_rate` the price of the same
    machine.

    >>> round(break_even_time(350e3, 3.36 / 3600, 32 / 3600, 1.0) / (30.4375 * 86400), 1)  # months
    16.7
    """
    return purchase / (rented_rate * utilisation - running_rate)


@rule(wall=17, cite="definition: bought by the node")
def fleet_price(devices: Count, devices_per_node: Count, node_price: Dollars) -> Dollars:
    """Purchase price of a cluster.

    >>> fleet_price(1024, 8, 350e3) / 1e6  # not 30 MUSD, which is the bare accelerators
    44.8
    """
    return devices / devices_per_node * node_price


@rule(wall=17, cite="definition: training once, serving for as long as deployed")
def deployment_cost(
    training_cost: Dollars,
    request_cost: DollarsPerRequest,
    request_rate: RequestsPerSecond,
    deployed: Seconds,
) -> Dollars:
    """Cost of a model over its deployment.

    >>> round(deployment_cost(2e6, 0.001, 50e6 / 86400, 365 * 86400) / 1e6, 2)  # 50 million requests a day
    20.25
    """
    return training_cost + request_cost * request_rate * deployed


@rule(wall=17, cite="definition: where the two terms of the deployment cost are equal")
def overtaking_requests(training_cost: Dollars, request_cost: DollarsPerRequest) -> Requests:
    """Requests after which serving has cost as much as training.

    >>> round(overtaking_requests(8.8e6, 0.001) / 1e9, 1)
    8.8
    """
    return training_cost / request_cost
