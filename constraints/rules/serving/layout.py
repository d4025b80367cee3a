"""How a fleet is laid out: replicas of tensor, pipeline, data and expert ranks, and what must divide."""

from __future__ import annotations

from constraints.algebras.maths import ceil, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, Count, Tokens, Truth
from constraints.rule import rule
from constraints.rules.shared.layout import within_reach


@rule(cite="definition: expert ranks are carved out of the tensor and data ranks, so EP does not multiply")
def devices_per_replica(tp: Count, pp: Count, dp: Count) -> Count:
    """Devices that serve one copy of the model.

    >>> devices_per_replica(4, 2, 1)
    8
    """
    return tp * pp * dp


@rule(cite="definition")
def devices_used(replicas: Count, devices_per_replica: Count) -> Count:
    """Devices that take part.

    >>> devices_used(4, 8)
    32
    """
    return replicas * devices_per_replica


@rule(cite="definition: nodes are held whole", head="nodes", aliases=("nodes",), sizes=True, total="peak")
def node_count(devices_used: Count, devices_per_node: Count) -> Count:
    """Nodes of the fleet.

    >>> node_count(12, 8)
    2
    """
    return ceil(devices_used / devices_per_node)


@rule(cite="definition: layers are indivisible")
def most_layers(layers: Count, pp: Count) -> Count:
    """Layers of the fullest stage.

    >>> most_layers(80, 4), most_layers(61, 4)
    (20, 16)
    """
    return ceil(layers / pp)


@rule(wall=5, cite="Pope et al. 2022; a latent cache (DeepSeek-V2 2024) has no heads to split")
def kv_cache_ranks(tp: Count, kv_heads: Count, kv_repeats: Count) -> Count:
    """Tensor ranks a sequence's cache is split over; beyond the KV heads it is repeated.

    >>> kv_cache_ranks(4, 8, 0), kv_cache_ranks(16, 8, 0), kv_cache_ranks(8, 128, 1)
    (4, 8, 1)
    """
    return kv_repeats + (1 - kv_repeats) * minimum(tp, kv_heads)


@rule(cite="DeepSeek-V2 2024: compressing projections run whole on every tensor rank")
def compressed_width(latent: Count, query_down: Count, kv_down: Count) -> Count:
    """Columns of the projections that compress queries and keys, none in plain attention.

    >>> compressed_width(1, 1536, 576), compressed_width(0, 0, 0)
    (2112, 0)
    """
    return latent * (query_down + kv_down)


@rule(cite="Shoeybi et al. 2019: column parallel")
def query_share(query_width: Count, tp: Count) -> Count:
    """Query columns of one device.

    >>> query_share(8192, 4)
    2048.0
    """
    return query_width / tp


@rule(cite="Shoeybi et al. 2019: column parallel; KV heads are repeated where TP exceeds them")
def kv_share(kv_width: Count, kv_heads: Count, latent: Count, tp: Count) -> Count:
    """Key and value columns of one device.

    >>> kv_share(2048, 8, 0, 4), kv_share(2048, 8, 0, 16), kv_share(32768, 128, 1, 8)
    (512.0, 256.0, 4096.0)
    """
    return kv_width / (latent * tp + (1 - latent) * minimum(tp, kv_heads))


@rule(cite="definition: an EP rank holds whole experts; without EP each expert is split over TP")
def expert_width(expert_ffn: Count, tp: Count, ep: Count) -> Count:
    """Columns of a routed expert on one device.

    >>> expert_width(2048, 8, 8), expert_width(2048, 8, 1)
    (2048.0, 256.0)
    """
    return expert_ffn / where(ep > 1, 1, tp)


@rule(cite="definition: EP ranks pool the tokens of the data ranks among them, TP ranks share theirs out")
def expert_sources(tp: Count, ep: Count) -> Count:
    """Tokens that reach one group of experts, over the tokens of one data rank.

    >>> expert_sources(1, 32), expert_sources(8, 8), expert_sources(8, 1)
    (32.0, 1.0, 1)
    """
    return where(ep > 1, ep / tp, 1)


@rule(cite="vLLM, Megatron-Core: KV heads are split, or whole heads repeated", form=True)
def tp_fits_kv_heads(kv_heads: Count, latent: Count, tp: Count) -> Truth:
    """TP divides the KV heads or is a multiple of them; a latent cache is repeated at any TP.

    >>> tp_fits_kv_heads(8, 0, 16), tp_fits_kv_heads(8, 0, 6), tp_fits_kv_heads(128, 1, 6)
    (True, False, True)
    """
    return (kv_heads % tp == 0) | (tp % kv_heads == 0) | (latent > 0)


@rule(cite="Megatron-LM: column and row parallel feed-forward", form=True)
def tp_divides_ffn(ffn: Count, expert_ffn: Count, shared_experts: Count, tp: Count, ep: Count) -> Truth:
    """TP divides the width of dense blocks and shared experts, and of routed experts unless EP holds them.

    >>> tp_divides_ffn(18432, 2048, 1, 8, 1), tp_divides_ffn(0, 768, 0, 5, 1), tp_divides_ffn(0, 768, 0, 5, 5)
    (True, False, True)
    """
    return (ffn % tp == 0) & ((shared_experts * expert_ffn) % tp == 0) & ((ep > 1) | (expert_ffn % tp == 0))


@rule(
    wall=13,
    cite="Frantar et al. 2024, MARLIN: weights the units of a device do not read are expanded to 16 bit",
    form=True,
)
def precision_used(
    precision_bytes: Bytes, projection_operand_bytes: Bytes, operand_bytes: Bytes, expert_operand_bytes: Bytes
) -> Truth:
    """Some weights are multiplied in the precision chosen: none are wider, or of a kind it does not read.

    >>> precision_used(1, 2, 2, 1), precision_used(1, 2, 2, 2)  # 4-bit weights on a device without such units
    (True, False)
    """
    return minimum(projection_operand_bytes, minimum(operand_bytes, expert_operand_bytes)) <= precision_bytes


@rule(cite="definition: EP groups are carved out of a stage's ranks", form=True)
def ep_divides_ranks(tp: Count, dp: Count, ep: Count) -> Truth:
    """EP divides the tensor and data ranks of a stage.

    >>> ep_divides_ranks(4, 8, 32), ep_divides_ranks(4, 2, 16)
    (True, False)
    """
    return (tp * dp) % ep == 0


@rule(cite="definition", form=True)
def context_fits(context_limit: Tokens, max_context: Tokens) -> Truth:
    """The longest prompt with its answer is within the model's context.

    >>> context_fits(8192, 131_072), context_fits(200_000, 131_072)
    (True, False)
    """
    return context_limit <= max_context


@rule(cite="definition")
def nodes_suffice(node_count: Count, node_limit: Count) -> Truth:
    """The fleet is within the nodes there are.

    >>> nodes_suffice(4, 4), nodes_suffice(5, 4)
    (True, False)
    """
    return node_count <= node_limit


@instance(
    within_reach,
    {"devices": "devices_per_replica"},
    wall=10,
    cite="definition: a device without a NIC cannot leave its domain; replicas do not talk",
)
def network_reaches(devices_per_replica: Count, scale_up_domain: Count, has_network: Count) -> Truth:
    """A replica stays inside one scale-up domain, or there is a network between domains.

    >>> network_reaches(8, 8, 0), network_reaches(16, 8, 0), network_reaches(16, 8, 1)
    (True, False, True)
    """
