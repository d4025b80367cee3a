"""A bad entry is reported where it is bad, in one line a person can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs import Catalog, InputError
from catalogs.lint import lint

GOOD = """\
id: toy
name: Toy accelerator
aliases: [toy-one]
vendor: Toys
architecture: Toy
released: 2024-05
class: datacenter
sources:
  sheet: {ref: Toy datasheet, date: 2024-05}
memory: {value: 80 GB, kind: datasheet, source: sheet}
memory_kind: HBM
memory_bandwidth: {value: 3 TB/s, kind: datasheet, source: sheet}
compute:
  bf16: {value: 900 TFLOP/s, kind: datasheet, source: sheet}
  fp8: {value: 1800 TFLOP/s, kind: datasheet, source: sheet}
efficiency:
  bf16:
    launch_floor: {value: 3 us, kind: fitted, source: sheet}
    compute_fraction: {value: 0.7, kind: fitted, source: sheet}
    bandwidth_fraction: {value: 0.8, kind: fitted, source: sheet}
    corner: {value: 2, kind: fitted, source: sheet}
"""


def write(tmp_path: Path, text: str, kind: str = "accelerators", stem: str = "toy") -> Catalog:
    folder = tmp_path / kind
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.yaml").write_text(text, encoding="utf-8")
    return Catalog([tmp_path])


def found_by_lint(catalog: Catalog) -> list[str]:
    return [str(p) for p in lint(catalog, overlays_only=True)]


def test_the_good_entry_is_good(tmp_path: Path) -> None:
    catalog = write(tmp_path, GOOD)
    assert catalog.get("accelerators", "toy-one").peak("fp8") == 1.8e15
    assert found_by_lint(catalog) == []


# what is changed, and the one problem it gives
WRONG = {
    "missing unit": ("80 GB", "80", ":10:17: memory.value: 80 has no unit; write it like '80 byte'"),
    "wrong dimension": ("80 GB", "80 GB/s", ":10:17: memory.value: '80 GB/s' is"),
    "unknown unit": ("80 GB", "80 GX", ":10:17: memory.value: unknown unit 'GX'"),
    "not a number": ("80 GB", "lots", ":10:17: memory.value: 'lots' is not a number with a unit"),
    "nan text": ("80 GB", "nan GB", ":10:17: memory.value: 'nan GB' is not a finite number"),
    "nan": ("80 GB", ".nan", ":10:17: .nan is not a finite number"),
    "negative": ("80 GB", "-80 GB", ":10:17: memory.value: '-80 GB' must be above 0"),
    "zero": ("80 GB", "0 GB", ":10:17: memory.value: '0 GB' must be above 0"),
    "fraction above one": ("value: 0.7", "value: 1.7", ":19:31: efficiency.bf16.compute_fraction.value"),
    "unknown key": ("vendor:", "vendr:", ":4:1: vendr: unknown key 'vendr'; did you mean 'vendor'?"),
    "unknown dtype": (
        "  bf16: {value: 900",
        "  bf61: {value: 900",
        ":14:3: compute.bf61: unknown key 'bf61'",
    ),
    "unknown fact key": (
        "80 GB, kind: datasheet,",
        "80 GB, kind: datasheet, nota: x,",
        ":10:47: memory.nota: unknown key 'nota'; did you mean 'note'?",
    ),
    "unknown kind of fact": (
        "80 GB, kind: datasheet",
        "80 GB, kind: guess",
        ":10:30: memory.kind: unknown kind",
    ),
    "no kind": ("80 GB, kind: datasheet,", "80 GB,", ":10:9: memory: missing key 'kind'"),
    "no source": (
        "80 GB, kind: datasheet, source: sheet",
        "80 GB, kind: datasheet",
        ":10:9: memory: missing key",
    ),
    "no such source": (
        "80 GB, kind: datasheet, source: sheet",
        "80 GB, kind: datasheet, source: shet",
        ":10:49: memory.source: no source 'shet' in this entry's sources; did you mean 'sheet'?",
    ),
    "bare number": (
        "{value: 80 GB, kind: datasheet, source: sheet}",
        "80 GB",
        ":10:9: memory: '80 GB' is not a",
    ),
    "no date": (", date: 2024-05}", "}", ":9:10: sources.sheet: missing key 'date'"),
    "impossible date": (
        ", date: 2024-05}",
        ", date: 2024-15}",
        ":9:37: sources.sheet.date: '2024-15' is not a",
    ),
    "unknown class": ("datacenter", "datacentre", ":7:8: class: unknown value 'datacentre'; did you mean"),
    "unknown efficiency": (
        "  bf16:\n",
        "  bf61:\n",
        ":17:3: efficiency.bf61: unknown key 'bf61'; did you mean",
    ),
    "missing key": ("memory_kind: HBM\n", "", ":1:1: missing key 'memory_kind'"),
    "wrong id": ("id: toy", "id: toi", ":1:5: id: id 'toi' does not match the file name; expected 'toy'"),
    "duplicate key": ("memory_kind: HBM", "vendor: HBM", ":11:1: duplicate key 'vendor' (first on line 4)"),
    "aliases": ("aliases: [toy-one]", "aliases: toy-one", ":3:10: aliases: "),
    "alias bomb": ("name: Toy accelerator", "name: &x [lol, lol]", ":2:7: anchor &x"),
    "tag": ("name: Toy accelerator", "name: !!python/name:os.system x", ":2:7: tag"),
    "deep": ("name: Toy accelerator", "name: " + "[" * 40, ":2:38: nested deeper than 32 levels"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_entry_is_one_problem(tmp_path: Path, name: str) -> None:
    old, new, message = WRONG[name]
    assert old in GOOD
    catalog = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as e:
        catalog.get("accelerators", "toy")
    file = str(tmp_path / "accelerators" / "toy.yaml")
    assert str(e.value).startswith(file + message)
    assert len(e.value.problems) == 1
    assert found_by_lint(catalog) == [str(e.value)]


def test_every_problem_of_an_entry_is_told(tmp_path: Path) -> None:
    text = GOOD.replace("80 GB", "80").replace("900 TFLOP/s", "900 W").replace("vendor:", "vendr:")
    with pytest.raises(InputError) as e:
        write(tmp_path, text).get("accelerators", "toy")
    assert [p.line for p in e.value.problems] == [10, 14, 4]


# what lint finds in entries that read well by themselves
SUSPECT = {
    "sparse rate": ("1800 TFLOP/s", "3600 TFLOP/s", "compute.fp8: 4 times the bf16 rate"),
    "slow memory": ("3 TB/s", "3 GB/s", "memory_bandwidth: reading the whole memory takes 26.7 s"),
    "alias taken": ("toy-one", "h100", "aliases: alias 'h100' already names 'h100-sxm'"),
    "alias is an id": ("toy-one", "h100-sxm", "aliases: alias 'h100-sxm' already names 'h100-sxm'"),
    "rate never stated": (
        "efficiency:\n  bf16",
        "efficiency:\n  fp4",
        "efficiency.fp4: the device has no fp4",
    ),
}


@pytest.mark.parametrize("name", SUSPECT)
def test_lint_suspects(tmp_path: Path, name: str) -> None:
    old, new, message = SUSPECT[name]
    (found,) = found_by_lint(write(tmp_path, GOOD.replace(old, new, 1)))
    assert message in found


def test_lint_traps_of_both_directions(tmp_path: Path) -> None:
    link = "{value: %s GB/s, kind: datasheet, source: sheet}"
    fabric = "scale_up:\n  kind: NVLink4\n  domain: 8\n"
    fabric += f"  bandwidth: {link % 900}\n  pair_bandwidth: {link % 901}\n"
    found = found_by_lint(write(tmp_path, GOOD + fabric))
    assert [f.split(": ", 1)[1].split(":")[0] for f in found] == [
        "scale_up.pair_bandwidth",
        "scale_up.bandwidth",
    ]
    best = "measured_best:\n  bf16: {value: 950 TFLOP/s, kind: measured, source: sheet}\n"
    assert "measured above the dense peak" in found_by_lint(write(tmp_path, GOOD + best))[0]


def test_waivers_need_a_check_that_fires(tmp_path: Path) -> None:
    sparse = GOOD.replace("1800 TFLOP/s", "3600 TFLOP/s")
    waiver = "checks:\n  fp8-over-bf16: the toy is like that\n"
    assert found_by_lint(write(tmp_path, sparse + waiver)) == []
    assert "this check passes; remove the waiver" in found_by_lint(write(tmp_path, GOOD + waiver))[0]
    typo = waiver.replace("fp8-over-bf16", "fp8-over-bf61")
    assert "no such check; did you mean 'fp8-over-bf16'?" in found_by_lint(write(tmp_path, GOOD + typo))[0]


def test_unused_source(tmp_path: Path) -> None:
    extra = GOOD.replace("sources:\n", "sources:\n  page: {ref: a page, date: 2024}\n")
    (found,) = found_by_lint(write(tmp_path, extra))
    assert "sources.page: no fact of this entry uses this source" in found


PRICE = """\
id: toy
name: Toy price
sources:
  list: {ref: price list, date: 2025}
provider: toys
accelerator: %s
offers:
  - {type: on_demand, region: %s, price: {value: 2 USD/h, kind: datasheet, source: list}, confidence: high}
  - {type: spot, region: %s, price: {value: %s, kind: datasheet, source: list}, confidence: low}
"""


@pytest.mark.parametrize(
    ("accelerator", "region", "spot", "message"),
    [
        (
            "h100-smx",
            "aws-us-east-1",
            "1 USD/h",
            "no entry 'h100-smx' in accelerators; did you mean 'h100-sxm'?",
        ),
        ("h100-sxm", "aws-us-east-1", "3 USD/h", "offers[1].price: spot above on demand"),
        (
            "h100-sxm",
            "aws-us-east-1",
            "3 USD",
            "offers[1].price.value: '3 USD': the price of spot is in USD/h",
        ),
        ("h100-sxm", "aws-us-east-1", "3 EUR/h", "offers[1].price.value: unknown unit 'EUR/h'"),
    ],
)
def test_prices(tmp_path: Path, accelerator: str, region: str, spot: str, message: str) -> None:
    catalog = write(tmp_path, PRICE % (accelerator, region, region, spot), "prices")
    (found,) = found_by_lint(catalog)
    assert message in found
