"""Handing a prompt's cache from the machines that read prompts to those that write answers.

Each pool has links of its own, and these must keep up; the slower side sets how long a transfer takes.
"""

from __future__ import annotations

from constraints.algebras.maths import guarded
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    RequestsPerSecond,
    Seconds,
    Tokens,
    Truth,
)
from constraints.rule import rule


@rule(wall=5, cite="Splitwise (Patel et al. 2024), sec. 4: the whole cache of the prompt moves once")
def transferred_cache(
    input_tokens: Tokens,
    kv_cache_width: Count,
    cached_layers: Count,
    kv_element_bytes: Bytes,
) -> Bytes:
    """Key-value cache of a mean prompt, all layers.

    Repeats over tensor ranks are made where they are needed, not sent.

    >>> transferred_cache(1000, 2 * 8 * 128, 80, 2)  # Llama-3-70B: 328 kB a token
    327680000
    """
    return cached_layers * input_tokens * kv_cache_width * kv_element_bytes


@rule(
    wall=10,
    cite="DistServe (Zhong et al. 2024), sec. 3.3: bytes over the bandwidth between the pools",
    head="cache\nsent in",
    phrase="cache sent in {}",
)
def kv_transfer_time(
    transferred_cache: Bytes, devices_per_replica: Count, scale_out_bandwidth: BytesPerSecond
) -> Seconds:
    """Time one replica needs to send or receive the cache of a mean prompt over all its NICs.

    The other pool's replica may be slower. Nothing is hidden behind the prefill, though engines that
    send layer by layer do so.

    >>> kv_transfer_time(4e8, 4, 50e9)
    0.002
    """
    return transferred_cache / (devices_per_replica * scale_out_bandwidth)


@rule(wall=10, cite="DistServe (Zhong et al. 2024), sec. 3.3; definition: offered work per unit of time")
def transfer_load(request_rate_per_replica: RequestsPerSecond, kv_transfer_time: Seconds) -> Fraction:
    """Share of the time the NICs of a replica are busy with caches; above 1 they do not keep up.

    >>> transfer_load(10.0, 0.02)
    0.2
    """
    return request_rate_per_replica * kv_transfer_time


@rule(wall=4, cite="DistServe (Zhong et al. 2024), sec. 3.3: the transfer comes before the second token")
def transfer_delay(kv_transfer_time: Seconds, decode_steps: Tokens) -> Seconds:
    """What the transfer adds to the time per output token of a request, in the mean.

    >>> transfer_delay(0.2, 100)
    0.002
    """
    return kv_transfer_time / guarded(decode_steps, 1)


@rule(
    wall=10,
    cite="definition: a link offered more than it carries falls behind without bound",
)
def transfer_keeps_up(transfer_load: Fraction) -> Truth:
    """The links of a replica keep up with the caches it sends or receives.

    >>> transfer_keeps_up(0.8), transfer_keeps_up(1.2), transfer_keeps_up(float("nan"))  # the last has no NIC
    (True, False, False)
    """
    return transfer_load <= 1
