"""Queues before several servers: Erlang's formulas, and the exact law of the time in the system."""

from __future__ import annotations

from constraints.algebras.maths import erlang_blocking, exp, exprel, guarded, log, maximum, minimum, root
from constraints.quantities import Count, Fraction, PerSecond, Seconds, Whole
from constraints.rule import rule

_STABLE = {
    "or the queue grows without bound": lambda servers, arrival_rate, service: (
        arrival_rate * service < servers
    )
}
_BELOW_ALL = {"or no time is long enough": lambda share: share < 1}


@rule(wall=7, cite="Erlang 1917; continued to any number of servers by Jagers & van Doorn 1986")
def erlang_b(servers: Whole, offered_load: Count) -> Fraction:
    """Share of requests turned away where nobody waits: M/G/c/c, for any law of service.

    `offered_load` is arrival rate times mean service, in servers; it may exceed `servers`.

    >>> round(erlang_b(8, 6.4), 4), round(erlang_b(2, 1.0), 4)
    (0.1444, 0.2)
    """
    return erlang_blocking(servers, offered_load)


@rule(
    wall=7,
    cite="Erlang 1917",
    where={"or the queue grows without bound": lambda servers, offered_load: offered_load < servers},
)
def erlang_c(servers: Whole, offered_load: Count) -> Fraction:
    """Share of requests that wait in an M/M/c queue: Poisson arrivals, exponential service, one line.

    With one server it is the utilisation. Holds below a load of 1 a server; it ignores impatience.

    >>> round(erlang_c(8, 6.4), 4), round(erlang_c(1, 0.8), 4)
    (0.4576, 0.8)
    """
    blocked = erlang_b(servers, offered_load)
    return servers * blocked / (servers - offered_load * (1 - blocked))


@rule(wall=7, cite="Erlang 1917: mean wait of the M/M/c queue", where=_STABLE)
def mmc_wait(servers: Whole, arrival_rate: PerSecond, service: Seconds) -> Seconds:
    """Mean wait before service in an M/M/c queue.

    >>> round(mmc_wait(8, 128.0, 0.05) * 1e3, 2), round(mmc_wait(1, 16.0, 0.05) * 1e3, 2)  # ms
    (14.3, 200.0)
    """
    load = arrival_rate * service
    return erlang_c(servers, load) * service / (servers - load)


@rule(wall=7, cite="definition: wait, then service", where=_STABLE)
def mmc_sojourn(servers: Whole, arrival_rate: PerSecond, service: Seconds) -> Seconds:
    """Mean time in an M/M/c system: wait and service.

    >>> round(mmc_sojourn(1, 0.8, 1.0), 9)  # M/M/1: service / (1 - utilisation)
    5.0
    """
    return mmc_wait(servers, arrival_rate, service) + service


@rule(
    wall=7, cite="Kleinrock 1975, Queueing systems I, 3.8: who waits waits exponentially",
    where=_STABLE | _BELOW_ALL,
)  # fmt: skip
def mmc_wait_percentile(
    share: Fraction, servers: Whole, arrival_rate: PerSecond, service: Seconds
) -> Seconds:
    """Wait that a `share` of requests does not exceed in an M/M/c queue; 0 where that many do not wait.

    >>> round(mmc_wait_percentile(0.99, 8, 128.0, 0.05) * 1e3), mmc_wait_percentile(0.5, 8, 128.0, 0.05)  # ms
    (119, 0.0)
    """
    load = arrival_rate * service
    waiting = guarded(erlang_c(servers, load) / (1 - share), 1e-300)
    return maximum(0, log(waiting)) * service / (servers - load)


@rule(
    wall=7,
    cite="Kleinrock 1975, Queueing systems I, 3.8: exponential wait and service convolved",
    where=_STABLE,
)
def mmc_sojourn_survival(
    time: Seconds, servers: Whole, arrival_rate: PerSecond, service: Seconds
) -> Fraction:
    """Share of requests that are in an M/M/c system for longer than `time`, served first come first served.

    The law of wait plus service, which are independent: e^-x + C x e^(-x min(1, c - a)) exprel(-x |c - a - 1|)
    with x = time / service, a the offered load and C Erlang's C. `exprel` keeps it exact where
    c - a = 1, which the textbook form divides by.

    >>> round(mmc_sojourn_survival(5.0, 1, 0.8, 1.0), 6) == round(2.718281828 ** -1, 6)  # M/M/1: one mean
    True
    """
    x = time / service
    load = arrival_rate * service
    spare = servers - load
    late = x * exp(-x * minimum(1, spare)) * exprel(-x * abs(spare - 1))
    return exp(-x) + erlang_c(servers, load) * late


@rule(
    wall=7, cite="Kleinrock 1975, Queueing systems I, 3.8, inverted by bisection",
    where=_STABLE | _BELOW_ALL,
)  # fmt: skip
def mmc_sojourn_percentile(
    share: Fraction, servers: Whole, arrival_rate: PerSecond, service: Seconds
) -> Seconds:
    """Time in an M/M/c system that a `share` of requests does not exceed.

    Solved by bisection: with several servers the law of the time has no inverse in closed form.
    Neither the wait's percentile plus a mean service, which is too short by up to three times, nor
    a fixed multiple of the mean: the 99th is 4.6 times the mean of one server at *every* load.

    >>> [round(mmc_sojourn_percentile(0.99, 8, u * 160, 0.05) * 1e3) for u in (0.5, 0.8, 0.95)]  # ms
    [231, 258, 618]
    >>> round(mmc_sojourn_percentile(0.99, 1, 0.8, 1.0) / mmc_sojourn(1, 0.8, 1.0), 3)
    4.605
    """
    spare = minimum(1, servers - arrival_rate * service)
    enough = 2 * service * log(2 / (1 - share)) / spare  # half of it each for wait and service
    return root(
        lambda x: mmc_sojourn_survival(x, servers, arrival_rate, service) - (1 - share), 0 * enough, enough
    )


@rule(
    wall=7,
    cite="Allen 1990, Probability, statistics and queueing theory, 5.3.6 (Allen-Cunneen)",
    where=_STABLE,
)
def ggc_wait(
    servers: Whole, arrival_rate: PerSecond, service: Seconds, arrival_variability: Count,
    service_variability: Count,
) -> Seconds:  # fmt: skip
    """Approximate mean wait in a G/G/c queue: M/M/c's, scaled by the mean of two variabilities.

    A variability is the squared coefficient of variation: 0 for a clock, 1 for a Poisson process or
    exponential service, more for bursts. Exact for M/M/c and for M/G/1, else within some tens of
    percent at high load; it ignores correlation between arrivals.

    >>> round(ggc_wait(1, 0.8, 1.0, 1.0, 0.0), 6), round(ggc_wait(8, 6.4, 1.0, 1.0, 1.0), 4)  # M/D/1, M/M/8
    (2.0, 0.286)
    """
    return (arrival_variability + service_variability) / 2 * mmc_wait(servers, arrival_rate, service)
