"""Wall 8 in a training plan: reading the samples of a step."""

from __future__ import annotations

from constraints.algebras.maths import where
from constraints.instance import instance
from constraints.quantities import (
    Bytes,
    BytesPerSample,
    BytesPerSecond,
    Count,
    Fraction,
    Samples,
    Seconds,
)
from constraints.rule import rule
from constraints.rules.library.ingestion import (
    cold_epoch_share,
    sample_read_time,
    shared_storage_bandwidth,
)


@rule(cite="definition")
def step_samples(global_batch: Count) -> Samples:
    """Samples of one optimizer step, over all devices.

    >>> step_samples(2048)
    2048
    """
    return 1 * global_batch


@rule(wall=8, cite="definition: drives of their own add up over nodes, a shared storage does not")
def ingest_bandwidth(
    dataset_shared: Count,
    dataset_bandwidth: BytesPerSecond,
    node_count: Count,
    node_storage_bandwidth: BytesPerSecond,
) -> BytesPerSecond:
    """Rate at which all nodes together read samples.

    `dataset_bandwidth` is that of the shared storage, which a node reads through its storage port
    (`node_storage_bandwidth`), or that of one node's own drives.

    >>> [ingest_bandwidth(shared, 20e9, 8, 5e9) / 1e9 for shared in (1, 0)]  # GB/s
    [20.0, 160.0]
    """
    return where(
        dataset_shared > 0,
        shared_storage_bandwidth(dataset_bandwidth, node_count, node_storage_bandwidth),
        node_count * dataset_bandwidth,
    )


@instance(
    sample_read_time,
    {"samples": "step_samples", "storage_bandwidth": "ingest_bandwidth"},
    wall=8,
    cite="definition",
    feeds="accelerate_time",
)
def storage_time() -> Seconds:
    """Time storage needs for the samples of one step, where they are not in memory already.

    >>> storage_time(256, 500e3, 2e9)
    0.064
    """


@rule(wall=8, cite="definition")
def dataset_size(dataset_samples: Samples, sample_size: BytesPerSample) -> Bytes:
    """Bytes of the data set as it is stored.

    >>> round(dataset_size(1_281_167, 110e3) / 1e9)  # ImageNet-1k, in GB
    141
    """
    return dataset_samples * sample_size


@rule(wall=8, cite="definition: what a node's memory holds beside the job, used by the system for files")
def cache_size(host_memory: Bytes, cache_share: Fraction) -> Bytes:
    """Memory of one node that keeps samples after they were read.

    >>> cache_size(2e12, 0.5)
    1000000000000.0
    """
    return host_memory * cache_share


@instance(
    cold_epoch_share,
    wall=8,
    cite="Mohan et al. 2021: random access needs the whole data set in every node's memory",
)
def cold_share() -> Fraction:
    """Share of the run in which samples come from storage: all of it, or the first epoch.

    >>> cold_share(141e9, 1e12, 90) == 1 / 90, cold_share(5e12, 1e12, 90)
    (True, 1.0)
    """
