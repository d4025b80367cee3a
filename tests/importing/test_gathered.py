"""Every configuration of a folder of published ones is imported or refused by name.

The files are not part of the project, as their licences are those of the models: the folder
`shared/catalog/2026-12` beside the project, or beside a folder that holds it, is read where there is one.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalogs import default_catalog
from catalogs.errors import InputError
from designer.importing.api import import_config
from designer.importing.shape import read_shape

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
    "kimi-linear-48b-a3b": "the name of the model, rounded down",
    "gemma-4-26b-a4b": "a vision tower of about 0.55e9, and rounded",
    "nemotron-3.5-lightning-30b-a3b": "the name of the model, rounded down; one of the same shape is stated as 31.6e9",
    "llama-3.3-nemotron-super-49b": "the name of the model, rounded down",
    "mistral-large-4-1t-a52b": "the name of the model, rounded",
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
        if row["total_formula"]:
            assert found.counted == pytest.approx(float(row["total_formula"]), rel=2e-3)


# Keys that an entry has otherwise than the file: contexts of recipes and checkpoints, unused widths.
OTHERWISE = {
    "step-3.7-flash": {"max_context"},
    "qwen3-next-80b-a3b": {"max_context"},
    "laguna-xs.2": {"max_context"},
    "llama-4-scout-17b-16e": {"moe_every", "ffn"},
}


def shipped(file: Path) -> str | None:
    """The id of the entry of the checkpoint a file belongs to."""
    name = file.name.removesuffix(".json").removesuffix("_config").removeprefix("defaults--")
    return default_catalog().find("models", name.replace("--", "/"))


@pytest.mark.parametrize("file", [f for f in CONFIGS if shipped(f)], ids=lambda f: f.stem)
def test_the_entry_that_ships_is_what_the_configuration_says(file: Path) -> None:
    id = shipped(file)
    assert id is not None
    a = default_catalog().get("models", id).architecture
    assert a is not None
    ours = {k: v for k in type(a).model_fields if k != "source" and (v := getattr(a, k)) not in (None, {})}
    theirs = read_shape(file).architecture
    differ = {k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k)}
    assert differ == OTHERWISE.get(id, set())


def test_every_model_of_the_table_ships() -> None:
    assert [r["id"] for r in ROWS if r["id"] not in default_catalog().ids("models")] == []
