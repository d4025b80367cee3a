"""What machines cost to own, and what is known of spot capacity and of electricity."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from catalogs.lint import lint
from catalogs.units import factor
from constraints.bundles.site import embodied_bundle, price_bundle, region_bundle
from constraints.graph import Graph
from constraints.rule import layered

CATALOG = Catalog()
SHARED = Graph(layered(("shared",)))
YEAR, MONTH = 365.25 * 86400, 365.25 * 86400 / 12


def bought(node: str) -> float:
    """Price of one device with its share of the system, in USD: what is written off, without upkeep and power."""
    prices = price_bundle(CATALOG, CATALOG.get("nodes", node), None, "owned", None)
    given = {n: known.si for n, known in prices.items()}
    assumed = CATALOG.get("assumptions", "operations").values
    given |= {"system_price_factor": assumed["system_price_factor"].si, "maintenance_rate": 0.0}
    life = assumed["depreciation_time"].si
    given |= {
        "depreciation_time": life,
        "duration": life,
        "devices": 1.0,
        "energy": 0.0,
        "electricity_price": 0.0,
    }
    return float(SHARED.evaluate(["ownership_cost"], given)["ownership_cost"])


def test_a_system_is_not_paid_for_twice() -> None:
    assert 8 * bought("dgx-h100") == pytest.approx(350e3)  # about 350 kUSD, not 292
    assert 72 * bought("gb200-nvl72") == pytest.approx(3.1e6, rel=1e-4)  # a rack
    assert 8 * bought("dgx-1-p100") == pytest.approx(129e3)  # list price of 2016


def test_of_several_prices_the_middle_one_counts() -> None:
    """Two street prices of H200, 29,500 and 35,000 USD, and a host for 46 % more."""
    assert bought("dgx-h200") == pytest.approx((29_500 + 35_000) / 2 * 1.46)


def test_books_are_not_footprints() -> None:
    """How long a server is written off is no fact about how its making was counted."""
    assert CATALOG.get("assumptions", "operations").values["depreciation_time"].si == pytest.approx(
        5 * YEAR, rel=1e-3
    )
    assert embodied_bundle(CATALOG, CATALOG.get("nodes", "dgx-h100"))["hardware_lifetime"].si < 4 * YEAR


def test_spot_machines_are_taken_back() -> None:
    node, region = CATALOG.get("nodes", "p5.48xlarge"), CATALOG.get("regions", "aws-us-west-2")
    rates = {
        t: price_bundle(CATALOG, node, region, t, None)["reclaim_rate"].si * MONTH
        for t in ("spot", "on_demand")
    }
    assert rates == {"spot": pytest.approx(0.15, rel=1e-3), "on_demand": 0}
    # without a rate of its own list the default holds
    node = CATALOG.get("nodes", "p6-b200.48xlarge")
    assert price_bundle(CATALOG, node, region, "spot", None)["reclaim_rate"].si * MONTH == pytest.approx(
        0.15, rel=1e-3
    )


def test_all_providers_emit_what_their_country_does() -> None:
    """Sweden 35.26 and the Netherlands 253.56 g/kWh over the life cycle in 2025 (OWID, after Ember)."""
    unit = factor("gCO2e/kWh")
    for region, grams in (
        ("aws-eu-north-1", 35.26),
        ("gcp-europe-north2", 35.26),
        ("gcp-europe-west4", 253.56),
    ):
        found = region_bundle(CATALOG, CATALOG.get("regions", region))["carbon_intensity"]
        assert found.si / unit == pytest.approx(grams), region


def test_a_region_on_another_basis_is_found(tmp_path) -> None:
    folder = tmp_path / "regions"
    folder.mkdir()
    (folder / "own-sweden.yaml").write_text(
        "id: own-sweden\nname: own\nsources:\n  s: {ref: here, date: 2024}\nprovider: own\nlocation: Lund\n"
        "operator: aws\ngrid: sweden\ncarbon_intensity: {value: 8 gCO2e/kWh, kind: measured, source: s}\n",
        "utf-8",
    )
    found = [str(p) for p in lint(Catalog([tmp_path]), overlays_only=True)]
    assert len(found) == 1 and "[region-over-grid]" in found[0] and "own-sweden.yaml:9" in found[0]
