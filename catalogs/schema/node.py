"""Nodes: the machines that hold accelerators, their links and their disks."""

from __future__ import annotations

from typing import Annotated, Literal

from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    Number,
    Seconds,
    Source,
    SourceKey,
    Text,
    Watts,
)


class Nic(Block):
    """The way out of the node, per accelerator per direction; `ports` are those of the whole node."""

    bandwidth: BytesPerSecond
    ports: Count | None = None
    fabric: Text | None = None
    latency: Seconds | None = None


class Node(Entry):
    """One machine that is bought or rented whole. `source` covers its plain counts and names."""

    kind: Literal["system", "cloud", "rack", "tray", "tpu-slice"]
    provider: Text | None = None
    source: Annotated[Source, SourceKey]
    accelerator: Text
    accelerators: Count
    scale_up_domain: Count
    nic: Nic | None = None
    weight_stream: BytesPerSecond | None = None  # per accelerator per direction, from memory outside it
    cpu: Text | None = None
    cores: Count | None = None
    host_memory: Bytes | None = None
    local_storage: Bytes | None = None
    power: Watts | None = None  # all of it at its limit
    host_power: Watts | None = None  # at its limit, without the accelerators
    mean_power: Watts | None = None  # measured through a large job
    idle_power: Watts | None = None
    cooling: Literal["air", "liquid"] | None = None


class Fabric(Entry):
    """One link or network port, per direction."""

    kind: Literal["scale-up", "scale-out", "host"]
    bandwidth: BytesPerSecond
    latency: Seconds | None = None
    fraction: Fraction | None = None  # of its bandwidth that large collectives over many nodes reach


class Dataset(Entry):
    """A set of samples as it is stored."""

    kind: Literal["images", "volumes", "text", "audio"]
    samples: Number
    size: Bytes


class Storage(Entry):
    """One place for data; bandwidths are those of the whole `scope`."""

    kind: Literal["drive", "file-system", "object-store"]
    scope: Literal["drive", "node", "cluster", "per-tib", "client"]
    read: BytesPerSecond | None = None
    write: BytesPerSecond | None = None
    latency: Seconds | None = None
