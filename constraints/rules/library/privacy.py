"""Differentially private training: the noise a privacy budget asks for, and what per-sample gradients cost."""

from __future__ import annotations

from constraints import accountant
from constraints.algebras.maths import computed, sqrt
from constraints.quantities import Bytes, Count, Fraction
from constraints.rule import rule

_ACCOUNTED = {
    "or no noise is enough": lambda delta: delta > 0,
    "or nothing is private": lambda delta: delta < 1,
    "or no record is ever read": lambda sampling_rate: sampling_rate > 0,
}


@rule(
    wall=20,
    cite="Mironov, Talwar & Zhang 2019, Renyi differential privacy of the sampled Gaussian mechanism",
    where=_ACCOUNTED
    | {"as with less noise epsilon is beyond any meaning": lambda noise_multiplier: noise_multiplier >= 0.01},
)
def privacy_spent(noise_multiplier: Count, sampling_rate: Fraction, steps: Count, delta: Fraction) -> Count:
    """Epsilon that DP-SGD has spent after so many steps, by the Renyi accountant.

    `noise_multiplier` is the standard deviation of the noise over the clipping norm, `sampling_rate` the
    share of the data in a step. `constraints/accountant.py` says how it is computed. Proportionalities
    such as 1 / epsilon have no constant and are not used.

    >>> round(privacy_spent(1.3, 256 / 60_000, 3510, 1e-5), 2)
    0.95
    """
    return computed("renyi_epsilon", accountant.epsilon, noise_multiplier, sampling_rate, steps, delta)


@rule(
    wall=20,
    cite="Mironov, Talwar & Zhang 2019, solved for the noise",
    where=_ACCOUNTED | {"as no noise hides everything": lambda epsilon: epsilon > 0},
)
def noise_for_privacy(epsilon: Count, delta: Fraction, sampling_rate: Fraction, steps: Count) -> Count:
    """Least noise multiplier of DP-SGD for (epsilon, delta) after so many steps.

    >>> round(noise_for_privacy(8, 1e-6, 0.01, 1000), 3), round(noise_for_privacy(1, 1e-6, 0.01, 1000), 3)
    (0.646, 1.66)
    """
    return computed("renyi_noise", accountant.noise_multiplier, epsilon, delta, sampling_rate, steps)


@rule(wall=20, cite="Bun & Steinke 2016, proposition 1.3: rho = steps / (2 noise^2), over the whole data")
def noise_of_full_batch(epsilon: Count, log_inverse_delta: Count, steps: Count) -> Count:
    """Noise multiplier when every step sees all data, in closed form; `log_inverse_delta` is ln(1 / delta).

    Sampling helps, so this bounds `noise_for_privacy` from above.

    >>> round(noise_of_full_batch(8, 13.8155, 1000), 1)
    23.4
    """
    root = sqrt(log_inverse_delta + epsilon) - sqrt(log_inverse_delta)
    return sqrt(steps / 2) / root


@rule(wall=20, cite="Abadi et al. 2016, Deep learning with differential privacy, algorithm 1")
def gradient_noise(noise_multiplier: Count, batch: Count) -> Count:
    """Noise in each coordinate of the mean gradient, over the clipping norm: what a larger batch dilutes.

    >>> gradient_noise(0.8, 1600)
    0.0005
    """
    return noise_multiplier / batch


@rule(wall=20, cite="Abadi et al. 2016: clipping needs the gradient of every sample")
def per_sample_gradient_bytes(samples: Count, parameters: Count, gradient_bytes: Bytes) -> Bytes:
    """Memory of gradients that are kept for each sample of a micro-batch, beside their sum.

    >>> per_sample_gradient_bytes(8, 1e9, 4) / 1e9
    32.0
    """
    return samples * parameters * gradient_bytes


@rule(wall=20, cite="Li et al. 2022, Large language models can be strong DP learners: ghost clipping")
def private_step_ratio(backward_passes: Count) -> Count:
    """Operations of a private step over those of a plain one; a forward pass is half a backward one.

    Ghost clipping runs a second backward pass, for the norms; gradients kept per sample or
    book-keeping (Bu et al. 2023) run one.

    >>> private_step_ratio(1), round(private_step_ratio(2), 3)
    (1.0, 1.667)
    """
    return (1 + 2 * backward_passes) / 3
