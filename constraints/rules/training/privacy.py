"""Differentially private training (DP-SGD): the noise it needs, and what clipping each sample costs."""

from __future__ import annotations

from constraints.algebras.maths import minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.privacy import gradient_noise, noise_for_privacy, per_sample_gradient_bytes


@rule(wall=20, cite="definition: one sequence is one record")
def private_records(dataset_tokens: Tokens, sequence_length: Tokens, data_passes: Count) -> Count:
    """Records of the data set, which the run may read several times.

    >>> private_records(4e9, 1000, 2)
    2000000.0
    """
    return dataset_tokens / sequence_length / data_passes


@rule(wall=20, cite="Abadi et al. 2016: each step draws every record with the same probability")
def sampling_rate(global_batch: Count, private_records: Count) -> Fraction:
    """Share of the records in a step.

    >>> sampling_rate(2000, 2e6), sampling_rate(2000, 1000)
    (0.001, 1)
    """
    return minimum(1, global_batch / private_records)


@instance(
    noise_for_privacy,
    wall=20,
    cite="Mironov, Talwar & Zhang 2019, Renyi differential privacy of the sampled Gaussian mechanism",
)
def noise_multiplier() -> Count:
    """Standard deviation of the noise on a summed gradient, over the clipping norm.

    >>> round(noise_multiplier(8, 1e-6, 0.001, 1000), 3)
    0.438
    """


@instance(
    gradient_noise,
    {"batch": "global_batch"},
    wall=20,
    cite="Abadi et al. 2016, algorithm 1",
    head="gradient\nnoise",
)
def private_gradient_noise() -> Count:
    """Noise in each coordinate of the mean gradient, over the clipping norm.

    It stands for what privacy costs in accuracy, which is not modelled: less is better.

    >>> private_gradient_noise(0.5, 2000)
    0.00025
    """


@rule(wall=20, cite="Abadi et al. 2016: clipping needs the gradient of every sample")
def sample_gradient_memory(
    samples_kept: Count,
    micro_batch: Count,
    stage_dense_parameters: Count,
    stage_expert_parameters: Count,
    head_parameters: Count,
    tp: Count,
    pp: Count,
    gradient_bytes: Bytes,
) -> Bytes:
    """Memory of the gradients of single samples, where these are kept; 0 in training without privacy.

    >>> [sample_gradient_memory(kept, 4, 1e9, 0, 1e9, 2, pp, 4) / 1e9 for kept, pp in ((1, 1), (1, 2), (0, 1))]
    [24.0, 16.0, 0.0]
    """
    parameters = stage_dense_parameters + stage_expert_parameters + where(pp == 1, head_parameters / tp, 0)
    return per_sample_gradient_bytes(samples_kept * micro_batch, parameters, gradient_bytes)


@rule(
    wall=20, cite="Abadi et al. 2016, algorithm 1: the gradient of each sample is written, normed, and summed"
)
def sample_gradient_time(
    sample_gradient_memory: Bytes, memory_bandwidth: BytesPerSecond, base_bandwidth_fraction: Fraction
) -> Seconds:
    """Time a micro-batch takes to write the gradients of its samples and to read them twice.

    Their norms must be known before the first of them may be scaled and added up.

    >>> round(sample_gradient_time(32e9, 4e12, 0.8) * 1e3, 3)  # 8 billion parameters in 32 bit, one sample
    30.0
    """
    return 3 * sample_gradient_memory / (memory_bandwidth * base_bandwidth_fraction)
