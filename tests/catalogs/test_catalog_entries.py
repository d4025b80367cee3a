"""What ships: enough of it, every number sourced, and the figures others get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from catalogs import Catalog
from catalogs.lint import lint
from catalogs.schema import Entry, Fact, Grid, Node, Price
from catalogs.schema.fact import FACT_KINDS, check_date
from catalogs.units import factor

Entries = dict[str, dict[str, Entry]]


def facts(value: Any) -> Iterator[Fact]:
    """Every Fact below a value."""
    if is_dataclass(value):
        assert isinstance(value, Fact)
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from facts(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from facts(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from facts(item)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("accelerators", 60),
        ("models", 80),
        ("nodes", 45),
        ("fabrics", 30),
        ("storage", 10),
        ("regions", 80),
        ("grids", 80),
        ("operators", 6),
        ("prices", 50),
        ("embodied", 3),
        ("reliability", 4),
        ("hierarchies", 8),
    ],
)
def test_enough_entries(entries: Entries, kind: str, least: int) -> None:
    assert len(entries[kind]) >= least


def test_lint_finds_nothing(catalog: Catalog) -> None:
    assert [str(p) for p in lint(catalog)] == []


def test_every_fact_has_its_source(entries: Entries) -> None:
    count = 0
    for kind in entries.values():
        for entry in kind.values():
            for fact in facts(entry):
                count += 1
                assert fact.source, entry.id
                assert fact.kind in FACT_KINDS
                assert fact.line > 1
                check_date(fact.date)
    assert count > 1900


def test_a_line_points_at_its_fact(catalog: Catalog) -> None:
    fact = catalog.get("accelerators", "h100-sxm").memory
    text = catalog.path("accelerators", "h100-sxm").read_text(encoding="utf-8").splitlines()
    assert text[fact.line - 1].startswith("memory: {value: 80 GB")


NAMED = [
    "v100-sxm2-16gb",
    "v100-sxm2-32gb",
    "v100-pcie-32gb",
    "p100-sxm2",
    "t4",
    "a10",
    "a10g",
    "a30",
    "a40",
    "a100-sxm-40gb",
    "a100-sxm-80gb",
    "a100-pcie-40gb",
    "a100-pcie-80gb",
    "a800-sxm-80gb",
    "l4",
    "l40",
    "l40s",
    "h100-sxm",
    "h100-pcie",
    "h100-nvl",
    "h200-sxm",
    "h200-nvl",
    "h800-sxm",
    "h20",
    "gh200-96gb",
    "gh200-144gb",
    "b100-sxm",
    "b200-sxm",
    "gb200",
    "b300-sxm",
    "gb300",
    "mi210",
    "mi250x",
    "mi300a",
    "mi300x",
    "mi325x",
    "mi350x",
    "mi355x",
    "tpu-v3",
    "tpu-v4",
    "tpu-v5e",
    "tpu-v5p",
    "tpu-v6e",
    "tpu-v7x",
    "trainium1",
    "trainium2",
    "trainium3",
    "inferentia2",
    "gaudi2",
    "gaudi3",
    "cerebras-cs-2",
    "cerebras-cs-3",
    "groq-lpu-v1",
    "rtx-3090",
    "rtx-4090",
    "rtx-5090",
    "apple-m3-ultra",
    "jetson-agx-orin",
    "jetson-thor",
    "cortex-m7",
]


def test_the_parts_people_ask_for(catalog: Catalog) -> None:
    assert set(NAMED) <= set(catalog.ids("accelerators"))
    wanted = {"dgx-a100", "dgx-h100", "dgx-b200", "gb200-nvl72", "hgx-h800", "p5.48xlarge", "tpu-v5p-host"}
    assert all(catalog.get("nodes", n) for n in wanted)
    wanted = {
        "gpt-3",
        "turing-nlg-530b",
        "llama-3.1-405b",
        "deepseek-v3",
        "bert-large",
        "vit-l-16",
        "resnet-50",
    }
    assert all(catalog.get("models", m) for m in wanted)


@pytest.mark.parametrize(
    ("kind", "name", "field", "text"),
    [
        ("accelerators", "trainium2", "compute.bf16", "667 TFLOP/s"),
        ("accelerators", "h100-sxm", "compute.bf16", "989.4 TFLOP/s"),
        ("accelerators", "b200-sxm", "compute.int8", "4500 TOP/s"),
        ("accelerators", "b200-sxm", "memory", "180 GB"),
        ("accelerators", "mi325x", "compute.fp8", "2614.9 TFLOP/s"),
        ("accelerators", "tpu-v6e", "compute.int8", "1836 TOP/s"),
        ("accelerators", "mi300x", "scale_up.bandwidth", "448 GB/s"),
        ("accelerators", "tpu-v5p", "scale_up.bandwidth", "600 GB/s"),
        ("nodes", "dgx-h100", "nic.bandwidth", "50 GB/s"),
        ("operators", "google", "pue", "1.1"),
    ],
)
def test_figures_that_are_often_wrong(catalog: Catalog, kind: str, name: str, field: str, text: str) -> None:
    at: Any = catalog.get(kind, name)
    for part in field.split("."):
        at = getattr(at, part)
    assert at.text == text


def test_structure_that_is_often_wrong(catalog: Catalog) -> None:
    deepseek = catalog.get("models", "deepseek-v3").architecture
    assert deepseek is not None
    assert (deepseek.heads, deepseek.experts, deepseek.shared_experts, deepseek.dense_layers) == (
        128,
        256,
        1,
        3,
    )
    compute = {name: catalog.get("accelerators", name).compute for name in ("b200-sxm", "v100-sxm2-32gb")}
    assert compute["b200-sxm"].int4 is None
    assert compute["v100-sxm2-32gb"].fp8 is None
    poland = catalog.get("grids", "poland").carbon_intensity.si / factor("gCO2e/kWh")
    assert 560 < poland < 620  # of 2025; 820 is a coal plant
    fleet = catalog.get("reliability", "llama-3")
    assert fleet.devices is not None
    assert fleet.mtbf_device.si / 3600 / fleet.devices == pytest.approx(3.09, abs=0.01)


def test_every_accelerator_is_in_a_node(catalog: Catalog) -> None:
    held = {catalog.get("nodes", n).accelerator for n in catalog.ids("nodes")}
    assert set(catalog.ids("accelerators")) == held


def test_every_price_says_whose_it_is_and_of_when(entries: Entries) -> None:
    offers = 0
    for price in entries["prices"].values():
        assert isinstance(price, Price)
        assert price.id == f"{price.provider.lower()}-{price.accelerator}"
        for offer in price.offers:
            offers += 1
            assert offer.type and offer.price.date[:2] == "20", price.id
    assert offers > 200


def test_ports_carry_the_bandwidth(entries: Entries) -> None:
    """All ports of a node together are a whole multiple of 1 Gb/s each."""
    with_ports = [n for n in entries["nodes"].values() if isinstance(n, Node) and n.nic and n.nic.ports]
    assert len(with_ports) > 50
    for node in with_ports:
        assert node.nic and node.nic.ports
        each = node.nic.bandwidth.si * node.accelerators / node.nic.ports * 8 / 1e9
        assert each == pytest.approx(round(each)), node.id


def test_what_the_driver_reports(catalog: Catalog) -> None:
    """Bytes of published logs; the marketed size where no log was found."""
    known = {"mi300x": 206_141_652_992, "rtx-4090": 24_564 * 2**20, "a100-pcie-40gb": 39.38 * 2**30}
    for name, size in known.items():
        usable = catalog.get("accelerators", name).memory_usable
        assert usable and usable.si == pytest.approx(size, rel=1e-9)


def test_purchases_say_what_they_buy(entries: Entries) -> None:
    bought = [o for p in entries["prices"].values() if isinstance(p, Price) for o in p.offers]
    bought = [o for o in bought if o.type == "purchase"]
    assert len(bought) >= 10
    assert all(o.buys for o in bought)


def test_countries_are_of_one_method(entries: Entries) -> None:
    """All life-cycle figures of one data set, none older than its sources allow."""
    countries = [g for g in entries["grids"].values() if isinstance(g, Grid) and g.kind == "country"]
    recent = [g for g in countries if g.carbon_intensity.date >= "2024"]
    assert {g.boundary for g in countries} == {"life cycle of the generation mix (Ember)"}
    assert len(recent) > 190 and len({g.carbon_intensity.source for g in recent}) == 1
