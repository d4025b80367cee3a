"""Every configuration of a folder of published ones is imported or refused by name.

The files are not part of the project, as their licences are those of the models: the folder
`shared/catalog/2026-12` beside the project, or beside a folder that holds it, is read where there is one.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalogs.errors import InputError
from designer.importing.api import import_config

FOLDER = next(
    (f for p in Path(__file__).resolve().parents if (f := p / "shared" / "catalog" / "2026-12").is_dir()),
    None,
)
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no folder of published configurations")

CONFIGS = sorted(f for f in (FOLDER / "configs").glob("*.json") if "hf_quant" not in f.name) if FOLDER else []
TABLE = (FOLDER / "models.csv").read_text(encoding="utf-8") if FOLDER else ""
ROWS = list(csv.DictReader(TABLE.splitlines()))

# Why a count is more than 1 % from what is stated.
APART = {
    "kimi-k2.6": "1T is rounded",
    "kimi-k2.7-code": "1T is rounded",
    "qwen3-vl-2b": "the name of the model, rounded; a vision tower; tied embeddings",
    "qwen3-vl-8b": "the name of the model, rounded",
    "qwen3-vl-32b": "the name of the model, rounded",
    "qwen3-vl-30b-a3b": "the name of the model, rounded",
    "step-3.7-flash": "1.8e9 of the stated 198e9 are a vision encoder",
    "muse-glimmer-30b": "a vision tower of about 2e9 to 2.7e9; the rest is not in the configuration",
}


@pytest.mark.parametrize("file", CONFIGS, ids=lambda f: f.stem)
def test_a_configuration_is_imported_or_refused_by_name(file: Path) -> None:
    _, found = import_config(file, parameters=1e9)
    if not found.not_planned:
        assert import_config(file)[1].counted == found.counted
        return
    with pytest.raises(InputError, match="no equations here describe") as refused:
        import_config(file)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("row", [r for r in ROWS if r["config_file"]], ids=lambda r: r["id"])
def test_parameters_are_those_the_publisher_states(row: dict[str, str]) -> None:
    assert FOLDER is not None
    stated = float(row["total_stated"])
    _, found = import_config(FOLDER / "configs" / row["config_file"], id=row["id"], parameters=stated)
    assert (found.counted is None) == bool(found.not_planned)
    if found.counted is not None:
        assert (abs(found.counted / stated - 1) <= 0.01) != (row["id"] in APART)
        # arithmetic of another author on the same configuration
        assert found.counted == pytest.approx(float(row["total_formula"]), rel=1e-3)
