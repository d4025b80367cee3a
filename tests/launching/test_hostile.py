"""Hostile text: it is never run, and each is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer.cli import main
from designer.launching.shell import script_of

SERVE = "vllm serve meta-llama/Llama-3.1-8B-Instruct"
HOSTILE = {
    "nothing": "",
    "no launcher": "rm -rf /",
    "a substitution": "vllm serve $(touch stolen)",
    "backquotes": "vllm serve `touch stolen`",
    "an argument that is run": f"{SERVE} -tp $(touch stolen; echo 8)",
    "a variable of nobody": f"{SERVE} --tensor-parallel-size $TP",
    "a word": f"{SERVE} --tensor-parallel-size eight",
    "zero": f"{SERVE} --tensor-parallel-size 0",
    "endless": f"{SERVE} -tp {'9' * 400}",
    "not a share": f"{SERVE} --gpu-memory-utilization nan",
    "a file outside": f"{SERVE} --config ../../../etc/passwd",
    "an absolute file": f"{SERVE} --config /etc/passwd",
    "variables that grow": "A=xxxxxxxxxx\n" + "A=$A$A$A$A\n" * 40 + "vllm serve $A",
    "an open quote": "vllm serve 'a",
    "arithmetic": f"{SERVE} -tp $((9**9**9**9))",
    "deep arithmetic": f"{SERVE} -tp $(({'(' * 5000}1{')' * 5000}))",
    "a script that starts itself": "bash ./loop.sh",
    "more devices than are shown": f"CUDA_VISIBLE_DEVICES=0 {SERVE} -tp 8",
}
FILES = {
    "tags.yaml": "apiVersion: v1\nkind: Pod\nspec: !!python/object/apply:os.system ['touch stolen']\n",
    "anchors.yaml": "a: &a [x, x]\nb: [*a, *a, *a]\n",
    "deep.json": "[" * 100_000,
    "list.json": "[1, 2]",
    "bad.toml": "[training\nseq_len = 1",
    "empty.yaml": "",
    "other.yaml": "name: x\nvalue: 1\n",
    "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n",
    "binary.sh": "vllm serve \udcff",
    "no-copies.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: -3\n  template:\n    spec:\n"
    "      containers:\n"
    "      - {name: v, image: vllm/vllm-openai, args: [--model, m]}\n",
}


def refused(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(args)
    out, err = capsys.readouterr()
    assert code == 1 and not out and len(err.splitlines()) == 1, (code, out, err)
    assert "internal error" not in err and "Traceback" not in err and len(err) < 2000
    assert not Path("stolen").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_line(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.sh").write_text("bash ./loop.sh\n")
    refused(["evaluate", "--from", HOSTILE[name] or " ", "--node", "p5.48xlarge"], capsys)


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(FILES[name].encode("utf-8", "surrogateescape"))
    refused(["evaluate", "--from", name, "--node", "p5.48xlarge"], capsys)


def test_a_huge_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "huge.sh").open("wb") as f:
        f.truncate(100_000_000)
    refused(["evaluate", "--from", "huge.sh", "--node", "p5.48xlarge"], capsys)


def test_a_link_out_of_the_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.yaml").write_text("model: x\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "c.yaml").symlink_to(tmp_path / "secret.yaml")
    monkeypatch.chdir(inside)
    refused(["evaluate", "--from", "vllm serve --config c.yaml", "--node", "p5.48xlarge"], capsys)


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ("--speculative-config '{}'", "speculation"),
        ("--cpu-offload-gb 10", "host"),
        ("--enable-lora", "adapters"),
        ("--kv-transfer-config '{}'", "pools"),
        ("-dcp 2", "cache over several devices"),
    ],
)
def test_what_makes_another_answer_is_refused_by_name(
    option: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--from", f"{SERVE} {option}", "--node", "p5.48xlarge"]) == 1
    err = capsys.readouterr().err
    assert word in err and "--ignore" in err


def test_what_a_branch_assigns_is_not_known() -> None:
    text = "TP=1\nif [ $X ]; then\n  TP=8\nfi\nrun --tp $TP\n"
    assert script_of(text).commands[-1] == ["run", "--tp", "$TP"]
