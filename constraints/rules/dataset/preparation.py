"""Wall 9 in a training plan: decoding and augmenting samples, on the host or on the device."""

from __future__ import annotations

from constraints.algebras.maths import where
from constraints.quantities import Count, Samples, SamplesPerSecond, Seconds, Truth
from constraints.rule import rule
from constraints.rules.library.preprocessing import (
    preprocessing_rate,
    sample_prepare_time,
    worker_sample_rate,
    workers_to_saturate,
)


@rule(wall=9, cite="definition: every device has loader processes of its own")
def transform_rate(
    workers: Count, devices_used: Count, decode_rate: SamplesPerSecond, augment_time: Seconds
) -> SamplesPerSecond:
    """Samples per second that all hosts together prepare.

    >>> transform_rate(8, 1, 500.0, 0.0), transform_rate(8, 16, 500.0, 0.002)
    (4000.0, 32000.0)
    """
    return devices_used * preprocessing_rate(workers, worker_sample_rate(decode_rate, augment_time))


@rule(
    wall=9,
    cite="definition: bytes or samples of the batch over what the workers prepare in a second",
    feeds="accelerate_time",
    supply="workers",
    demand="workers_needed",
)
def transform_time(
    step_samples: Samples, transform_rate: SamplesPerSecond, decode_on_device: Count
) -> Seconds:
    """Time the hosts need to prepare the samples of one step; none where devices decode.

    >>> transform_time(256, 4000.0, 0), transform_time(256, 4000.0, 1)
    (0.064, 0.0)
    """
    return (1 - decode_on_device) * sample_prepare_time(step_samples, transform_rate)


@rule(wall=9, cite="definition: decoding kernels and training kernels take turns on a device")
def device_decode_time(
    step_samples: Samples,
    devices_used: Count,
    device_decode_rate: SamplesPerSecond,
    decode_on_device: Count,
) -> Seconds:
    """Time of a step that each device spends on decoding its samples; none where hosts decode.

    `device_decode_rate` is that of a device which does nothing else. A decoder in silicon of its own
    takes nothing from training; then this is an upper bound.

    >>> device_decode_time(2048, 8, 12_800.0, 1), device_decode_time(2048, 8, 12_800.0, 0)
    (0.02, 0)
    """
    return where(decode_on_device > 0, step_samples / (devices_used * device_decode_rate), 0)


@rule(wall=9, cite="definition: a worker is a process that keeps a core busy")
def host_workers(workers: Count, devices_per_node: Count, decode_on_device: Count) -> Count:
    """Workers that prepare samples on one node; where devices decode none of them computes.

    >>> host_workers(16, 8, 0), host_workers(16, 8, 1)
    (128, 0)
    """
    return (1 - decode_on_device) * workers * devices_per_node


@rule(wall=9, cite="definition", weighed=True)
def workers_fit(host_workers: Count, host_cores: Count) -> Truth:
    """The workers of a node have a core each.

    Cores are as the catalog counts them, which for most clouds is hardware threads.

    >>> workers_fit(128, 128), workers_fit(136, 128)
    (True, False)
    """
    return host_workers <= host_cores


@rule(wall=9, cite="definition: transformation solved for its workers")
def workers_needed(
    step_samples: Samples,
    devices_used: Count,
    accelerate_time: Seconds,
    decode_rate: SamplesPerSecond,
    augment_time: Seconds,
) -> Count:
    """Workers a device needs so that decoding on hosts does not hold it up.

    >>> workers_needed(2048, 8, 0.0419, 500.0, 0.0)
    13
    """
    return workers_to_saturate(
        step_samples / devices_used, accelerate_time, worker_sample_rate(decode_rate, augment_time)
    )
