"""Ingestion: what storage can supply to a training job (wall 8)."""

from __future__ import annotations

from constraints.algebras.maths import minimum, where
from constraints.quantities import (
    Bytes,
    BytesPerSample,
    BytesPerSecond,
    Count,
    Fraction,
    Samples,
    SamplesPerSecond,
    Seconds,
    Whole,
)
from constraints.rule import rule


@rule(wall=8, cite="definition: shared storage ends at its servers or at the ports of its clients")
def shared_storage_bandwidth(
    storage_bandwidth: BytesPerSecond, nodes: Whole, node_bandwidth: BytesPerSecond
) -> BytesPerSecond:
    """Rate at which `nodes` clients together read, or write, a storage they share.

    `node_bandwidth` is what one node can take in. Traffic of other jobs is not counted.

    >>> [shared_storage_bandwidth(100e9, nodes, 5e9) / 1e9 for nodes in (4, 20, 64)]  # GB/s
    [20.0, 100.0, 100.0]
    """
    return minimum(storage_bandwidth, nodes * node_bandwidth)


@rule(wall=8, cite="definition")
def storage_sample_rate(storage_bandwidth: BytesPerSecond, sample_size: BytesPerSample) -> SamplesPerSecond:
    """Samples per second that storage supplies.

    Seeks and file opens are not counted: samples are read in large sequential files, or the bandwidth
    was measured with files of their size.

    >>> storage_sample_rate(2e9, 500e3), round(storage_sample_rate(2e9, 110e3))
    (4000.0, 18182)
    """
    return storage_bandwidth / sample_size


@rule(wall=8, cite="definition")
def sample_read_time(
    samples: Samples, sample_size: BytesPerSample, storage_bandwidth: BytesPerSecond
) -> Seconds:
    """Time storage takes for the samples of one step.

    >>> sample_read_time(256, 500e3, 2e9)
    0.064
    """
    return samples * sample_size / storage_bandwidth


@rule(wall=8, cite="definition: below 1 the storage keeps up")
def storage_utilisation(
    sample_rate: SamplesPerSecond, sample_size: BytesPerSample, storage_bandwidth: BytesPerSecond
) -> Fraction:
    """Share of the storage bandwidth that a demand of samples takes; above 1 the job is stalled.

    >>> storage_utilisation(2000.0, 500e3, 2e9)
    0.5
    """
    return sample_rate * sample_size / storage_bandwidth


@rule(
    wall=8,
    cite="Mohan et al. 2021, Analyzing and mitigating data stalls in DNN training: random access needs it whole",
)
def cold_epoch_share(dataset_size: Bytes, cache_size: Bytes, epochs: Count) -> Fraction:
    """Share of a run's samples that storage must deliver when a node caches what it has read.

    Every node reads all samples in random order. What fits is read from storage in the first epoch
    only; a data set larger than the cache is taken as never hit, since an operating system's cache
    thrashes on it.

    >>> cold_epoch_share(138e9, 1e12, 90) == 1 / 90, cold_epoch_share(5e12, 1e12, 90)
    (True, 1.0)
    >>> cold_epoch_share(138e9, 1e12, 0.5)  # less than one pass: nothing is read twice
    1
    """
    return where(dataset_size <= cache_size, minimum(1, 1 / epochs), 1.0)
