"""Serving one model on one device: first token, next token, and how many sequences fit."""

from __future__ import annotations

from constraints.algebras.maths import ceil, floor, maximum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    BytesPerToken,
    Count,
    Flop,
    FlopPerSecond,
    Fraction,
    Seconds,
    Tokens,
    Whole,
)
from constraints.rule import rule


@rule(wall=5, cite="Pope et al. 2022, Efficiently scaling transformer inference: keys and values of KV heads")
def kv_cache_per_token(
    layer_count: Whole, kv_head_count: Whole, head_width: Whole, element_bytes: Bytes
) -> BytesPerToken:
    """Bytes of keys and values one token leaves behind, with grouped-query attention counted.

    `kv_head_count` is that of key-value heads, four to eight times fewer than heads in most models. It
    does not hold for latent attention, which keeps one compressed vector instead.

    >>> kv_cache_per_token(80, 8, 128, 2)  # Llama-3-70B, 16 bit
    327680
    """
    return 2 * layer_count * kv_head_count * head_width * element_bytes


@rule(wall=5, cite="definition")
def kv_cache_size(per_token: BytesPerToken, sequences: Whole, context: Tokens) -> Bytes:
    """Key-value cache of a batch.

    >>> round(kv_cache_size(327_680, 32, 4096) / 1e9, 2)  # GB
    42.95
    """
    return per_token * sequences * context


@rule(wall=2, cite="definition: every weight is read once per decoded token")
def weight_streaming_time(weights: Bytes, bandwidth: BytesPerSecond) -> Seconds:
    """Lower bound of the time per token at batch 1.

    It ignores the cache, and bandwidth below its peak: 60 to 90 % of it is measured. Of a mixture, `weights`
    are those of the experts a token meets.

    >>> round(weight_streaming_time(140e9, 2.8e12), 3)
    0.05
    """
    return weights / bandwidth


_USED = {"or nothing of the peak arrives": lambda compute_fraction: compute_fraction > 0}
_FITS = {"or the weights alone do not fit": lambda memory, weights: memory >= weights}


@rule(wall=4, cite="Kaplan et al. 2020, table 1: 2 per parameter and token, and causal attention")
def prompt_flops(
    parameters: Count, prompt: Tokens, batch: Whole, layer_count: Whole, model_width: Whole
) -> Flop:
    """Operations of reading `batch` prompts: active parameters, and attention that looks back only.

    Attention over all pairs would be 4 layers width prompt^2; half of it is masked. `parameters` are those a
    token meets: of a mixture, the active ones.

    >>> [round(prompt_flops(8.03e9, prompt, 1, 32, 4096) / 1e12, 1) for prompt in (2048, 131072)]  # TFLOP
    [34.0, 6608.6]
    """
    return 2 * parameters * prompt * batch + 2 * layer_count * model_width * prompt**2 * batch


@rule(wall=4, cite="Pope et al. 2022, Efficiently scaling transformer inference", where=_USED)
def time_to_first_token(
    flops: Flop,
    weights: Bytes,
    rate: FlopPerSecond,
    bandwidth: BytesPerSecond,
    compute_fraction: Fraction,
    overhead: Seconds,
) -> Seconds:
    """Time from the start of a prompt's computation to its first token.

    Not below the time to read the weights once, which decides for short prompts. `overhead` is what
    launching adds. It ignores waiting before (`mmc_sojourn_percentile`) and tensor-parallel traffic.

    >>> t = time_to_first_token(prompt_flops(8.03e9, 2048, 1, 32, 4096), 16.06e9, 989e12, 3.35e12, 0.5, 0.0)
    >>> round(t * 1e3, 1)  # ms
    68.7
    >>> round(time_to_first_token(prompt_flops(8.03e9, 16, 1, 32, 4096), 16.06e9, 989e12, 3.35e12, 0.5, 0) * 1e3, 1)
    4.8
    """
    return maximum(flops / (rate * compute_fraction), weights / bandwidth) + overhead


@rule(wall=4, cite="Pope et al. 2022, Efficiently scaling transformer inference", where=_USED)
def inter_token_latency(
    weights: Bytes,
    kv_cache: Bytes,
    flops: Flop,
    rate: FlopPerSecond,
    bandwidth: BytesPerSecond,
    compute_fraction: Fraction,
) -> Seconds:
    """Time between tokens of a batch that is decoded together: memory or arithmetic, whichever is longer.

    `weights`, `kv_cache` and `flops` are those of one step of the whole batch on one device. Memory
    decides at small batches, by 99.7 % at batch 1; at large ones arithmetic does, which a formula with
    memory alone misses. It ignores kernels' bandwidth below the peak and traffic between devices.

    >>> round(inter_token_latency(140e9, 0.0, 2 * 70e9, 989e12, 3.35e12, 1.0) * 1e3, 1)  # ms, batch 1
    41.8
    >>> round(inter_token_latency(16.06e9, 17.2e9, 2048 * 2 * 8.03e9, 989e12, 3.35e12, 0.5) * 1e3, 1)  # batch 2048
    66.5
    """
    return maximum((weights + kv_cache) / bandwidth, flops / (rate * compute_fraction))


@rule(wall=5, cite="Yu et al. 2022, Orca: memory reserved for the longest sequence", where=_FITS)
def static_sequences(memory: Bytes, weights: Bytes, per_token: BytesPerToken, longest: Tokens) -> Count:
    """Sequences that fit when each reserves keys and values for the longest it may become.

    `memory` is what is left for weights and cache; activations and the framework's own come off it.

    >>> static_sequences(80e9, 16.06e9, 131072, 4096)  # Llama-3-8B, 16 bit
    119
    """
    return floor((memory - weights) / (per_token * longest))


@rule(wall=5, cite="Kwon et al. 2023, PagedAttention: blocks handed out as a sequence grows", where=_FITS)
def paged_sequences(
    memory: Bytes, weights: Bytes, per_token: BytesPerToken, mean_context: Tokens, block: Tokens
) -> Count:
    """Sequences that fit when memory is handed out in blocks of `block` tokens, on average.

    Only the last block of a sequence is part empty. Sequences of about the mean length are taken;
    where many grow at once, some are pushed out and read again.

    >>> paged_sequences(80e9, 16.06e9, 131072, 1000, 16), paged_sequences(80e9, 16.06e9, 131072, 4096, 16)
    (483, 119)
    """
    return floor((memory - weights) / (per_token * block * ceil(mean_context / block)))
