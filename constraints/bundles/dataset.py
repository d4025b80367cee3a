"""A data set, the storage it is read from and the hosts that prepare it, as numbers."""

from __future__ import annotations

from catalogs import Catalog, units
from catalogs.errors import InputError
from catalogs.schema import Node
from constraints.bundles import Bundle, Known, plain, unknown

# Where samples are decoded.
DECODE: dict[str, Bundle] = {
    "cpu": plain("definition: workers on the host decode and augment", decode_on_device=0),
    "gpu": plain("definition: the devices decode and augment", decode_on_device=1),
}


def source_bundle(catalog: Catalog, text: str, drives: int | None, capacity: float | None) -> Bundle:
    """Read bandwidth of a storage of the catalog, or one written as 20 GB/s or 2 GB/s/node.

    `drives` is how many a node has of a storage whose entry is one drive; `capacity` is how much is
    provisioned, in bytes, of one that is sold by capacity. Raises InputError for an unknown name, a
    bandwidth nobody states, and for drives or a capacity that say nothing or are missing.
    """
    if text[:1].isdigit() or text[:1] in "+-.":
        if drives or capacity:
            raise InputError("drives and capacity belong to a storage of the catalog, not to a bandwidth")
        rate = units.parse(text, "byte/s")
        if rate <= 0:
            raise InputError(f"{text!r} must be above 0")
        shared = 0.0 if text.replace(" ", "").endswith("/node") else 1.0
        return _storage(Known(rate, "scenario", "the scenario's dataset.storage"), shared)
    entry = catalog.get("storage", text)
    where = f"storage/{entry.id}"
    if entry.read is None:
        raise InputError(f"{where} states no read bandwidth; write one, for example '20 GB/s'")
    if drives and entry.scope != "drive":
        raise InputError(f"{where} is the bandwidth of one {entry.scope}, not of a drive: leave out drives")
    if (capacity is not None) != (entry.scope == "per-tib"):
        need = (
            "needs capacity, how much is provisioned" if capacity is None else "does not depend on capacity"
        )
        raise InputError(f"{where} {need}")
    count = float(drives or 1)
    if capacity is not None:
        count = capacity / units.factor("TiB")
    known = Known.of(entry.read, where)
    many = f", {count:g} of them" if count != 1 else ""
    shared = 1.0 if entry.scope in ("cluster", "per-tib") else 0.0
    return _storage(Known(known.si * count, known.kind, known.source + many), shared)


def _storage(bandwidth: Known, shared: float) -> Bundle:
    return {"dataset_bandwidth": bandwidth, **plain(bandwidth.source, dataset_shared=shared)}


def host_bundle(node: Node) -> Bundle:
    """Cores and memory of a node's host; NaN where nobody states them."""
    where = f"nodes/{node.id}"
    cores = (
        Known(float(node.cores), "datasheet", f"{where}: {node.source.ref} ({node.source.date})")
        if node.cores
        else unknown(f"{where}: no cores stated")
    )
    memory = (
        Known.of(node.host_memory, where) if node.host_memory else unknown(f"{where}: no host memory stated")
    )
    return {"host_cores": cores, "host_memory": memory}
