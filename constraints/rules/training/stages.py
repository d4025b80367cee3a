"""How layers fall on pipeline stages, and micro-batches on ranks."""

from __future__ import annotations

from constraints.algebras.maths import floor, minimum, where
from constraints.instance import instance
from constraints.quantities import Count, Tokens, Truth
from constraints.rule import rule
from constraints.rules.shared.layout import as_many_experts


@rule(cite="definition", head="GPUs\nused")
def devices_used(tp: Count, pp: Count, cp: Count, dp: Count) -> Count:
    """Devices that take part. EP is carved out of DP and CP, so it does not multiply.

    >>> devices_used(8, 16, 1, 128)
    16384
    """
    return tp * pp * cp * dp


@rule(cite="definition", voids="devices")
def devices_suffice(devices_used: Count, devices: Count) -> Truth:
    """TP x PP x CP x DP is at most the devices there are.

    >>> devices_suffice(16_384, 16_384), devices_suffice(16_385, 16_384)
    (True, False)
    """
    return devices_used <= devices


@rule(cite="Megatron-Core: KV heads are split, or whole heads repeated", form=True)
def tp_fits_kv_heads(kv_heads: Count, tp: Count) -> Truth:
    """TP divides the KV heads, or is a multiple of them (each head then sits on several ranks).

    >>> tp_fits_kv_heads(8, 4), tp_fits_kv_heads(8, 16), tp_fits_kv_heads(8, 6)
    (True, True, False)
    """
    return (kv_heads % tp == 0) | (tp % kv_heads == 0)


@rule(cite="Liu et al. 2023, Ring attention: a contiguous share of the sequence per rank", form=True)
def cp_divides_sequence(sequence_length: Tokens, cp: Count) -> Truth:
    """CP divides the sequence in two equal chunks a rank, which balances causal attention.

    >>> cp_divides_sequence(131_072, 16), cp_divides_sequence(1000, 16), cp_divides_sequence(1001, 1)
    (True, False, True)
    """
    return (sequence_length % (2 * cp) == 0) | (cp == 1)


@instance(as_many_experts, cite="Megatron-Core: expert parallel ranks hold as many experts each", form=True)
def ep_divides_experts(experts: Count, ep: Count) -> Truth:
    """EP divides the experts; a model without experts has EP 1.

    >>> ep_divides_experts(256, 64), ep_divides_experts(8, 3)
    (True, False)
    """


@rule(cite="Megatron-Core MoE parallel folding: EDP = TP x CP x DP / (ETP x EP)", form=True)
def ep_divides_data_ranks(tp: Count, cp: Count, dp: Count, ep: Count, etp: Count) -> Truth:
    """EP x ETP divides the TP x CP x DP ranks of a stage, out of which experts are carved.

    >>> [ep_divides_data_ranks(2, 1, 4, ep, etp) for ep, etp in ((4, 2), (8, 2), (8, 1))]
    [True, False, True]
    """
    return (tp * cp * dp) % (ep * etp) == 0


@rule(cite="Megatron-Core: mixtures of experts with tensor parallelism need sequence parallelism", form=True)
def etp_has_sequence_parallel(sp: Count, tp: Count, etp: Count, experts: Count) -> Truth:
    """Where TP splits experts otherwise than the rest, its ranks have tokens of their own.

    >>> [etp_has_sequence_parallel(*x) for x in ((1, 4, 1, 8), (0, 4, 1, 8), (0, 4, 4, 8), (0, 4, 1, 0))]
    [True, False, True, True]
    """
    return (sp > 0) | (tp == etp) | (experts == 0)


@rule(cite="Megatron-LM: global batch = micro-batch x DP x accumulation steps", form=True)
def batch_divides(global_batch: Count, micro_batch: Count, dp: Count) -> Truth:
    """The global batch is a whole number of micro-batches on every data-parallel rank.

    >>> batch_divides(2048, 1, 128), batch_divides(2048, 1, 96)
    (True, False)
    """
    return global_batch % (micro_batch * dp) == 0


@rule(cite="Megatron-LM: gradient accumulation")
def microbatches(global_batch: Count, micro_batch: Count, dp: Count) -> Count:
    """Micro-batches one data-parallel rank runs through the pipeline each step.

    >>> microbatches(2048, 1, 128)
    16.0
    """
    return global_batch / (micro_batch * dp)


@rule(
    cite="Narayanan et al. 2021, section 2.2: interleaving schedules micro-batches in groups of PP", form=True
)
def interleaving_possible(vpp: Count, pp: Count, microbatches: Count, layers: Count) -> Truth:
    """Virtual stages need a pipeline, a layer each, and micro-batches in multiples of PP.

    Up to PP - 1 virtual stages may stay empty, as with 126 layers on 16 x 8 of them.

    >>> cases = ((1, 1, 3, 10), (8, 16, 64, 126), (8, 16, 60, 126), (9, 16, 64, 126))
    >>> [interleaving_possible(*x) for x in cases]
    [True, True, False, False]
    """
    return (vpp == 1) | ((pp > 1) & (pp * vpp < layers + pp) & (microbatches % pp == 0))


@rule(cite="definition: the remainder goes to inner stages first, as in Llama 3 (2024), section 3.3.2")
def first_layers(layers: Count, pp: Count, most_layers: Count) -> Count:
    """Layers of the first stage, which also carries the embedding.

    >>> first_layers(126, 16, 8), first_layers(64, 4, 16), first_layers(61, 2, 31), first_layers(10, 1, 10)
    (7, 16, 31, 10)
    """
    even = floor(layers / pp)
    return where(layers - pp * even <= pp - 2, even, most_layers)


@rule(cite="definition")
def microbatch_tokens(micro_batch: Count, sequence_length: Tokens, cp: Count) -> Tokens:
    """Tokens of one micro-batch on one context-parallel rank.

    >>> microbatch_tokens(1, 131_072, 16)
    8192.0
    """
    return micro_batch * sequence_length / cp


@rule(cite="Megatron-Core: with TP above the KV heads each rank keeps one whole head")
def kv_ranks(tp: Count, kv_heads: Count, kv_repeats: Count) -> Count:
    """Ranks that keys and values are split over; the others of a TP group hold copies.

    `kv_repeats` marks a latent cache, which is expanded on each rank to that rank's heads only.

    >>> kv_ranks(4, 8, 0), kv_ranks(16, 8, 0), kv_ranks(16, 128, 1)
    (4, 8, 16)
    """
    return kv_repeats * tp + (1 - kv_repeats) * minimum(tp, kv_heads)
