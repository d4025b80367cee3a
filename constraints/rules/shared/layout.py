"""What training and serving layouts have in common: devices, divisions, links, room."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import ceil, floor, where
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Ratio, Truth
from constraints.rule import rule


def within_reach(devices: Any, scale_up_domain: Any, has_network: Any) -> Any:
    """Whether devices that talk to each other share a scale-up domain, or a network joins the domains."""
    return (devices <= scale_up_domain) | (has_network > 0)


@rule(cite="definition: layers are indivisible")
def most_layers(layers: Count, pp: Count) -> Count:
    """Layers of the fullest stage; virtual stages share them out as evenly as whole layers allow.

    >>> most_layers(80, 4), most_layers(61, 4), most_layers(126, 16)
    (20, 16, 8)
    """
    return ceil(layers / pp)


def as_many_experts(experts: Any, ep: Any) -> Any:
    """Whether EP ranks hold as many experts each; without experts there is one such rank.

    >>> [as_many_experts(*x) for x in ((256, 64), (8, 3), (0, 1), (0, 2))]
    [True, False, True, False]
    """
    return ((experts == 0) & (ep == 1)) | ((experts > 0) & (experts % ep == 0))


@rule(wall=10, cite="definition: collectives reach a fraction of the link, fitted per device")
def inner_bandwidth(scale_up_bandwidth: BytesPerSecond, collective_fraction: Ratio) -> BytesPerSecond:
    """Bandwidth a collective reaches inside a scale-up domain, per device and direction.

    >>> round(inner_bandwidth(450e9, 0.8) / 1e9, 1)  # GB/s
    360.0
    """
    return scale_up_bandwidth * collective_fraction


@rule(wall=10, cite="definition; where there is no network `network_reaches` rules out leaving the domain")
def outer_bandwidth(
    scale_out_bandwidth: BytesPerSecond,
    network_fraction: Fraction,
    has_network: Count,
    scale_up_bandwidth: BytesPerSecond,
) -> BytesPerSecond:
    """Bandwidth a collective reaches between scale-up domains, per device and direction.

    Without a network it is never used; the inner link stands in so that nothing is undefined.

    >>> outer_bandwidth(50e9, 0.5, 1, 450e9), outer_bandwidth(0.0, 0.5, 0, 450e9)
    (25000000000.0, 450000000000.0)
    """
    return where(has_network > 0, scale_out_bandwidth * network_fraction, scale_up_bandwidth)


@rule(cite="definition", head="GPUs", aliases=("gpus", "accelerators"), sizes=True, total="peak")
def devices(node_count: Count, devices_per_node: Count) -> Count:
    """Devices that are there, and are paid for.

    >>> devices(2048, 8)
    16384
    """
    return node_count * devices_per_node


@rule(cite="definition", head="idle", quiet=True, wasted="{} devices are paid and idle")
def idle_devices(devices: Count, devices_used: Count) -> Count:
    """Devices the layout leaves unused.

    >>> idle_devices(16_384, 16_000)
    384
    """
    return devices - devices_used


@rule(cite="definition", head="idle")
def idle_share(idle_devices: Count, devices: Count) -> Fraction:
    """Share of devices the layout leaves unused.

    >>> idle_share(4, 16)
    0.25
    """
    return idle_devices / devices


@rule(cite="Megatron-LM: attention heads are split, never shared, by TP", form=True)
def tp_divides_heads(heads: Count, tp: Count) -> Truth:
    """TP divides the attention heads.

    >>> tp_divides_heads(128, 8), tp_divides_heads(128, 6)
    (True, False)
    """
    return heads % tp == 0


@rule(cite="definition: no stage without a layer", form=True)
def pp_within_layers(pp: Count, layers: Count) -> Truth:
    """PP is at most the number of layers.

    >>> pp_within_layers(16, 126), pp_within_layers(128, 126)
    (True, False)
    """
    return pp <= layers


@rule(
    cite="Megatron-Core: expert tensor parallelism splits experts over fewer ranks than TP, or as many",
    form=True,
)
def etp_divides_tp(tp: Count, etp: Count) -> Truth:
    """ETP divides TP: 1 leaves experts whole.

    >>> etp_divides_tp(4, 1), etp_divides_tp(4, 2), etp_divides_tp(4, 8)
    (True, True, False)
    """
    return tp % etp == 0


@rule(cite="Megatron-LM: column and row parallel feed-forward", form=True)
def tp_divides_ffn(ffn: Count, expert_ffn: Count, shared_experts: Count, tp: Count, etp: Count) -> Truth:
    """TP divides the width of dense blocks and of shared experts, ETP that of routed ones.

    >>> [tp_divides_ffn(53_248, 0, 0, tp, 1) for tp in (8, 5)], [tp_divides_ffn(0, 768, 0, 5, etp) for etp in (5, 1)]
    ([True, False], [False, True])
    """
    return (ffn % tp == 0) & ((shared_experts * expert_ffn) % tp == 0) & (expert_ffn % etp == 0)


@rule(cite="definition: the last stage is never one of those with a spare layer")
def last_layers(layers: Count, pp: Count) -> Count:
    """Layers of the last stage, which also carries the output projection.

    >>> last_layers(126, 16), last_layers(61, 2), last_layers(10, 1)
    (7, 30, 10)
    """
    return floor(layers / pp)


@rule(
    wall=2,
    cite="definition: allocator fragmentation, CUDA context and NCCL buffers take the reserve",
)
def memory_fits(device_memory: Bytes, usable_memory: Bytes) -> Truth:
    """The fullest device has room.

    >>> memory_fits(70e9, 75e9), memory_fits(76e9, 75e9)
    (True, False)
    """
    return device_memory <= usable_memory
