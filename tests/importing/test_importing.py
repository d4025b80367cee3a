"""A config.json becomes the entry that a careful reader would write, or is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from published_configs import KINDS, LIKE, TINY, UNDESCRIBED

from catalogs import Catalog, default_catalog
from catalogs.errors import InputError
from constraints.bundles.model import model_bundle, uncovered
from designer.importing.api import import_config, write
from designer.importing.family import families
from designer.importing.shape import read_shape
from designer.rulebook.lint import lint_all


def save(folder: Path, config: Any, name: str = "config.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(config), encoding="utf-8")
    return file


def shape_of(catalog: Catalog, id: str) -> dict[str, Any]:
    """The keys of a shipped entry; a dense width and a period of 1 are unused where all layers have experts."""
    a = catalog.get("models", id).architecture
    assert a is not None
    return {k: v for k in type(a).model_fields if k != "source" and (v := getattr(a, k)) not in (None, {})}


@pytest.mark.parametrize("id", LIKE)
def test_a_published_configuration_becomes_the_entry_that_ships(tmp_path: Path, id: str) -> None:
    catalog = default_catalog()
    shape = read_shape(save(tmp_path, LIKE[id]))
    assert shape.architecture == shape_of(catalog, id)
    model = catalog.get("models", id)
    assert (shape.family, shape.attention) == (model.family, model.attention)


def test_every_family_is_found_once() -> None:
    types = [t for f in dict.fromkeys(families().values()) for t in f.types]
    assert len(types) == len(set(types)) == len(families()) >= 50


@pytest.mark.parametrize(
    ("keys", "part", "layers"), UNDESCRIBED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_no_equation_describes_is_named_and_refused(
    tmp_path: Path, keys: dict[str, Any], part: str, layers: int
) -> None:
    file = save(tmp_path, {**TINY, **keys})
    assert read_shape(file).architecture["undescribed"][part] == layers
    with pytest.raises(InputError, match="no equations here describe"):
        import_config(file)
    _, found = import_config(file, parameters=1e6)
    assert uncovered(found.model) == found.not_planned
    with pytest.raises(InputError, match="cannot be planned: no equations here describe"):
        model_bundle(found.model)


@pytest.mark.parametrize(("keys", "entry"), KINDS, ids=lambda v: "")
def test_kinds_of_layers_become_keys_of_the_catalog(
    tmp_path: Path, keys: dict[str, Any], entry: dict[str, Any]
) -> None:
    shape = read_shape(save(tmp_path, {**TINY, **keys}))
    assert {k: shape.architecture.get(k) for k in entry} == entry
    assert "undescribed" not in shape.architecture
    _, found = import_config(save(tmp_path, {**TINY, **keys}))
    assert found.counted and not uncovered(found.model)


def test_a_hybrid_that_says_only_how_many_layers_attend_is_refused(tmp_path: Path) -> None:
    _, found = import_config(save(tmp_path, TINY), id="tiny")
    a = found.model.architecture
    assert a is not None and not uncovered(found.model)
    hybrid = found.model.model_copy(update={"architecture": a.model_copy(update={"attention_blocks": 1})})
    assert uncovered(hybrid) == "no equations here describe what 3 of 4 layers have instead of attention"


def test_parameters_are_counted_beside_what_is_stated(tmp_path: Path) -> None:
    file = save(tmp_path, TINY)
    # by hand: 2 embeddings, 4 layers of attention (q, k, v, o), 3 matrices and 2 norms, one norm at the end
    by_hand = 2 * 1000 * 64 + 4 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128 + 2 * 64) + 64
    _, bare = import_config(file, id="tiny")
    assert bare.counted == by_hand
    _, near = import_config(file, id="tiny", parameters=by_hand * 1.005)
    _, far = import_config(file, id="tiny", parameters=by_hand * 1.02)
    assert near.model.parameters.si == pytest.approx(by_hand * 1.005, rel=1e-4)
    assert far.model.parameters.si == pytest.approx(by_hand, rel=1e-4)
    assert far.model.parameters.note and "by the publisher" in far.model.parameters.note


def test_an_entry_that_is_written_passes_lint_and_is_not_replaced(tmp_path: Path) -> None:
    _, found = import_config(save(tmp_path, TINY), hub="acme/Tiny-1B", date="2026-05")
    file = write(found, tmp_path / "mine")
    for n, stated in enumerate((found.counted, 1e6)):
        write(import_config(save(tmp_path, TINY), id=f"stated-{n}", parameters=stated)[1], tmp_path / "mine")
    catalog = Catalog([tmp_path / "mine"])
    assert not [p for p in lint_all(catalog) if str(tmp_path) in str(p.file)]
    assert catalog.get("models", "acme/tiny-1b") == found.model
    assert write(found, tmp_path / "mine") == file
    file.write_text(file.read_text() + "# mine\n")
    with pytest.raises(InputError, match="is there and says something else"):
        write(found, tmp_path / "mine")


@pytest.mark.parametrize(
    ("quantization", "words"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "FP8 in blocks of 128 x 128"),
        (
            {"quant_method": "mxfp4", "modules_to_not_convert": ["a", "b"]},
            "MXFP4 in groups of 32, except 2 named modules (BF16)",
        ),
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, "AWQ 4 bit in groups of 128"),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "GPTQ 4 bit in groups of 128"),
        (
            {
                "quant_method": "modelopt",
                "quant_algo": "NVFP4",
                "group_size": 16,
                "kv_cache_scheme": {"type": "float", "num_bits": 8},
            },
            "NVFP4 in groups of 16, cache FP8",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "format": "pack-quantized",
                "config_groups": {"g": {"weights": {"num_bits": 4, "group_size": 32}}},
            },
            "INT4 in groups of 32",
        ),
    ],
    ids=["fp8", "mxfp4", "awq", "gptq", "nvfp4", "int4"],
)
def test_the_format_of_the_weights_is_named(tmp_path: Path, quantization: dict[str, Any], words: str) -> None:
    assert read_shape(save(tmp_path, {**TINY, "quantization_config": quantization})).weights == words


def test_a_format_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    quantization = {"quant_algo": "NVFP4", "group_size": 16, "kv_cache_quant_algo": "FP8"}
    save(tmp_path, {"quantization": quantization}, "hf_quant_config.json")
    assert read_shape(save(tmp_path, TINY)).weights == "NVFP4 in groups of 16, cache FP8"


def test_a_wrapper_is_opened_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    inside = {**TINY, "model_type": "qwen3_vl_text", "num_nextn_predict_layers": 1}
    outside = {"model_type": "qwen3_vl", "tie_word_embeddings": True, "text_config": inside}
    shape = read_shape(save(tmp_path, {**outside, "vision_config": {"depth": 24, "hidden_size": 1024}}))
    assert shape.architecture["tied_embeddings"] is True
    assert shape.left_out == ("vision tower (24 layers x 1024)", "1 layer that predicts further tokens")


@pytest.mark.parametrize("key", ["num_memory_layers", "attn_window_per_head", "expert_kinds", "lora_rank_kv"])
def test_an_unknown_key_that_may_matter_is_refused_by_name(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match=f"what '{key}' means for the shape is not known"):
        read_shape(save(tmp_path, {**TINY, key: 7}))
    assert key in read_shape(save(tmp_path, {**TINY, key: None})).unread


def test_other_keys_are_listed(tmp_path: Path) -> None:
    shape = read_shape(save(tmp_path, {**TINY, "rope_theta": 1e4, "pad_token_id": 0}))
    assert shape.unread == ("rope_theta", "pad_token_id")


def test_a_window_beside_another_branch_is_no_layers_only_sight(tmp_path: Path) -> None:
    keys = {"model_type": "deepseek_v4", "compress_ratios": [0, 4, 128, 4], "sliding_window": 8}
    shape = read_shape(save(tmp_path, {**TINY, **keys}))
    assert (shape.architecture["sliding_window"], shape.architecture["sliding_layers"]) == (8, 1)
