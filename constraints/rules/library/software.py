"""The software wall: how much of a peak arrives, counted so that no loss is counted twice."""

from __future__ import annotations

from constraints.quantities import Count, Flop, FlopPerSecond, Fraction, Seconds, Whole
from constraints.rule import rule


@rule(wall=3, cite="Chowdhery et al. 2022, PaLM, appendix B")
def flops_utilisation(flops: Flop, time: Seconds, devices: Whole, rate: FlopPerSecond) -> Fraction:
    """Share of the peak that an amount of work used.

    With the model's own operations it is MFU; with recomputed ones counted too it is HFU. `time` is the
    whole step, so that communication, bubbles and stragglers are already in it.

    >>> round(flops_utilisation(450e12, 1.0, 1, 989e12), 3), round(flops_utilisation(14e9, 0.05, 1, 989e12), 6)
    (0.455, 0.000283)
    """
    return flops / (time * devices * rate)


@rule(wall=3, cite="Korthikanti et al. 2022, Reducing activation recomputation: hardware FLOPs")
def hardware_utilisation(model_utilisation: Fraction, recomputed_share: Count) -> Fraction:
    """HFU from MFU: operations repeated in the backward pass keep the device busy without advancing.

    `recomputed_share` is repeated over model operations: 1/3 where every forward pass is repeated.

    >>> round(hardware_utilisation(0.45, 1 / 3), 3)
    0.6
    """
    return model_utilisation * (1 + recomputed_share)


@rule(wall=3, cite="definition: operations over what the peak would do in the kernels' own time")
def kernel_efficiency(flops: Flop, kernel_time: Seconds, rate: FlopPerSecond) -> Fraction:
    """Share of the peak one device reaches while a kernel runs on it.

    `kernel_time` is that of the kernels alone: what passes between them is no part of it.

    >>> round(kernel_efficiency(2 * 8192**3, 1.42e-3, 989e12), 3)
    0.783
    """
    return flops / (kernel_time * rate)


@rule(wall=3, cite="Chowdhery et al. 2022, PaLM, appendix B: MFU is end to end")
def utilisation_from_kernels(kernel_efficiency: Fraction, scaling_efficiency: Fraction) -> Fraction:
    """MFU as the product of what happens inside kernels and the share of time spent in them.

    `scaling_efficiency` is that share: 1 less communication, bubble and waiting.

    >>> round(utilisation_from_kernels(0.6, 0.75), 3)
    0.45
    """
    return kernel_efficiency * scaling_efficiency


@rule(wall=3, cite="definition: a product of shares of the time left by the one before")
def goodput_cascade(kernel_efficiency: Fraction, scaling_efficiency: Fraction, goodput: Fraction) -> Fraction:
    """Share of a fleet's peak that becomes training progress.

    Each factor takes its share of what the one before it leaves: inside kernels, in kernels at all,
    and between failures. The first is *not* MFU, which contains the second: multiplying MFU by
    scaling efficiency counts communication twice.

    >>> round(goodput_cascade(0.3, 0.4, 0.85), 3), round(goodput_cascade(0.5, 0.85, 0.97), 3)
    (0.102, 0.412)
    """
    return utilisation_from_kernels(kernel_efficiency, scaling_efficiency) * goodput


@rule(wall=3, cite="definition: peak of the fleet times the goodput cascade")
def effective_rate(
    devices: Whole,
    rate: FlopPerSecond,
    kernel_efficiency: Fraction,
    scaling_efficiency: Fraction,
    goodput: Fraction,
) -> FlopPerSecond:
    """Operations per second that advance a run on a fleet.

    >>> round(effective_rate(1024, 312e12, 0.6, 0.75, 0.9) / 1e15, 1)  # PFLOP/s
    129.4
    """
    return devices * rate * goodput_cascade(kernel_efficiency, scaling_efficiency, goodput)


@rule(wall=3, cite="Chowdhery et al. 2022, PaLM, appendix B: MFU already holds every loss but failures")
def effective_rate_from_mfu(
    devices: Whole, rate: FlopPerSecond, model_utilisation: Fraction, goodput: Fraction
) -> FlopPerSecond:
    """Operations per second that advance a run, from a measured MFU.

    >>> round(effective_rate_from_mfu(1024, 312e12, 0.45, 0.9) / 1e15, 1)  # as above, 0.45 = 0.6 * 0.75
    129.4
    """
    return devices * rate * model_utilisation * goodput
