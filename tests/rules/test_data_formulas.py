"""The formulas of a data pipeline: worked examples of the tutorial, laws and limits."""

from __future__ import annotations

import itertools
import math

import pytest

from constraints.rules.library.ingestion import (
    cold_epoch_share,
    sample_read_time,
    shared_storage_bandwidth,
    storage_sample_rate,
    storage_utilisation,
)
from constraints.rules.library.preprocessing import (
    accelerator_utilisation,
    crossover_batch,
    pipelined_step_time,
    preprocessing_rate,
    sample_prepare_time,
    sequential_step_time,
    worker_sample_rate,
    workers_to_saturate,
)

# An A100 on ResNet-50 as the tutorial's tool has it: a fixed time a step and some more an image.
FIXED, PER_IMAGE = 0.515e-3, 0.0526e-3
WORKER = 250e6 / 500e3  # 250 MB/s of 500 kB images


def inference(batch: int) -> float:
    return FIXED + batch * PER_IMAGE


def fed(batch: int, rate: float, accelerate: float) -> float:
    step = pipelined_step_time(0.0, sample_prepare_time(batch, rate), accelerate)
    return float(accelerator_utilisation(accelerate, step))


def test_what_eight_workers_supply() -> None:
    """2 GB/s of 500 kB images are 4,000 a second; the tutorial says about 850."""
    assert preprocessing_rate(8, WORKER) == 4000
    assert storage_sample_rate(2e9, 500e3) == 4000
    assert storage_utilisation(4000.0, 500e3, 2e9) == 1
    assert sample_read_time(256, 500e3, 2e9) == sample_prepare_time(256, 4000.0) == 0.064


def test_crossover() -> None:
    """The hosts set the pace from batch 3 on; the tutorial looks for the crossover from 32 to 1,024."""
    assert crossover_batch(FIXED, PER_IMAGE, 0.25e-3) == pytest.approx(2.6, abs=0.05)
    assert [fed(b, 4000.0, inference(b)) < 1 for b in (1, 2, 3, 32, 1024)] == [False, False, True, True, True]


def test_self_check() -> None:
    """20 ms on the device, 35 ms on the host: 57.1 % if the stages overlap, less if they do not."""
    assert accelerator_utilisation(0.020, pipelined_step_time(0.0, 0.035, 0.020)) == pytest.approx(20 / 35)
    assert accelerator_utilisation(0.020, sequential_step_time(0.0, 0.035, 0.020)) == pytest.approx(20 / 55)


def test_the_tutorials_batch() -> None:
    """At batch 256 inference is fed 21.8 % of the time, and a training step, three times as long, 65.4 %."""
    assert fed(256, 4000.0, inference(256)) == pytest.approx(0.218, abs=0.001)
    assert fed(256, 4000.0, 3 * 13.97e-3) == pytest.approx(0.654, abs=0.001)


def test_exercises() -> None:
    assert fed(64, 4000.0, inference(64)) == pytest.approx(0.242, abs=0.001)
    assert fed(256, 4000.0 / 10, inference(256)) == pytest.approx(0.022, abs=0.001)  # 5 MB images
    assert workers_to_saturate(256, inference(256), WORKER / 10) == 367
    assert fed(512, 50e9 / 500e3, inference(512)) == 1  # 50 GB/s


def test_more_workers_are_linear_until_the_device_is_full() -> None:
    rates = [fed(512, preprocessing_rate(n, WORKER), inference(512)) for n in (8, 16, 32)]
    assert rates == pytest.approx([0.214, 0.429, 0.857], abs=0.001)
    needed = workers_to_saturate(512, inference(512), WORKER)
    assert fed(512, preprocessing_rate(needed, WORKER), inference(512)) == 1
    assert fed(512, preprocessing_rate(needed - 1, WORKER), inference(512)) < 1


@pytest.mark.parametrize("stages", list(itertools.product((0.0, 1e-3, 0.035), repeat=3)))
def test_overlap_is_never_slower_and_never_better_than_threefold(stages: tuple[float, ...]) -> None:
    together, apart = pipelined_step_time(*stages), sequential_step_time(*stages)
    assert together <= apart <= 3 * together + 1e-12


def test_limits_of_the_formulas() -> None:
    assert worker_sample_rate(500.0, 0.0) == 500
    assert worker_sample_rate(1e30, 0.004) == pytest.approx(250)
    assert shared_storage_bandwidth(1e30, 7, 5e9) == 35e9
    assert shared_storage_bandwidth(20e9, 10**9, 5e9) == 20e9
    assert cold_epoch_share(1e9, 1e9, 4) == 0.25
    assert cold_epoch_share(1.001e9, 1e9, 4) == 1
    assert math.isinf(crossover_batch(FIXED, 0.25e-3, 0.25e-3))
