"""A scenario names a model by its config.json, and the command line makes an entry of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from published_configs import LIKE, TINY

import designer
from catalogs.errors import InputError
from designer.cli import main
from designer.reading.loading import load

SCENARIO = """
name: own
workload: {job: serving, model: MODEL, rate: 5 request/s,
           lengths: [{input: 1000 token, output: 200 token, share: 1}]}
candidates: {node: dgx-h100, node_count: 1, tp: 1, batch: 8}
objectives: [cost]
"""


def scenario(folder: Path, model: str) -> Path:
    file = folder / "own.yaml"
    file.write_text(SCENARIO.replace("MODEL", model), encoding="utf-8")
    return file


def put(folder: Path, config: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def test_a_configuration_plans_as_the_entry_of_its_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "mine", LIKE["llama-3.1-8b"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    own = designer.plan(scenario(tmp_path, "./mine/config.json"))
    shipped = designer.plan(scenario(tmp_path, "llama-3.1-8b"))
    assert own.frontier and own.frontier[0].design == shipped.frontier[0].design
    assert own.frontier[0].metrics == shipped.frontier[0].metrics
    assert any("mine/config.json" in note for note in own.notes)


def test_an_export_knows_the_model_too(tmp_path: Path) -> None:
    put(tmp_path / "mine", LIKE["llama-3.1-8b"])
    files = designer.export(scenario(tmp_path, "mine/config.json"), "A", "vllm", checkpoint="mine").files
    assert "model: mine" in files["vllm.yaml"]


def test_an_override_is_relative_to_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "here" / "tiny", LIKE["llama-3.1-8b"])
    monkeypatch.chdir(tmp_path / "here")
    file = scenario(tmp_path, "llama-3-70b")
    assert load(file, ["workload.model=tiny/config.json"]).scenario.workload.model == "tiny"
    with pytest.raises(InputError, match="No such file"):
        load(scenario(tmp_path, "tiny/config.json"))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({**TINY, "model_type": "qwen3_next"}, "linear_num_value_heads: missing, though layers have linear attention"),
            ({**TINY, "hc_mult": 4}, "no equations here describe several residual streams"),
        ({**TINY, "num_memory_layers": 2}, "what 'num_memory_layers' means"),
        ({**TINY, "hidden_size": "64"}, "hidden_size: expected a whole number"),
    ],
)
def test_a_configuration_that_cannot_be_planned_is_refused_at_its_line(
    tmp_path: Path, config: Any, words: str
) -> None:
    put(tmp_path, config)
    with pytest.raises(InputError) as found:
        load(scenario(tmp_path, "config.json"))
    assert str(found.value).startswith(f"{tmp_path}/own.yaml:3:")
    assert words in str(found.value) and "\n" not in str(found.value)


def test_an_id_that_is_taken_is_not_overlaid_in_silence(tmp_path: Path) -> None:
    put(tmp_path / "llama-3-70b", TINY)
    with pytest.raises(InputError, match="is an entry of"):
        load(scenario(tmp_path, "llama-3-70b/config.json"))


def output(args: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(args) == 0
    return capsys.readouterr().out


def test_the_command_prints_an_entry_or_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, TINY)
    asked = ["catalog", "import", str(tmp_path / "config.json"), "--id", "tiny"]
    printed = output([*asked, "--parameters", "2.6e5"], capsys)
    assert "# parameters" in printed and "\nid: tiny\n" in printed
    assert str(tmp_path / "own" / "models" / "tiny.yaml") in output(
        [*asked, "--out", str(tmp_path / "own")], capsys
    )
    listed = output(["catalog", "list", "models", "--catalog", str(tmp_path / "own")], capsys)
    assert "kimi-k3   (not planned: no equations here describe attention to the outputs of earlier layers" in listed
    assert "\nllama-3-70b\n" in listed
