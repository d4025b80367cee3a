"""Which measured kernels stand for a device's own, and that every device multiplies in 16 bit."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from constraints.bundles.device import base_precision, device_bundle, kin
from constraints.bundles.serving import serving_bundle

CATALOG = Catalog()
# Dies and what is cut out of them.
DIES = [
    ("h100-sxm", ["h200-sxm", "h200-nvl", "h100-nvl", "h100-pcie", "h800-sxm", "h20", "h20-141gb", "gh200-96gb",
                  "gh200-144gb"]),
    ("a100-sxm-80gb", ["a100-sxm-40gb", "a100-pcie-40gb", "a100-pcie-80gb", "a800-sxm-80gb", "a30"]),
    ("b200-sxm", ["b100-sxm", "gb200", "b300-sxm", "gb300"]),
    ("mi300x", ["mi325x", "mi300a"]),
    ("mi355x", ["mi350x"]),
]  # fmt: skip
SIBLINGS = [(a, b) for a, others in DIES for b in others]


@pytest.mark.parametrize(("measured", "sibling"), SIBLINGS)
def test_a_die_has_one_set_of_kernels(measured: str, sibling: str) -> None:
    assert CATALOG.get("accelerators", measured) in kin(CATALOG, CATALOG.get("accelerators", sibling))
    one, other = (CATALOG.nodes_with(a)[0] for a in (measured, sibling))
    for name in ("attention_fraction", "attention_half_length"):
        assert device_bundle(CATALOG, one)[name].si == device_bundle(CATALOG, other)[name].si
    name = "decode_attention_fraction"
    assert serving_bundle(CATALOG, one, "bf16").get(name) == serving_bundle(CATALOG, other, "bf16").get(name)


@pytest.mark.parametrize("part", [a for a in CATALOG.ids("accelerators") if a != "cortex-m7"])
def test_every_device_multiplies_in_16_bit(part: str) -> None:
    """Attention, norms and logits need it, whatever the weights are stored in."""
    assert base_precision(CATALOG.get("accelerators", part)) in ("bf16", "fp16")


def test_large_infiniband_fabrics_reach_most_of_their_ports() -> None:
    """46 of 50 GB/s are expected of an NDR port (NVIDIA/nccl-tests#290); 37 were measured on a smaller fabric."""
    fraction = {n: device_bundle(CATALOG, CATALOG.get("nodes", n))["network_fraction"].si
                for n in ("dgx-h100", "dgx-a100-80gb", "p5.48xlarge")}  # fmt: skip
    assert fraction == {"dgx-h100": 0.92, "dgx-a100-80gb": 0.92, "p5.48xlarge": 0.739}
