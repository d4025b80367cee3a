"""Roofline: the time of one operation on one device."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, smooth_maximum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Flop,
    FlopPerByte,
    FlopPerSecond,
    Fraction,
    Seconds,
    Truth,
    Whole,
)
from constraints.rule import rule


@rule(wall=1, cite="Williams, Waterman & Patterson 2009, Roofline")
def roofline_time(flops: Flop, traffic: Bytes, rate: FlopPerSecond, bandwidth: BytesPerSecond) -> Seconds:
    """Time of an operation whose arithmetic and memory traffic overlap perfectly.

    A lower bound: it ignores the launch, and rates below their peaks (`gemm_time` has both).

    >>> round(roofline_time(140e9, 140e9, 989e12, 3.35e12) * 1e3, 2)
    41.79
    """
    return maximum(flops / rate, traffic / bandwidth)


@rule(wall=2, cite="Williams, Waterman & Patterson 2009, Roofline")
def ridge_point(rate: FlopPerSecond, bandwidth: BytesPerSecond) -> FlopPerByte:
    """Arithmetic intensity (FLOP per byte) above which an operation is limited by arithmetic.

    Each precision has its own, from its own rate. Peaks on both sides; measured ones move it little.

    >>> round(ridge_point(989e12, 3.35e12), 1)
    295.2
    """
    return rate / bandwidth


@rule(wall=2, cite="Williams, Waterman & Patterson 2009, Roofline")
def arithmetic_intensity(flops: Flop, traffic: Bytes) -> FlopPerByte:
    """Operations per byte that travels between memory and the arithmetic units.

    >>> dense = [(2 * b * 2048 * 512, 2 * (2048 * 512 + b * (2048 + 512))) for b in (1, 64)]  # 16 bit
    >>> [round(arithmetic_intensity(*x), 1) for x in dense]  # activations are traffic too
    [1.0, 55.4]
    >>> round(arithmetic_intensity(gemm_flops(4096, 4096, 4096), 3 * 2 * 4096**2), 1)
    1365.3
    """
    return flops / traffic


@rule(wall=2, cite="Williams, Waterman & Patterson 2009, Roofline")
def compute_bound(intensity: FlopPerByte, ridge: FlopPerByte) -> Truth:
    """Arithmetic limits an operation at or above the ridge of its device, memory below.

    The threshold is the device's own, 153 FLOP per byte on an A100 and 295 on an H100, not a constant. It holds
    for operations long enough to hide their launch.

    >>> compute_bound(55.4, ridge_point(989e12, 3.35e12)), compute_bound(1365.3, ridge_point(312e12, 2.039e12))
    (False, True)
    """
    return intensity >= ridge


@rule(wall=2, cite="Williams, Waterman & Patterson 2009, Roofline")
def attainable_rate(intensity: FlopPerByte, rate: FlopPerSecond, bandwidth: BytesPerSecond) -> FlopPerSecond:
    """Most operations per second at this arithmetic intensity: the roof over it.

    >>> round(100 * attainable_rate(0.25, 312e12, 2.039e12) / 312e12, 3)  # ReLU in 16 bit, % of an A100
    0.163
    """
    return minimum(rate, intensity * bandwidth)


@rule(wall=1, cite="definition: one multiply and one add per term of an inner product")
def gemm_flops(m: Whole, n: Whole, k: Whole) -> Flop:
    """Operations of an (m x k)(k x n) product.

    >>> gemm_flops(2, 3, 4)
    48
    """
    return 2 * m * n * k


@rule(
    wall=1,
    cite="roofline with a launch floor and a rounded corner; parameters fitted per device and dtype",
    where={"or the parts take longer than one after the other": lambda corner: corner >= 1},
)
def gemm_time(
    m: Count,
    n: Count,
    k: Count,
    weight_bytes: Bytes,
    operand_bytes: Bytes,
    result_bytes: Bytes,
    rate: FlopPerSecond,
    bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Time of an (m x k)(k x n) product on one device, as kernels really run.

    The k x n operand is the weights (`weight_bytes` an element), the m x k one the activations; the
    result is written at `result_bytes`. Efficiency falls for small shapes because the launch floor and the
    memory traffic stop being hidden; it is smooth and monotone in m, n and k. A size may be a mean, as of the
    rows that experts get; where one is 0 the launch is left.

    >>> t = gemm_time(8192, 8192, 8192, 2, 2, 2, 989e12, 3.35e12, 2.84e-6, .786, .861, 2.66)
    >>> round(2 * 8192**3 / t / 989e12, 3)
    0.784
    >>> gemm_time(2, 3, 4, 1, 2, 4, 1.0, 1.0, 5.0, 0.5, 0.5, 1)  # corner 1 adds: 5 + 48 / 0.5 + 52 / 0.5
    205.0
    """
    arithmetic = 2 * m * n * k / (rate * compute_fraction)
    traffic = (n * k * weight_bytes + m * k * operand_bytes + m * n * result_bytes) / (
        bandwidth * bandwidth_fraction
    )
    return launch_floor + smooth_maximum(arithmetic, traffic, corner)


@rule(wall=1, cite="definition: every byte is read once and written once, after a launch")
def copy_time(
    size: Bytes, bandwidth: BytesPerSecond, launch_floor: Seconds, bandwidth_fraction: Fraction
) -> Seconds:
    """Time of copying `size` bytes within the memory of one device.

    >>> copy_time(50.0, 100.0, 1.0, 0.5)
    3.0
    """
    return launch_floor + 2 * size / (bandwidth * bandwidth_fraction)
