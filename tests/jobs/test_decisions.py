"""Decisions: switches are on or off wherever they are written, and whatever was chosen is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import designer
from catalogs import Catalog, InputError, yaml
from designer.answers.plan import Design, Metric, PlanResult, Proof
from designer.cli import main
from designer.jobs import decided
from designer.question.question import Question
from designer.reading.loading import load, locate, shipped
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.report.plan_text import render

pytestmark = pytest.mark.slow

CATALOG = Catalog()
RUN = """
name: run
workload:
  {job: training, model: llama-3.1-8b, sequence_length: 8192 token, global_batch: 1048576 token, dataset: 1e9 token}
candidates: {node: dgx-h100, node_count: 1, tp: 8, pp: 1, %s}
"""


def asked(candidates: str, more: str = "") -> Question:
    return question_of(SourceMap(yaml.parse(RUN % candidates + more, "run.yaml"), [], CATALOG))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on", ["on"]), ("off", ["off"]), ("'on'", ["on"]), ("true", ["on"]), ("false", ["off"]), ("1", ["on"]),
        ("0", ["off"]), ("[off, on]", ["off", "on"]), ("[0, 1]", ["off", "on"]), ("[false, true]", ["off", "on"]),
        ("[on, 1, true]", ["on"]),
    ],
)  # fmt: skip
def test_a_switch_is_written_as_people_write_it(written: str, read: list[str]) -> None:
    assert asked(f"sp: {written}").domains["sp"] == read
    if not written.startswith("["):
        assert asked("sp: [off, on]", f"baseline: {{sp: {written}}}\n").baseline["sp"] == read[0]


@pytest.mark.parametrize("written", ["maybe", "2", "yes", "1.5", "-1", "[on, perhaps]"])
def test_another_setting_of_a_switch_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="expected on or off"):
        asked(f"sp: {written}")


@pytest.mark.parametrize("key", ["tp", "node", "micro_batch"])
def test_true_is_a_value_of_a_switch_only(key: str) -> None:
    text = RUN % "sp: on"
    text = re.sub(rf"{key}: [\w-]+", f"{key}: true", text) if key in text else RUN % f"{key}: true"
    with pytest.raises(InputError, match="nothing is true or false"):
        question_of(SourceMap(yaml.parse(text, "run.yaml"), [], CATALOG))


def test_rules_read_a_switch_as_a_number() -> None:
    q = asked("sp: [off, on]")
    numbers = [q.bundle({**q.first_design(), "sp": v})["sp"].si for v in ("off", "on")]
    assert numbers == [0.0, 1.0]
    only_on = asked("sp: [off, on]", "rules: [sp == 1]\n")
    assert [t.holds({"sp": n}) for t in only_on.stated if t.text == "sp == 1" for n in numbers] == [
        False,
        True,
    ]


def test_a_design_states_its_switches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(RUN % "sp: [off, on]", "utf-8")
    assert main(["plan", str(file), "--json"]) == 0
    found = {d["design"]["sp"] for d in json.loads(capsys.readouterr().out)["frontier"]}
    assert found <= {"off", "on"} and found
    for setting in ("off", "on", "0", "1"):
        design = f"sp={setting}, dp=1, micro_batch=1, recompute=full, sharding=zero1"
        assert main(["evaluate", str(file), "--design", design]) == 0
        assert f"sp={'on' if setting in ('on', '1') else 'off'}" in capsys.readouterr().out
    assert main(["evaluate", str(file), "--design", "sp=perhaps"]) == 1
    assert "expected on or off" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["0", "off", "1", "[off, on]"])
def test_an_impossible_question_may_hold_a_switch(setting: str) -> None:
    """What a switch could be else is looked at as that of any choice."""
    more = ["budgets.time_to_train=1 min", f"candidates.sp={setting}"]
    result = designer.plan("llama-3.1-8b-finetune", more)
    assert result.status == "infeasible" and result.repairs
    assert all(r.design["sp"] in ("off", "on") for r in result.repairs if r.design)


def answer(q: Question, rows: int) -> PlanResult:
    """An answer with designs that differ in every decision that has several candidates."""
    names = [*dict.fromkeys([*(o.quantity for o in q.objectives), *q.job.columns, "device_memory"])]
    metrics = {n: Metric(value=1.0, unit="") for n in names}
    designs = [
        Design(
            id="ABC"[i],
            design={d.name: q.domains[d.name][-i] for d in q.decisions},
            metrics=metrics,
            edges=[],
            levers={},
        )
        for i in range(rows)
    ]
    proof = Proof(
        complete=True, raw_designs=rows, feasible=rows, dominated=0, cut={}, frontier=rows, method="", seconds=0.0
    )  # fmt: skip
    goals = [("max " if o.sign < 0 else "min ") + o.quantity for o in q.objectives]
    return PlanResult(
        scenario=q.scenario.name, status="found", objectives=goals, proof=proof, defaults={}, notes=[],
        frontier=designs,
    )  # fmt: skip


# With everything open there are more columns than a page is wide.
OPEN = [
    "candidates.node=[dgx-h100, dgx-b200, p5e.48xlarge]", "candidates.sp=[off, on]", "candidates.cp=[1, 2]",
    "candidates.precision=[bf16, fp8]", "candidates.region=[aws-us-east-1, gcp-europe-west4]",
    "candidates.global_batch=[2048, 1024]", "candidates.node_count=[1024, 2048]",
]  # fmt: skip
PAGES = [*((name, []) for name in shipped()), ("llama-3.1-405b-pretrain", OPEN)]


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize(("name", "sets"), PAGES)
def test_what_was_chosen_is_shown(name: str, sets: list[str], width: int) -> None:
    """Every decision of every design has a column, or stands in the line of what all have in common."""
    q = load(locate(name), sets, CATALOG)
    for rows in (1, 2):
        result = answer(q, rows)
        text = render(result, q.job, width, q.units)
        head, _, rest = text.partition("\nall      ")
        common = " ".join(rest.partition("\n\n")[0].split())
        cells = {d.id: " ".join(re.findall(rf"^{d.id}  .*$", head, re.MULTILINE)) for d in result.frontier}
        for d in q.decisions:
            title = d.heading.replace("\n", " ")
            if f"{title} {decided(d.name, result.frontier[0].design[d.name])}" in common:
                continue
            for line in d.heading.split("\n"):
                assert re.search(rf"(?:^|\s){re.escape(line)}(?:\s|$)", head), (d.name, text)
            for design in result.frontier:
                shown = decided(d.name, design.design[d.name])
                assert any(part in cells[design.id] for part in (shown, shown.split(" ")[0])), (d.name, text)
        assert all(len(line) <= width for line in text.splitlines())
