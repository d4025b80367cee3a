"""The numbers to know: what they say, and what is often said wrongly about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.lint import lint
from constraints.rules.library.distance import round_trip_time


def levels(catalog: Catalog, name: str) -> dict[str, float]:
    return {level: fact.si for level, fact in catalog.get("hierarchies", name).levels.items()}


def test_all_three_kinds_ship(catalog: Catalog) -> None:
    known = [catalog.get("hierarchies", i).quantity for i in catalog.ids("hierarchies")]
    assert {"energy", "latency", "bandwidth", "speed", "distance"} == set(known)


def test_energy(catalog: Catalog) -> None:
    """32 bits from the DRAM of its time are some 590 multiplies in fp16, but 430 multiply-adds."""
    op, access = levels(catalog, "energy-arithmetic-45nm"), levels(catalog, "energy-access-45nm")
    word = access["DRAM"] / 2
    assert word / op["multiply fp16"] == pytest.approx(590, rel=0.02)
    assert word / (op["multiply fp16"] + op["add fp16"]) == pytest.approx(430, rel=0.02)
    # a multiplier's energy falls faster than its bits do
    assert op["multiply fp32"] / op["multiply fp16"] > 3 and op["multiply int32"] / op["multiply int8"] > 15
    # stacked memory is several times nearer than DDR was
    bit = levels(catalog, "energy-transfer")
    assert bit["HBM2"] * 4 == pytest.approx(127e-12, rel=0.01)
    assert word / (bit["HBM2"] * 4) == pytest.approx(5.1, abs=0.1)


def test_latency(catalog: Catalog) -> None:
    """A GPU's caches are not a CPU's, and levels are not each ten to a hundred times farther."""
    gpu, host = levels(catalog, "latency-h100"), levels(catalog, "latency-host")
    assert gpu["shared memory"] > 10 * host["L1 cache"] and gpu["L2 cache"] > 30 * host["L2 cache"]
    assert gpu["HBM"] / gpu["L2 cache"] < 2


def test_what_light_allows(catalog: Catalog) -> None:
    """Within a hall it is microseconds: a round trip of half a millisecond there is software."""
    speed = levels(catalog, "signal-speed")["light in fibre"]
    far = levels(catalog, "distances")
    assert round_trip_time(far["across a data hall"], speed) < 1e-5
    assert levels(catalog, "latency-host")["round trip in one data centre"] > 49e-5
    assert round_trip_time(far["New York to London"], speed) == pytest.approx(0.054, abs=0.002)


WRONG = {
    "order": ("{value: 9 ns", "{value: 2 ns", "out of order; latency rises", 7),
    "dimension": ("{value: 9 ns", "{value: 9 GB/s", "is not the latency", 7),
    "reference": ("fabrics/infiniband-hdr", "fabrics/infiniband-hdx", "did you mean 'infiniband-hdr'", 10),
    "repeated": ("{value: 600 ns", "{value: 700 ns", "700 ns is not a figure of fabrics/infiniband-hdr", 10),
    "level": ("entries: {c:", "entries: {d:", "no level 'd'", 10),
}


@pytest.mark.parametrize("case", WRONG)
def test_lint_finds_a_wrong_hierarchy(tmp_path: Path, case: str) -> None:
    old, new, message, line = WRONG[case]
    text = """id: x
name: X
sources: {s: {ref: a test, date: 2026}}
quantity: latency
levels:
  a: {value: 3 ns, kind: measured, source: s}
  b: {value: 9 ns, kind: measured, source: s}
  c: {value: 600 ns, kind: measured, source: s}
notes: the last one is that of a port
entries: {c: fabrics/infiniband-hdr}
"""
    folder = tmp_path / "hierarchies"
    folder.mkdir()
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    assert lint(Catalog([tmp_path]), overlays_only=True) == []
    assert old in text
    (folder / "x.yaml").write_text(text.replace(old, new), encoding="utf-8")
    (problem, *_) = lint(Catalog([tmp_path]), overlays_only=True)
    assert message in str(problem) and problem.line == line
