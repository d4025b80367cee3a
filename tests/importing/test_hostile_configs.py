"""Whatever a config.json holds: one clear line, nothing run, nothing written elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from published_configs import TINY

from catalogs import yaml
from catalogs.errors import InputError
from designer.importing.api import import_config, write
from designer.importing.config import MAX_BYTES


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as found:
        import_config(path, **options)
    text = str(found.value)
    assert "\n" not in text and len(text) < 400
    return text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("model_type: !!python/object/apply:os.system ['touch ran']", "not JSON"),
        ("[1]", "a list at the top level"),
        ("7", "at the top level"),
        ("[" * 200_000, "nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "not a configuration"),
        (b"\xff\xfe\x00".decode("latin-1"), "not"),
        ("{}", "model_type: missing"),
        ('{"model_type": ["llama"]}', "expected text, found a list"),
        ('{"model_type": "llamma"}', "did you mean 'llama'"),
        ('{"model_type": "llama", "text_config": 3}', "text_config: expected a mapping"),
    ],
)
def test_what_is_no_configuration_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(text, encoding="latin-1")
    assert words in refused(file)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", "4; touch ran"),
        ("num_hidden_layers", True),
        ("num_hidden_layers", -4),
        ("num_hidden_layers", 4.5),
        ("num_hidden_layers", 10**9),
        ("num_hidden_layers", 10**40),
        ("hidden_size", None),
        ("hidden_size", {"a": 1}),
        ("num_key_value_heads", 3),
        ("num_attention_heads", [4]),
        ("tie_word_embeddings", "no"),
        ("layer_types", ["full_attention"]),
        ("layer_types", ["full_attention", {}, None, 3]),
        ("layer_types", "full_attention"),
        ("attention_bias", 1),
        ("linear_attn_config", []),
        ("moe_layer_freq", "all"),
        ("quantization_config", "fp8"),
        ("vision_config", 3),
        ("vocab_size", float("inf")),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, key: str, value: Any) -> None:
    moe = {"num_experts": 4, "num_experts_per_tok": 2} if key == "moe_layer_freq" else {}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**TINY, **moe, key: value}), encoding="utf-8")
    text = refused(file)
    assert key in text or "heads" in text or "layers" in text


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    with file.open("wb") as f:
        f.truncate(100_000_000)
    assert f"100,000,000 bytes; a config.json has at most {MAX_BYTES:,}" in refused(file)


def test_a_folder_and_a_file_that_is_not_there_are_said(tmp_path: Path) -> None:
    assert "not a file" in refused(tmp_path)
    assert "No such file" in refused(tmp_path / "config.json")


@pytest.mark.parametrize("id", ["../x", "a/b", "X", "", "a" + chr(0), "a\nb", "."])
def test_an_entry_stays_in_its_folder(tmp_path: Path, id: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(TINY), encoding="utf-8")
    if id:
        assert "--id" in refused(file, id=id)
    _, found = import_config(file, id="tiny")
    assert write(found, tmp_path / "mine").parent == tmp_path / "mine" / "models"


@pytest.mark.parametrize(
    "text", ["!!python/name:os.system", "*x", "a: b", "{", "'", '"', "\n- a", "#", "é\u2028", "%YAML"]
)
def test_texts_are_texts_in_the_entry(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    quantization = {"quant_method": text, "kv_cache_scheme": text}
    file.write_text(
        json.dumps({**TINY, "dtype": text, "quantization_config": quantization}), encoding="utf-8"
    )
    _, found = import_config(file, id="tiny", source=text)
    again = yaml.parse(found.text, "tiny.yaml").data
    assert again["sources"]["config"]["ref"] == text
    assert again["notes"] == found.model.notes
    assert set(again) <= {
        "id",
        "name",
        "family",
        "kind",
        "attention",
        "notes",
        "sources",
        "architecture",
        "parameters",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"hub": "a"},
        {"hub": "../a/b"},
        {"parameters": -1.0},
        {"parameters": float("nan")},
        {"parameters": float("inf")},
        {"date": "soon"},
    ],
)
def test_options_are_checked(tmp_path: Path, options: dict[str, Any]) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(TINY), encoding="utf-8")
    assert f"--{next(iter(options))}" in refused(file, id="tiny", **options)
