"""What machines draw, against what was measured of them."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from constraints.bundles.power import power_bundle
from constraints.bundles.site import embodied_bundle, overhead_bundle
from constraints.graph import Graph
from constraints.rule import layered

CATALOG = Catalog()
SHARED = Graph(layered(("shared",)))


def energy(node: str, hours: float, busy: float) -> float:
    """Energy in kWh of so many device-hours on a node, busy for a share of them."""
    given = {n: known.si for n, known in power_bundle(CATALOG, CATALOG.get("nodes", node)).items()}
    given = {"idle_power_share": CATALOG.get("assumptions", "device").values["idle_power_share"].si, **given}
    given |= {"devices": 1.0, "duration": hours * 3600, "busy_device_time": busy * hours * 3600}
    return float(SHARED.evaluate(["it_energy"], given)["it_energy"]) / 3.6e6


def test_bloom_took_690_megawatt_hours() -> None:
    """Luccioni et al. 2022: 1.083 million GPU-hours, 433 MWh by the devices and 257 MWh idle."""
    made = energy("jean-zay-a100-8", 1.083e6, busy=0.97)
    assert made / 1e3 == pytest.approx(433 + 257, rel=0.03)
    assert energy("jean-zay-a100-8", 8, busy=0) == pytest.approx(1.896, rel=1e-3)  # the node, idle


@pytest.mark.parametrize(
    ("node", "measured"),
    [
        ("dgx-h100", 8.4),  # Latif et al. 2024, all devices close to full use; 10.2 rated
        ("dgx-b200", 9.7),  # MLPerf runs of 8 B200; 14.3 rated
        ("dgx-spark", 0.075),  # 60 to 90 W while language models answer; a supply of 240 W
    ],
)
def test_a_node_at_work_draws_what_was_measured(node: str, measured: float) -> None:
    assert energy(node, CATALOG.get("nodes", node).accelerators, busy=1) == pytest.approx(measured, rel=1e-6)


@pytest.mark.parametrize("node", CATALOG.ids("nodes"))
def test_idle_work_and_limit_are_in_order(node: str) -> None:
    known = power_bundle(CATALOG, CATALOG.get("nodes", node))
    idle, busy, limit = (known[n].si for n in ("host_idle_power", "host_busy_power", "host_power_per_device"))
    assert known["device_power"].kind == "unknown" or 0 <= idle <= busy <= limit


def test_a_module_is_a_machine_by_itself() -> None:
    """60 W at work 12.9 % of a month, 15 % of it idle: 11.3 kWh at the module, and no building around it."""
    node, region = CATALOG.get("nodes", "jetson-agx-orin"), CATALOG.get("regions", "aws-us-east-1")
    assert energy("jetson-agx-orin", 730.5, 0.129) == pytest.approx(43.83 * (0.15 + 0.85 * 0.129))
    for alone in ("jetson-agx-orin", "dgx-spark", "rtx-4090-desktop"):
        assert overhead_bundle(CATALOG, CATALOG.get("nodes", alone), region)["pue"].si == 1
    server = embodied_bundle(CATALOG, CATALOG.get("nodes", "dgx-a100-80gb"))["embodied_per_device"].si
    assert embodied_bundle(CATALOG, node)["embodied_per_device"].si < server / 3
    assert overhead_bundle(CATALOG, CATALOG.get("nodes", "dgx-h100"), region)["pue"].si > 1.05
