"""Launch lines as people write them: read as they are meant, and nothing dropped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from lines import LINES, Line

from catalogs.errors import InputError
from designer.launching.api import evaluate_launch, stated_by


def given(line: Line, folder: Path) -> str:
    """What `--from` is given: the line, or the file of settings where there is no line."""
    for name, text in line.files.items():
        (folder / name).write_text(text, "utf-8")
    if line.text and next(iter(line.files.values()), "") != line.text:
        return line.text
    return str(folder / next(iter(line.files)))


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_line_is_read_as_it_is_meant(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = LINES[name]
    monkeypatch.chdir(tmp_path)
    training = name.split(",")[0] in ("megatron", "torchtitan", "deepspeed", "accelerate")
    result, _ = evaluate_launch(
        given(line, tmp_path), node=line.node, ignore=line.ignore, sets=line.sets,
        nodes=2 if "only options" in name else 1 if training and not line.text else None,
    )  # fmt: skip
    assert result.model == line.model
    said = stated_by(given(line, tmp_path), line.ignore).decisions
    assert {n: said.get(n, result.evaluation.design[n]) for n in line.says} == line.says
    for option in line.named:
        assert any(r.startswith(option) for r in result.remarks), (option, result.remarks)


EXPERTS_APART = {"vllm": "--enable-expert-parallel", "python": "--ep-size 16"}


@pytest.mark.parametrize(
    "line",
    [
        "vllm serve deepseek-ai/DeepSeek-V3 -tp 8 -dp 2",
        "python -m sglang.launch_server --model-path deepseek-ai/DeepSeek-R1 --tp-size 16 --dp-size 8"
        " --enable-dp-attention --nnodes 2",
    ],
)
def test_experts_split_over_more_than_a_tensor_group_are_no_layout_that_does_not_run(line: str) -> None:
    """Engines run it, with experts in 16 parts; no equation here describes that, and it is said."""
    assert stated_by(line, ()).decisions["etp"] == 16
    with pytest.raises(InputError, match=r"split over 16 ranks.*not modelled here"):
        evaluate_launch(line, node="p5en.48xlarge")
    assert evaluate_launch(f"{line} {EXPERTS_APART[line.split()[0]]}", node="p5en.48xlarge")[0].model


def test_at_least_forty_lines() -> None:
    assert len(LINES) >= 40
