"""A design as launch files: nothing decided is lost, and no text is read as anything else."""

from __future__ import annotations

import ast
import difflib
import json
import re
import shlex
import subprocess
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from launches import drawn, frontiers, random_launches, written

import designer
from catalogs import default_catalog
from catalogs.errors import InputError
from designer.cli import main
from designer.exporting.launch import Launch
from designer.exporting.stages import chunk_layers, stage_layers
from designer.exporting.target import NEUTRAL, Target, files_of, neutral, targets, unread
from designer.jobs import DECISIONS
from designer.reading.loading import load, locate

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden"
TARGETS = targets()
# Text that a shell, YAML, TOML or Python would run, or take for something else.
HOSTILE = (
    "$(touch stolen)", "`touch stolen`", "a; touch stolen", "a\n- b: c", "'\"; touch stolen #", "!!python/x",
    "on", "1e5", "\\", "${HOME}", "a'''\nimport os\nb = '''", "*x", "&x", "# x", "%x", "@x", "{a: b}", "[a]", "a: b",
)  # fmt: skip
# One design of each target, written out: a scenario, a design, and the checkpoint where one must be named.
FINETUNE = "precision=bf16,dp=8,node_count=1,recompute=full,node=p5.48xlarge,micro_batch=2"
SHOWN = {
    "accelerate": ("llama-3.1-8b-finetune", "A", None),
    "deepspeed": ("llama-3.1-8b-finetune", FINETUNE, None),
    "dynamo": ("deepseek-v3-decode", "A", None),
    "kubernetes": ("llama-3.1-70b-chat", "A", None),
    "llm-d": ("deepseek-v3-decode", "A", None),
    "maxtext": ("llama-3.1-8b-finetune", FINETUNE, None),
    "megatron": ("llama-3.1-405b-pretrain", "A", None),
    "megatron-bridge": ("llama-3.1-405b-30-days", "A", None),
    "ray-serve": ("llama-3.1-70b-chat", "A", None),
    "sglang": ("deepseek-v3-decode", "A", None),
    "tensorrt-llm": ("llama-3.1-70b-chat", "A", "someone/llama-3.1-70b-fp8"),
    "torchtitan": ("llama-3.1-8b-finetune", "D", None),
    "vllm": ("deepseek-v3-decode", "A", None),
}


@cache
def one(name: str) -> Launch:
    """A launch that the target takes."""
    target = TARGETS[name]
    found = (d.launch for d in (*frontiers(), *random_launches(name, 60)) if d.launch.job in target.jobs)
    return next(x for x in found if isinstance(written(target, x), dict))


@pytest.mark.parametrize("name", TARGETS)
def test_golden(name: str, update_golden: bool) -> None:
    scenario, design, checkpoint = SHOWN[name]
    result = designer.export(scenario, design, name, checkpoint=checkpoint)
    said = "".join(f"==> {n} <==\n{text}" for n, text in result.files.items())
    file = GOLDEN / f"{name}.txt"
    if update_golden:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(said, "utf-8")
    difference = "\n".join(difflib.unified_diff(file.read_text("utf-8").splitlines(), said.splitlines(), n=1))
    assert not difference, f"{difference}\n\n(intended? pytest tests/export --update-golden)"


def test_every_target_has_a_golden_file() -> None:
    assert set(SHOWN) == set(TARGETS)
    assert {f.stem for f in GOLDEN.glob("*.txt")} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_target_declares_is_what_it_reads(name: str) -> None:
    """A decision that is declared and not looked at would be lost."""
    target = TARGETS[name]
    read: set[str] = set()
    had: set[str] = set()
    everything = (*frontiers(), *random_launches(name, 60))
    for launch in (d.launch for d in everything):
        if not isinstance(written(target, launch), dict):
            continue
        seen = launch.read_by(target.reads)
        target.write(seen)
        read |= seen.decisions.read
        had |= set(launch.all_decisions)
        skipped = set(launch.all_decisions) & target.reads - seen.decisions.read
        assert all(
            n == "engine" or neutral(n, launch.all_decisions[n], launch.all_decisions) for n in skipped
        ), skipped
    assert read >= (target.reads & had) - {"engine"}


@pytest.mark.parametrize("name", TARGETS)
def test_every_decision_is_read_or_refused_by_name(name: str) -> None:
    """Whatever else is decided, and not neutral, is a refusal that names it."""
    target, launch = TARGETS[name], one(name)
    for decision in sorted(DECISIONS.keys() - target.reads):
        more = replace(launch, all_decisions={**launch.all_decisions, decision: "something"})
        if neutral(decision, "something", more.all_decisions):
            assert decision in {"model", "node", "node_count", "region", "dataset_tokens", "sp", "sharding"}
            continue
        assert decision in unread(target, more.all_decisions)
        with pytest.raises(InputError) as refused:
            files_of(more, target)
        assert f"{decision} something" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_neutral_values_are_values_of_decisions() -> None:
    assert set(NEUTRAL) <= DECISIONS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_a_decision_changes_the_files_or_is_refused(name: str) -> None:
    """Two designs that differ in what a launcher is told differ in its files."""
    target = TARGETS[name]
    by_text: dict[str, dict[str, object]] = {}
    for d in (*frontiers(), *random_launches(name, 60)):
        files = written(target, d.launch)
        if isinstance(files, str):
            continue
        text = "\n".join(
            line
            for t in files.values()
            for line in t.splitlines()
            if line.startswith("#SBATCH") or not line.lstrip().startswith(("#", "//"))
        )
        told = {
            n: v
            for n, v in d.launch.all_decisions.items()
            if n in target.reads and n not in ("engine", "samples")
        }
        before = by_text.setdefault(text, told)
        differ = {n for n in told if told[n] != before[n]}
        both = [{**d.launch.all_decisions, **t} for t in (told, before)]
        assert all(neutral(n, t[n], t) for n in differ for t in both), f"{d.name}: {differ}"


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_run(name: str, text: str, tmp_path: Path) -> None:
    """Names of scenarios, files and checkpoints are words to a shell and texts to YAML, whatever is in them."""
    target, launch = TARGETS[name], one(name)
    model = replace(launch.model, checkpoint=text)
    bad = replace(launch, scenario=text, model=model, again=(f"designer plan {text}",), label=text)
    files = files_of(bad, target)
    for file, content in files.items():
        (tmp_path / file).write_text(content)
        if content.startswith("#!"):
            assert subprocess.run(["bash", "-n", file], cwd=tmp_path, capture_output=True).returncode == 0
        if file.endswith(".yaml"):
            documents = list(yaml.safe_load_all(content))
            assert documents and all(isinstance(d, dict) for d in documents)
        if file.endswith(".toml"):
            assert tomllib.loads(content)
        if file.endswith(".json"):
            assert json.loads(content)
        if file.endswith(".py"):
            assert {type(n) for n in ast.parse(content).body} <= {
                ast.Import,
                ast.ImportFrom,
                ast.FunctionDef,
                ast.If,
            }
        for line in content.splitlines():
            assert line.isprintable(), line
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_start_script_keeps_words_whole(text: str, tmp_path: Path) -> None:
    """What bash makes of the arguments of a start script is what was written."""
    for name in TARGETS:
        launch = one(name)
        files = files_of(replace(launch, model=replace(launch.model, checkpoint=text)), TARGETS[name])
        for script in (t for n, t in files.items() if "\nARGS=(\n" in t):
            array = script[script.index("ARGS=(") : script.index("\n)\n") + 3]
            shown = subprocess.run(
                ["bash", "-c", f'{array}printf "%s\\0" "${{ARGS[@]}}"'],
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
            assert shown.stdout.split("\0")[:-1] == shlex.split(
                array.removeprefix("ARGS=(").rstrip(")\n"), comments=True
            )
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize(
    ("layers", "pp", "vpp"), [(126, 16, 8), (61, 4, 8), (96, 8, 4), (61, 16, 1), (7, 2, 2), (5, 4, 1)]
)
def test_virtual_stages_hold_what_stages_do(layers: int, pp: int, vpp: int) -> None:
    chunks = chunk_layers(layers, pp, vpp)
    assert len(chunks) == pp * vpp and sum(chunks) == layers
    assert [sum(chunks[r::pp]) for r in range(pp)] == stage_layers(layers, pp)
    assert max(chunks) == -(-layers // (pp * vpp))


def test_the_command_that_is_said_gives_the_design_again() -> None:
    layout = {"tp": 8, "pp": 16, "dp": 128, "vpp": 4, "checkpoint_interval": 7 * 3600.0}
    result = designer.export("llama-3.1-405b-pretrain", layout, "megatron")
    said = re.search(r"again     (designer evaluate .*)", result.files["megatron.sh"])
    assert said
    words = shlex.split(said[1])
    text = words[words.index("--design") + 1]
    assert designer.export("llama-3.1-405b-pretrain", text, "megatron").design == result.design


def test_one_line_and_exit_code_one(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, why in (
        (["private-finetune", "A", "--to", "megatron"], "megatron has no way to say clipping per_sample"),
        (["llama-3.1-70b-chat", "A", "--to", "megatron"], "megatron is for training"),
        (["llama-3.1-70b-chat", "A", "--to", "vlm"], "unknown target 'vlm'; did you mean 'vllm'?"),
        (["llama-3.1-70b-chat", "ZZ", "--to", "vllm"], "no design 'ZZ'"),
        (["llama-3.1-70b-chat", "tp=9", "--to", "vllm"], "does not run"),
        (["llama-3.1-70b-chat", "A", "--to", "vllm", "--checkpoint", "--x"], "reads as an option"),
    ):
        assert main(["export", *arguments]) == 1
        out, err = capsys.readouterr()
        assert not out and why in err and err.count("\n") == 1


def test_files_are_written_and_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["export", "llama-3.1-70b-chat", "A", "--to", "vllm", "--out", str(tmp_path / "run")]
    assert main(command) == 0 and main(command) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(tmp_path / "run" / "vllm.yaml")
    assert (tmp_path / "run" / "vllm.sh").stat().st_mode & 0o111
    (tmp_path / "run" / "vllm.sh").write_text("mine")
    assert main(command) == 1
    assert "take another folder" in capsys.readouterr().err
    assert (tmp_path / "run" / "vllm.sh").read_text() == "mine"


def test_a_named_checkpoint_brings_its_formats() -> None:
    with pytest.raises(InputError, match="weights int4 with precision bf16 need a checkpoint"):
        designer.export("edge-8b", "A", "vllm")
    files = designer.export("edge-8b", "A", "vllm", checkpoint="someone/llama-3.1-8b-awq").files
    assert (
        "model: someone/llama-3.1-8b-awq" in files["vllm.yaml"] and "quantization" not in files["vllm.yaml"]
    )


def test_a_design_that_breaks_a_budget_says_so() -> None:
    question = load(locate("llama-3.1-70b-chat"), ["budgets.tpot_p99=1 ms"], default_catalog())
    design = next(d.launch for d in frontiers() if d.launch.scenario == "llama-3.1-70b-chat").all_decisions
    files = files_of(drawn(question, "chat", dict(design), "").launch, TARGETS["vllm"])
    assert "MISSES tpot_p99 <= 1 ms" in files["vllm.yaml"]


def test_targets_are_told_apart() -> None:
    assert all(isinstance(t, Target) and n == t.name for n, t in TARGETS.items())


def test_pools_that_are_apart_are_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "llama-3.1-70b-apart", "A", "--to", "vllm"]) == 1
    said = capsys.readouterr().err.strip()
    assert said == "prefill and decode are pools of their own, and no launcher here is told of more than one"
