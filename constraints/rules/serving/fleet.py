"""The fleet as a whole: tokens served, and what each costs in money, energy and carbon."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from constraints.algebras.maths import exp, maximum, where
from constraints.quantities import (
    Count,
    Dollars,
    DollarsPerToken,
    Fraction,
    Joules,
    Kilograms,
    KilogramsPerToken,
    Requests,
    RequestsPerSecond,
    Seconds,
    Tokens,
    TokensPerSecond,
)
from constraints.rule import rule

JoulesPerToken: TypeAlias = Annotated[Any, "J/token"]
DollarsPerRequest: TypeAlias = Annotated[Any, "USD/request"]

# What a token served is: of requests that generate none, one that is read.
SERVED = "output token (per input token where none is generated)"


@rule(cite="definition: the time costs are counted over")
def duration(period: Seconds) -> Seconds:
    """Time the fleet is held.

    >>> duration(30 * 86_400.0)
    2592000.0
    """
    return 1 * period


@rule(cite="definition", better="more")
def output_rate(request_rate: RequestsPerSecond, output_tokens: Tokens) -> TokensPerSecond:
    """Tokens the fleet generates a second.

    >>> output_rate(4.0, 200)
    800.0
    """
    return request_rate * output_tokens


@rule(cite="definition", better="more")
def token_rate(
    request_rate: RequestsPerSecond, input_tokens: Tokens, output_tokens: Tokens
) -> TokensPerSecond:
    """Tokens the fleet reads and generates a second.

    >>> token_rate(4.0, 1000, 200)
    4800.0
    """
    return request_rate * (input_tokens + output_tokens)


@rule(cite="definition: an embedding model is paid by the tokens it reads")
def served_tokens(input_tokens: Tokens, output_tokens: Tokens) -> Tokens:
    """Tokens of one request that count: those generated, or those read where none are.

    >>> served_tokens(1000, 200), served_tokens(1000, 0)
    (200, 1000)
    """
    return where(output_tokens > 0, output_tokens, input_tokens)


@rule(cite="definition", head="tok/s\n/GPU", better="more")
def tokens_per_second_per_device(
    request_rate: RequestsPerSecond, served_tokens: Tokens, devices: Count
) -> TokensPerSecond:
    """Tokens served a second per device held; tokens read where none are generated.

    >>> tokens_per_second_per_device(8.0, 200, 4)
    400.0
    """
    return request_rate * served_tokens / devices


@rule(cite="definition", better="more", follows="throughput")
def fleet_capacity(capacity: RequestsPerSecond, replicas: Count) -> RequestsPerSecond:
    """Requests a second the fleet can sustain.

    >>> fleet_capacity(2.5, 4)
    10.0
    """
    return replicas * capacity


@rule(cite="definition", better="more")
def spare_capacity(fleet_capacity: RequestsPerSecond, request_rate: RequestsPerSecond) -> RequestsPerSecond:
    """Requests a second the fleet could take on top.

    >>> spare_capacity(10.0, 8.0)
    2.0
    """
    return fleet_capacity - request_rate


@rule(wall=18, cite="definition: a replica is idle when no prompt waits and no sequence is being decoded")
def busy_share(prefill_load: Fraction, occupancy: Requests, devices_used: Count, devices: Count) -> Fraction:
    """Share of the time a device of the fleet is at work, in the mean; few sequences keep it as busy as many.

    >>> round(busy_share(0.2, 1.0, 8, 8), 3), busy_share(0.2, 50.0, 6, 8)
    (0.706, 0.75)
    """
    return (1 - maximum(0, 1 - prefill_load) * exp(-1 * occupancy)) * devices_used / devices


@rule(wall=18, cite="definition")
def busy_device_time(busy_share: Fraction, devices: Count, duration: Seconds) -> Seconds:
    """Time devices are at work, summed over devices.

    >>> busy_device_time(0.5, 8, 3600.0)
    14400.0
    """
    return busy_share * devices * duration


@rule(cite="definition")
def tokens_served(request_rate: RequestsPerSecond, served_tokens: Tokens, duration: Seconds) -> Tokens:
    """Tokens served over the period: generated ones, or read ones where none are.

    >>> tokens_served(4.0, 200, 3600.0)
    2880000.0
    """
    return request_rate * served_tokens * duration


@rule(wall=17, cite="definition", head="cost", per=SERVED)
def cost_per_token(cost: Dollars, tokens_served: Tokens) -> DollarsPerToken:
    """Cost of a token served.

    >>> round(cost_per_token(5.76, 2_880_000.0) * 1e6, 6)  # dollars a million
    2.0
    """
    return cost / tokens_served


@rule(wall=17, cite="definition", head="cost per\nrequest")
def cost_per_request(cost: Dollars, request_rate: RequestsPerSecond, duration: Seconds) -> DollarsPerRequest:
    """Cost of a request.

    >>> cost_per_request(36.0, 1.0, 3600.0)
    0.01
    """
    return cost / (request_rate * duration)


@rule(wall=18, cite="definition", head="energy\nper token", per=SERVED)
def energy_per_token(energy: Joules, tokens_served: Tokens) -> JoulesPerToken:
    """Energy of a token served, at the meter of the data centre.

    >>> energy_per_token(3.6e6, 1e6)  # 1 kWh a million
    3.6
    """
    return energy / tokens_served


@rule(wall=18, cite="definition", head="CO2e", per=SERVED)
def carbon_per_token(carbon: Kilograms, tokens_served: Tokens) -> KilogramsPerToken:
    """Carbon of a token served, operational and embodied.

    >>> round(carbon_per_token(500.0, 1e9) * 1e6, 6)  # kg a million
    0.5
    """
    return carbon / tokens_served
