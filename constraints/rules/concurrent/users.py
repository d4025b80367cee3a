"""A closed loop: as many requests in flight as there are users, each a new one when its answer is complete.

A replica that has work never rests: it either reads a prompt or takes a decode step. So a request
costs it one prefill and its share of the decode steps, and Little's law gives the rest.
"""

from __future__ import annotations

from constraints.algebras.maths import guarded, maximum, minimum, sqrt
from constraints.quantities import (
    Count,
    Requests,
    RequestsPerSecond,
    Seconds,
    Tokens,
    TokensPerSecond,
)
from constraints.rule import rule

LN2 = 0.6931


@rule(wall=7, cite="definition: users are spread evenly")
def users_per_replica(concurrency: Requests, replicas: Count) -> Requests:
    """Requests in flight at one replica.

    >>> users_per_replica(64, 4)
    16.0
    """
    return concurrency / replicas


@rule(
    wall=4, cite="definition: prompts that arrive during one step share the next pass, as far as it has room"
)
def prefill_batch(
    users_per_replica: Requests,
    batch: Count,
    dp: Count,
    output_tokens: Tokens,
    input_tokens: Tokens,
    prefill_chunk: Tokens,
) -> Count:
    """Prompts one pass of a data rank reads together.

    >>> prefill_batch(512, 512, 1, 128, 128, 8192), prefill_batch(64, 64, 1, 1024, 1024, 8192)
    (4.0, 1)
    """
    arriving = minimum(users_per_replica, batch) / (dp * guarded(output_tokens, 1))
    return maximum(1, minimum(arriving, prefill_chunk / guarded(input_tokens, 1)))


@rule(wall=7, cite="definition: the others wait for a slot")
def admitted(users_per_replica: Requests, batch: Count) -> Requests:
    """Requests of a replica that hold a slot, being read or being decoded.

    >>> admitted(16.0, 64), admitted(100.0, 64)
    (16.0, 64)
    """
    return minimum(users_per_replica, batch)


@rule(wall=7, cite="definition: a pass that reads a prompt also advances the sequences being decoded")
def prefill_stall(
    prefill_occupancy: Seconds,
    prefill_batch: Count,
    decode_step_fixed: Seconds,
    pp: Count,
    merged_prefill: Count,
) -> Seconds:
    """Time one prompt holds up each sequence that is being decoded on its data rank.

    Merged into one pass, prompt and sequences read the weights once.

    >>> prefill_stall(0.05, 1, 0.01, 1, 0), prefill_stall(0.05, 1, 0.01, 1, 1)
    (0.05, 0.04)
    >>> prefill_stall(0.012, 1, 0.01, 1, 1)  # never less than half of the pass
    0.006
    """
    pass_time = prefill_occupancy / prefill_batch
    return maximum(pass_time / 2, pass_time - merged_prefill * decode_step_fixed / (pp * prefill_batch))


@rule(wall=7, cite="definition")
def first_token_time(prefill_time: Seconds, decode_step_time: Seconds, pp: Count) -> Seconds:
    """Time to the first token of a request that finds a slot and no other prompt: half a step, and its prefill.

    >>> first_token_time(0.05, 0.01, 1)
    0.055
    """
    return prefill_time + decode_step_time / pp / 2


@rule(
    wall=7,
    cite="Little 1961: admitted = rate x (first token + decode), decode being steps and others' prefills",
)
def decoding(
    admitted: Requests,
    decode_steps: Tokens,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_stall: Seconds,
    first_token_time: Seconds,
    dp: Count,
) -> Requests:
    """Mean sequences a replica is decoding, of those admitted.

    Solved for n from `(admitted - n) (steps (fixed + variable n / batch) + n stall / dp) = n first`,
    whose left side falls and right side grows.

    >>> n = decoding(32, 100, 0.02, 0.01, 32, 0.05, 0.1, 1)
    >>> left = (32 - n) * (100 * (0.02 + 0.01 * n / 32) + n * 0.05)
    >>> round(left / (n * 0.1), 9)
    1.0
    """
    a = decode_steps * decode_step_variable / batch + prefill_stall / dp
    b = decode_steps * decode_step_fixed + first_token_time - admitted * a
    c = admitted * decode_steps * decode_step_fixed
    return 2 * c / guarded(b + sqrt(b * b + 4 * a * c), 1e-12 * first_token_time)


@rule(wall=4, cite="definition: a sequence shares its steps with the others being decoded")
def shared_step(
    decode_step_fixed: Seconds, decode_step_variable: Seconds, decoding: Requests, batch: Count
) -> Seconds:
    """Decode step a sequence sees in the mean, without prefills in between.

    >>> round(shared_step(0.02, 0.01, 16.0, 32), 3)
    0.025
    """
    return decode_step_fixed + decode_step_variable * minimum(1, decoding / batch)


@rule(
    wall=4, cite="definition: steps, and the prefills of the others that come in between, one each per answer"
)
def tpot(
    shared_step: Seconds, decoding: Requests, prefill_stall: Seconds, decode_steps: Tokens, dp: Count
) -> Seconds:
    """Mean time per output token after the first.

    >>> round(tpot(0.03, 32, 0.05, 100, 1), 3)
    0.046
    """
    return shared_step + decoding * prefill_stall / (dp * guarded(decode_steps, 1))


@rule(
    wall=4,
    cite="median of a Poisson number (Choi 1994): its mean less ln 2, at least 0",
    head="token\ninterval",
)
def median_token_interval(
    shared_step: Seconds, decoding: Requests, prefill_stall: Seconds, decode_steps: Tokens, dp: Count
) -> Seconds:
    """Median time between two tokens of an answer: most intervals hold no prefill of another request.

    >>> median_token_interval(0.03, 32, 0.05, 100, 1), round(median_token_interval(0.03, 200, 0.05, 100, 1), 3)
    (0.03, 0.095)
    """
    met = decoding / (dp * guarded(decode_steps, 1))
    return shared_step + maximum(0, met - LN2) * prefill_stall


@rule(wall=7, cite="Little 1961")
def users_rate(
    admitted: Requests, decoding: Requests, first_token_time: Seconds, decode_steps: Tokens, tpot: Seconds
) -> RequestsPerSecond:
    """Requests a second a replica completes.

    >>> round(users_rate(32.0, 30.0, 0.1, 100, 0.04), 3)
    7.805
    """
    return admitted / (first_token_time + decode_steps * tpot)


@rule(
    wall=7, cite="Little 1961: those without a slot wait; all users begin at once, and then each goes its way"
)
def ttft(
    first_token_time: Seconds,
    users_per_replica: Requests,
    admitted: Requests,
    users_rate: RequestsPerSecond,
    prefill_occupancy: Seconds,
    prefill_batch: Count,
    dp: Count,
    rounds: Count,
) -> Seconds:
    """Mean time to first token over a session of `rounds` requests per user.

    In the first round all prompts arrive at once and one waits for half of the others.

    >>> round(ttft(0.1, 64, 32, 4.0, 0.05, 1, 1, 10), 4), round(ttft(0.1, 64, 64, 4.0, 0.05, 1, 1, 1e9), 3)
    (8.2575, 0.1)
    """
    burst = maximum(0, users_per_replica / dp - 1) / 2 * prefill_occupancy / prefill_batch / rounds
    return first_token_time + (users_per_replica - admitted) / users_rate + burst


@rule(wall=7, cite="Little 1961", follows="throughput", better="more", head="tokens")
def user_token_rate(users_rate: RequestsPerSecond, output_tokens: Tokens, replicas: Count) -> TokensPerSecond:
    """Tokens a second that all replicas generate.

    >>> user_token_rate(2.0, 200, 4)
    1600.0
    """
    return users_rate * output_tokens * replicas
