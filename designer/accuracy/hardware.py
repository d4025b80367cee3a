"""Hardware as measurements name it, found in the catalog."""

from __future__ import annotations

import re

from catalogs import Catalog
from catalogs.schema import Accelerator, Node

# Words that name neither the chip nor its form.
_NOISE = frozenset(
    {
        "nvidia",
        "google",
        "amd",
        "intel",
        "aws",
        "gpu",
        "accelerator",
        "dgx",
        "hgx",
        "nvl72",
        "trillium",
        "instinct",
        "geforce",
        "tesla",
    }
)
# The form a chip is meant in when none is stated.
_FORMS = ("", "-sxm", "-sxm-80gb", "-sxm2-32gb", "-sxm5", "-oam", "-80gb", "-pcie-80gb", "-pcie")


def accelerator_of(name: str, catalog: Catalog) -> Accelerator | None:
    """The accelerator a table means, or None. Spaces, case, vendor and product names do not matter."""
    words = [w for w in re.split(r"[\s_()/,-]+", name.lower()) if w and w not in _NOISE]
    while words:
        for stem in ("-".join(words), "".join(words)):
            for form in _FORMS:
                found = catalog.find("accelerators", stem + form)
                if found:
                    return catalog.get("accelerators", found)
        words.pop()  # a size or form that the catalog does not tell apart
    return None


def memory_stated(name: str, known: float) -> float | None:
    """Bytes of memory that a name of hardware states, where they are not those known of it.

    Makers print decimal or binary units; a name that is within 7.4 % of what is known (2^30 over 10^9)
    says nothing new.

    >>> memory_stated("H100-SXM-96GB", 80e9), memory_stated("H100-SXM-80GB", 85.5e9), memory_stated("H100", 80e9)
    (96000000000.0, None, None)
    """
    found = re.search(r"(?<![\d.])(\d{2,3})\s*gi?b\b", name.lower())
    stated = float(found[1]) * 1e9 if found else 0.0
    return stated if stated and not 1 / 1.08 < stated / known < 1.08 else None


def node_of(accelerator: Accelerator, per_node: int | None, catalog: Catalog) -> Node | None:
    """A machine with this accelerator: one with as many of them as stated, a vendor's own first."""
    nodes = catalog.nodes_with(accelerator.id)
    order = {"system": 0, "rack": 1, "tpu-slice": 2, "cloud": 3, "tray": 4}

    def rank(n: Node) -> tuple[bool, bool, int, int]:
        return (
            per_node is not None and n.accelerators != per_node,
            n.nic is None,
            order[n.kind],
            -n.accelerators,
        )

    return min(nodes, key=rank, default=None)


def nic_bandwidth(interconnect: str, per_node: int) -> float | None:
    """Bytes/s out of a node per accelerator, from a note on the network; None where it says nothing.

    >>> nic_bandwidth("1600 Gbps RoCE node-node", 8) / 1e9, nic_bandwidth("4x Omni-Path per node", 8) / 1e9
    (25.0, 6.25)
    >>> nic_bandwidth("NVLink3; 8x HDR200 IB (Selene)", 8) / 1e9, nic_bandwidth("NVLink (single node)", 8)
    (25.0, None)
    """
    low = interconnect.lower()
    total = re.search(r"([\d.]+)\s*gb(?:ps|it/s)", low)
    if total:
        return float(total[1]) / 8 * 1e9 / per_node
    ports = re.search(r"(\d+)\s*x\s*(hdr200|ndr400|ndr|hdr|edr|omni-path|(\d+)\s*g)", low)
    if not ports:
        return None
    rate = {"hdr200": 200, "hdr": 200, "ndr400": 400, "ndr": 400, "edr": 100, "omni-path": 100}
    return int(ports[1]) * (rate.get(ports[2]) or float(ports[3])) / 8 * 1e9 / per_node
