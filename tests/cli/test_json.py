"""What `--json` prints is the result of the Python interface, by a schema, in SI, with unknown as null."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

import designer
from catalogs import units, yaml
from designer import schemas
from designer.accuracy.result import ValidateResult
from designer.answers.fleet import FleetResult
from designer.answers.plan import EvaluateResult, PlanResult
from designer.answers.size import SizeResult
from designer.cli import main
from designer.diagnosing.diagnosis import DiagnoseResult
from designer.evaluating.design import values_of
from designer.explaining.comparison import CompareResult
from designer.explaining.explanation import ExplainResult
from designer.exporting.api import ExportResult
from designer.planning.why_not import WhyNotResult
from designer.reading.loading import load, shipped
from designer.rulebook.call import RuleResult
from designer.rulebook.entries import RulesResult
from designer.rulebook.inverse import SolveResult

pytestmark = pytest.mark.slow

BAD = Path(__file__).parent / "bad"
TRAINING, SERVING = str(BAD / "training.yaml"), str(BAD / "serving.yaml")
FLEET = str(BAD.parents[1] / "fleets" / "small.yaml")
RULE = [
    "evaluate",
    "ring_all_reduce_time",
    "--with",
    "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us",
]
IMPOSSIBLE = ["--set", "budgets.time_to_train=1 s"]
# Commands of every schema and exit code: what to run, what it answers with.
ANSWERS: dict[str, tuple[list[str], type[BaseModel], int]] = {
    "plan": (["plan", TRAINING], PlanResult, 0),
    "plan serving": (["plan", SERVING], PlanResult, 0),
    "plan infeasible": (["plan", TRAINING, *IMPOSSIBLE], PlanResult, 2),
    "plan a rule nothing meets": (["plan", TRAINING, "--set", "rules=[tp == 3 or pp == 7]"], PlanResult, 2),
    "plan beyond physics": (["plan", TRAINING, "--set", "workload.model=llama-3.1-405b"], PlanResult, 2),
    "plan out of time": (["plan", "deepseek-v3-pretrain", "--set", "solver.time_limit=1 us"], PlanResult, 3),
    "plan all conflicts": (["plan", SERVING, "--all-conflicts", "--set", "budgets.tpot_p99=4 ms"], PlanResult, 2),
    "why not": (["explain", TRAINING, "--why-not", "tp=2,dp=32"], WhyNotResult, 0),
    "why not, rejected": (["explain", SERVING, "--why-not", "tp=1,batch=64,replicas=1"], WhyNotResult, 0),
    "compare designs": (["compare", SERVING, "A", "B"], CompareResult, 0),
    "compare scenarios": (["compare", TRAINING, "llama-3.1-8b-finetune"], CompareResult, 0),
    "explain": (["explain", TRAINING, "A"], ExplainResult, 0),
    "explain serving": (["explain", SERVING, "tp=1,precision=bf16,weights=bf16,kv=bf16,batch=16,replicas=2"],
                        ExplainResult, 0),
    "evaluate": (["evaluate", TRAINING, "--design", "dp=16,tp=2"], EvaluateResult, 0),
    "evaluate the unknown": (["evaluate", TRAINING, "--design", "precision=fp4,dp=16"], EvaluateResult, 0),
    "export": (["export", SERVING, "A", "--to", "vllm"], ExportResult, 0),
    "rule": (RULE, RuleResult, 0),
    **{f"size {n}": (["size", n], SizeResult, 0) for n in ("edge-8b", "wafer-scale-70b", "deepseek-v3-decode")},
    **{f"size {n} jointly": (["size", n, "--joint"], SizeResult, 0) for n in ("edge-8b", "wafer-scale-70b")},
    "size along a curve": (["size", SERVING, "--curve", "memory_bandwidth", "--against", "batch=1..8"], SizeResult, 0),
    "rules": (["rules", "--wall", "7"], RulesResult, 0),
    "one rule": (["rules", "mmc_wait"], RulesResult, 0),
    "solve": (["calc", "ridge_point", "rate=989TFLOP/s", "--solve", "bandwidth", "target=300FLOP/byte"],
              SolveResult, 0),
    "solve without a root": (["calc", "young_interval", "mtbf=3h", "--solve", "checkpoint_time", "target=-1s"],
                             SolveResult, 2),
    "diagnose": (["diagnose", "--step-time", "50ms", "--flops", "14TFLOP", "--bytes", "14GB",
                  "--accelerator", "a100-sxm-80gb"], DiagnoseResult, 0),
    "validate": (["validate", "--kind", "training"], ValidateResult, 0),
    "fleet": (["fleet", FLEET], FleetResult, 0),
    "size the impossible": (["size", SERVING, "--set", "budgets.tpot_p99=1 us"], SizeResult, 2),
}  # fmt: skip


def run(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == code
    out, err = capsys.readouterr()
    assert err == ""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    answer: dict[str, Any] = json.loads(out, parse_constant=refuse)
    return answer


@pytest.mark.parametrize("name", ANSWERS)
def test_schema_and_exit_code(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, model, code = ANSWERS[name]
    answer = run(arguments, capsys, code)
    published = next(n for n in schemas.names() if schemas.model_of(n) is model)
    assert main(["schema", published]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert answer["schema"] == schema["title"]
    assert model.model_validate(answer).model_dump(mode="json", by_alias=True) == answer


@pytest.mark.parametrize("name", schemas.names())
def test_every_document_has_a_schema_that_refuses_others(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"designer.{name}/1"
    assert not jsonschema.Draft202012Validator(schema).is_valid({"schema": "another/1"})


def test_every_schema_that_is_named_is_published() -> None:
    """No command emits a document of a name that `designer schema` does not know, or the reverse."""
    package = Path(designer.__file__).parent
    named = {
        name
        for file in package.rglob("*.py")
        for name in re.findall(r'"designer\.([a-z-]+)/\d+"', file.read_text("utf-8"))
    }
    assert named == set(schemas.names())


def test_a_bad_input_prints_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", TRAINING, "--json", "--set", "budgets.time_to_train=1 kg"]) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("file", [TRAINING, SERVING, "gpt-3-175b-carbon"])
def test_plan_is_the_plan_of_the_python_interface(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(["plan", file], capsys)
    ours = json.loads(designer.plan(file).to_json())
    for answer in (printed, ours):
        answer["proof"].pop("seconds")
    assert printed == ours
    assert printed["status"] == "found"
    assert printed["proof"]["complete"]
    assert [d["id"] for d in printed["frontier"]][:2] == ["A", "B"][: len(printed["frontier"])]


@pytest.mark.parametrize("file", [TRAINING, SERVING, "gpt-3-175b-carbon", "llama-3.1-70b-chat"])
def test_each_design_of_a_plan_evaluates_to_the_same(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`evaluate` knows nothing of the search, so this is a second opinion on each design."""
    for design in run(["plan", file], capsys)["frontier"][:8]:
        layout = ",".join(
            f"{k}={v} s" if k == "checkpoint_interval" else f"{k}={v}" for k, v in design["design"].items()
        )
        again = run(["evaluate", file, "--design", layout], capsys)
        assert again["feasible"]
        assert again["violated"] == []
        assert again["design"] == design["design"]
        for name, metric in design["metrics"].items():
            assert again["metrics"][name]["unit"] == metric["unit"]
            assert again["metrics"][name]["value"] == pytest.approx(metric["value"], rel=1e-12), name


def test_values_are_in_si(capsys: pytest.CaptureFixture[str]) -> None:
    """A unit of one is a factor of one; what the rules computed is what is printed."""
    answer = run(["evaluate", TRAINING, "--design", "dp=16,tp=2"], capsys)
    question = load(TRAINING)
    values = values_of(question, answer["design"])
    for name, metric in answer["metrics"].items():
        assert units.factor(metric["unit"]) == pytest.approx(1.0), (name, metric)
        if name in values:
            expected = None if not math.isfinite(values[name]) else pytest.approx(float(values[name]))
            assert metric["value"] == expected, name


def test_unknown_is_null_and_never_zero(capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(["evaluate", TRAINING, "--design", "precision=fp4,dp=16"], capsys)
    assert not answer["feasible"]
    for name in ("time_to_train", "cost", "mfu", "step_time"):
        assert answer["metrics"][name]["value"] is None, name
    assert "precision_supported" in {v["name"] for v in answer["violated"]}


def test_conflict_and_repairs_name_places(capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(["plan", TRAINING, *IMPOSSIBLE], capsys, 2)
    assert answer["frontier"] == []
    assert [m["name"] for m in answer["conflict"]] == ["time_to_train"]
    assert answer["conflict"][0]["place"].startswith("--set budgets.time_to_train")
    assert answer["confirmed"]
    bound = next(
        r["changes"]["time_to_train"] for r in answer["repairs"] if set(r["changes"]) == {"time_to_train"}
    )
    assert run(["plan", TRAINING, "--set", f"budgets.time_to_train='{bound}'"], capsys)["frontier"]


def test_rule_in_si(capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(RULE, capsys)
    assert answer["inputs"] == {"message": 140e9, "ranks": 1024, "bandwidth": 50e9, "latency": 2e-6}
    assert answer["unit"] == "s"
    assert answer["value"] == pytest.approx(2 * 1023 * 2e-6 + 2 * 1023 / 1024 * 140e9 / 50e9)


@pytest.fixture
def schema(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["schema"]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_the_schema_of_scenarios_is_one(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", [*shipped().values(), Path(TRAINING), Path(SERVING)], ids=lambda p: p.stem)
def test_scenarios_follow_their_schema(path: Path, schema: dict[str, Any]) -> None:
    data = yaml.read(path).data
    jsonschema.Draft202012Validator(schema).validate(data)
    for wrong in (
        {**data, "budgts": {}},
        {k: v for k, v in data.items() if k != "workload"},
        {**data, "objectives": "cost"},
    ):
        assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)
