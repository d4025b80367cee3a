"""Finding entries: by id or alias, one file at a time, overlays in front."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import catalogs.yaml
from catalogs import Catalog, InputError, default_catalog

OPERATOR = """\
id: {id}
name: Ours
aliases: [{alias}]
sources:
  meter: {{ref: our own meter, date: 2025-06}}
pue: {{value: {pue}, kind: measured, source: meter}}
"""


def overlay(tmp_path: Path, id: str = "aws", alias: str = "ours", pue: str = "1.3") -> Path:
    folder = tmp_path / "site" / "operators"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{id}.yaml").write_text(OPERATOR.format(id=id, alias=alias, pue=pue), encoding="utf-8")
    return folder.parent


def test_importing_loads_nothing_heavy() -> None:
    heavy = ("pint", "numpy", "pandas", "ortools", "pydantic", "ruamel")
    code = f"import catalogs, sys; print([m for m in {heavy!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_one_entry_is_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = catalogs.yaml.parse

    def spy(text: str, file: str) -> catalogs.yaml.Document:
        read.append(file)
        return parse(text, file)

    monkeypatch.setattr(catalogs.yaml, "parse", spy)
    catalog = Catalog()
    first = catalog.get("accelerators", "h100")
    assert [Path(f).name for f in read] == ["h100-sxm.yaml"]
    assert catalog.get("accelerators", "H100-SXM") is first
    assert len(read) == 1


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("accelerators", "H100", "h100-sxm"),
        ("accelerators", "a100-sxm4-80gb", "a100-sxm-80gb"),
        ("models", "meta-llama/Llama-3.1-405B", "llama-3.1-405b"),
        ("models", "MT-NLG-530B", "megatron-530b"),
        ("regions", "us-central1", "gcp-us-central1"),
        ("regions", "eastus", "azure-east-us"),
        ("grids", "NOR", "norway"),
    ],
)
def test_aliases_and_case(catalog: Catalog, kind: str, name: str, found: str) -> None:
    assert catalog.get(kind, name).id == found


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("accelerators", "h100-smx", "unknown accelerator 'h100-smx'; did you mean 'h100-sxm'?"),
        ("accelerators", "../models/gpt-2", "unknown accelerator"),
        ("nodes", "", "unknown node ''"),
        ("acelerators", "h100", "unknown kind 'acelerators'; did you mean 'accelerators'?"),
    ],
)
def test_unknown_names(catalog: Catalog, kind: str, name: str, message: str) -> None:
    with pytest.raises(InputError) as e:
        catalog.get(kind, name)
    assert str(e.value).startswith(message)


def test_a_rate_the_device_lacks(catalog: Catalog) -> None:
    assert catalog.get("accelerators", "h100").peak("bf16") == pytest.approx(989.4e12)
    with pytest.raises(InputError, match=r"a100-sxm-80gb has no fp4 rate.*\(has: fp64, .*int8\)"):
        catalog.get("accelerators", "a100").peak("fp4")


def test_overlay_wins_and_is_named(tmp_path: Path) -> None:
    root = overlay(tmp_path)
    catalog = Catalog([root])
    assert catalog.get("operators", "aws").pue.si == 1.3
    assert catalog.get("operators", "OURS").id == "aws"
    assert catalog.origin("operators", "aws") == str(root)
    assert catalog.path("operators", "aws") == root / "operators" / "aws.yaml"
    assert catalog.origin("operators", "google") == "shipped"
    with pytest.raises(InputError):
        catalog.get("operators", "amazon")  # an alias of the entry that was replaced


def test_later_overlay_and_overlay_alias_win(tmp_path: Path) -> None:
    one = overlay(tmp_path / "1", pue="1.3")
    two = overlay(tmp_path / "2", pue="1.4")
    three = overlay(tmp_path / "3", id="ours", alias="gcp")
    catalog = Catalog([one, two, three])
    assert catalog.get("operators", "aws").name == "Ours"
    assert catalog.origin("operators", "aws") == str(two)
    assert catalog.get("operators", "gcp").id == "ours"


def test_overlays_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = [overlay(tmp_path / "1"), overlay(tmp_path / "2", id="google")]
    monkeypatch.setenv("DESIGNER_CATALOG", os.pathsep.join(map(str, roots)))
    assert default_catalog().origin("operators", "google") == str(roots[1])
    monkeypatch.delenv("DESIGNER_CATALOG")
    assert default_catalog().origin("operators", "google") == "shipped"


def _missing(root: Path) -> Any:
    return root / "nowhere"


def _file(root: Path) -> Any:
    (root / "x").write_text("id: x\n", encoding="utf-8")
    return root / "x"


def _unknown_folder(root: Path) -> Any:
    (root / "acelerators").mkdir()
    return root


def _stray_entry(root: Path) -> Any:
    (root / "x.yaml").write_text("id: x\n", encoding="utf-8")
    return root


def _yml(root: Path) -> Any:
    (root / "nodes").mkdir()
    (root / "nodes" / "x.yml").write_text("id: x\n", encoding="utf-8")
    return root


def _upper_case(root: Path) -> Any:
    (root / "nodes").mkdir()
    (root / "nodes" / "X.yaml").write_text("id: X\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_missing, "no such overlay folder"),
        (_file, "an overlay is a folder"),
        (_unknown_folder, "unknown kind of entry 'acelerators'; did you mean 'accelerators'?"),
        (_stray_entry, "put entries in a folder of their kind"),
        (_yml, "lower-case name that ends in .yaml"),
        (_upper_case, "lower-case name that ends in .yaml"),
    ],
)
def test_bad_overlays(tmp_path: Path, make: Any, message: str) -> None:
    with pytest.raises(InputError) as e:
        Catalog([make(tmp_path)])
    assert message in str(e.value)
    assert len(e.value.problems) == 1
