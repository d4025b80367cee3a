"""A scenario is served by the engine it names, in every command, and by the default one where it names none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import designer
from catalogs import Catalog
from catalogs.errors import InputError
from designer.cli import main
from designer.reading.loading import load, locate

pytestmark = pytest.mark.slow

CATALOG = Catalog()
JOBS = ("llama-3.1-70b-chat", "llama-3.1-70b-64-users", "corpus-embedding")
ENGINES = CATALOG.ids("engines")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_its_numbers(name: str, engine: str) -> None:
    """Naming an engine does what assuming each of its numbers does, and says where they are from."""
    named = load(locate(name), [f"engine={engine}"], CATALOG)
    values = {n: f for n, f in CATALOG.get("engines", engine).values.items() if n in named.units}
    assumed = load(locate(name), [f"assume.{n}={f.text}" for n, f in values.items()], CATALOG)
    ours, theirs = (q.bundle(q.first_design()) for q in (named, assumed))
    read = ours.keys() & named.units.keys()
    assert {n: ours[n].si for n in read} == pytest.approx({n: theirs[n].si for n in read}, nan_ok=True)
    assert len(values) > 5
    assert all(ours[n].source.startswith(f"engines/{engine}") for n in values)
    assert named.first_design()["engine"] == engine
    assert any(note.startswith(f"engine {engine}: ") for note in named.notes)


@pytest.mark.parametrize("name", JOBS)
def test_without_a_name_it_is_the_default_engine(name: str) -> None:
    plain, named = (load(locate(name), s, CATALOG) for s in ([], ["engine=default"]))
    ours, theirs = (q.bundle(q.first_design()) for q in (plain, named))
    assert {n: k.si for n, k in ours.items()} == pytest.approx(
        {n: k.si for n, k in theirs.items()}, nan_ok=True
    )
    assert "engine" not in plain.first_design()


def test_an_assumption_of_the_scenario_outweighs_the_engine() -> None:
    question = load(locate(JOBS[0]), ["engine=vllm", "assume.host_step_overhead=1 s"], CATALOG)
    assert question.bundle(question.first_design())["host_step_overhead"].si == 1.0


def test_what_an_engine_leaves_out_is_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "mine.yaml").write_text(
        "id: mine\nname: Mine\nsources:\n  runs: {ref: own runs, date: 2026-11}\n"
        "values:\n  host_step_overhead: {value: 2 ms, kind: measured, source: runs}\n"
    )
    question = load(locate(JOBS[0]), ["engine=mine"], Catalog([tmp_path]))
    numbers = question.bundle(question.first_design())
    assert numbers["host_step_overhead"].si == 2e-3
    assert numbers["host_layer_time"].source.startswith("engines/default")


def test_engines_compared_are_the_engines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The best of several engines is the best that each reaches alone."""
    names = ("vllm", "sglang", "tensorrt-llm")

    def best(*sets: str) -> float:
        plan = designer.plan(JOBS[0], ["objectives=[tpot_p99]", *sets], CATALOG)
        return min(d.metrics["tpot_p99"].value or 0 for d in plan.frontier)

    alone = {n: best(f"engine={n}") for n in names}
    assert best(f"candidates.engine=[{', '.join(names)}]") == min(alone.values())
    plan = designer.plan(
        JOBS[0], ["objectives=[tpot_p99]", f"candidates.engine=[{', '.join(names)}]"], CATALOG
    )
    assert {d.design["engine"] for d in plan.frontier} == {min(alone, key=lambda n: alone[n])}


def test_every_command_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    slow = ["--set", "engine=vllm-early"]
    chat = "llama-3.1-70b-chat-20ms"
    for verb in (["explain", JOBS[0], "A"], ["plan", JOBS[0]]):
        answer = asked(capsys, *verb, *slow)
        design = answer.get("design") or answer["frontier"][0]["design"]
        assert design["engine"] == "vllm-early"
        assert any("engine vllm-early" in n for n in answer["notes"])

    def needed(*arguments: str) -> float:
        rows = asked(capsys, "size", chat, "--devices", "96", *arguments)["rows"]
        return next(float(n["value"]) for n in rows[0]["needs"] if n["spec"] == "memory_bandwidth")

    assert needed(*slow) > needed("--set", "engine=tensorrt-llm")


@pytest.mark.parametrize(
    ("name", "sets", "said"),
    [
        (JOBS[0], ["engine=vlm"], "engine: unknown engine 'vlm'; did you mean 'vllm'?"),
        (JOBS[0], ["candidates.engine=[vllm, sglan]"], "unknown engine 'sglan'; did you mean 'sglang'?"),
        (JOBS[0], ["engine=vllm", "candidates.engine=sglang"], "either engine or candidates.engine"),
        (
            "gpt-3-175b-carbon",
            ["engine=vllm"],
            "unused by a training workload, which has 'framework' instead",
        ),
        ("gpt-3-175b-carbon", ["candidates.engine=vllm"], "'engine' of this training workload"),
    ],
)
def test_a_mistake_is_one_line(name: str, sets: list[str], said: str) -> None:
    with pytest.raises(InputError, match="--set") as e:
        load(locate(name), sets, CATALOG)
    assert said in str(e.value)
    assert len(e.value.problems) == 1


def test_a_fleet_is_served_by_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(
        "name: f\nworkloads:\n  - name: chat\n    scenario: llama-3.1-70b-chat\n    set: [engine=sglang]\n"
        "inventory:\n  - {node: p5e.48xlarge, region: aws-us-west-2, nodes: 16}\nobjectives: [cost]\n"
    )
    assert '"engine": "sglang"' in json.dumps(asked(capsys, "fleet", str(file)))


def test_a_sweep_goes_over_engines(tmp_path: Path) -> None:
    over = {"engine": ["vllm", "tensorrt-llm"]}
    frame = designer.sweep(JOBS[0], tmp_path / "out", over, ["objectives=[tpot_p99]"]).to_frame()
    best = frame.groupby("engine")["tpot_p99"].min()
    assert best["tensorrt-llm"] != best["vllm"]
