"""The tools of the server: what they answer, by the published schemas, and what they refuse to read."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from catalogs import default_catalog
from catalogs.errors import InputError
from designer.mcp.folder import Folder
from designer.mcp.tools import TOOLS, answer

CHAT = "llama-3.1-70b-chat"
LINE = "vllm serve meta-llama/Llama-3.1-8B-Instruct -tp 1"
CALLS = {
    "plan": {"scenario": CHAT, "sets": ["candidates.node=p5.48xlarge"]},
    "explain": {"scenario": CHAT, "design": "tp=4", "quantities": ["tpot"]},
    "evaluate": {"scenario": CHAT, "design": "tp=8"},
    "launch": {"launch": LINE, "node": "p5.48xlarge"},
    "size": {"scenario": CHAT, "devices": [32], "specs": ["memory_bandwidth"]},
    "catalog": {"kind": "accelerators", "entry": "h100-sxm"},
    "check": {"scenario": CHAT},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [t.name for t in TOOLS])
def test_a_tool_answers_by_its_schema(name: str, tmp_path: Path) -> None:
    tool = next(t for t in TOOLS if t.name == name)
    jsonschema.validate(CALLS[name], tool.input_schema)
    found = answer(name, CALLS[name], Folder(tmp_path), default_catalog())
    if tool.output_schema:
        jsonschema.validate(found, tool.output_schema)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("plan", {"scenario": "/etc/passwd"}),
        ("plan", {"scenario": "../outside.yaml"}),
        ("plan", {"scenario": "link.yaml"}),
        ("plan", {"scenario": "names-outside.yaml"}),
        ("plan", {"scenario": CHAT, "sets": ["workload.model=../config.json"]}),
        ("launch", {"launch": "/etc/passwd", "node": "p5.48xlarge"}),
        ("launch", {"launch": "vllm serve --config ../outside.yaml", "node": "p5.48xlarge"}),
        ("launch", {"launch": LINE, "node": "p5.48xlarge", "sets": ["workload.model=/x/config.json"]}),
        ("check", {"scenario": CHAT, "against": "../outside.yaml"}),
        ("check", {"scenario": CHAT, "against": "link.yaml"}),
    ],
)
def test_no_file_outside_is_read(
    name: str, arguments: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.yaml").write_text("ttft_p99: 1 s\n")
    (tmp_path / "config.json").write_text("{}")
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (inside / "names-outside.yaml").write_text("name: x\nworkload: {job: serving, model: ../config.json}\n")
    monkeypatch.chdir(inside)
    with pytest.raises(InputError, match="outside"):
        answer(name, arguments, Folder(inside), default_catalog())


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("paln", {}, "did you mean 'plan'"),
        ("plan", {}, "missing scenario"),
        ("plan", {"scenario": 3}, "expected string"),
        ("plan", {"scenario": CHAT, "set": []}, "did you mean 'sets'"),
        ("launch", {"launch": LINE, "nodes": 0}, "below 1"),
        ("launch", {"launch": LINE, "nodes": True}, "expected integer"),
    ],
)
def test_arguments_that_are_none(name: str, arguments: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        answer(name, arguments, Folder(tmp_path), default_catalog())
