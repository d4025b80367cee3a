"""Every field of a record is read by something: each is set otherwise here, and the answer changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from catalogs import default_catalog
from catalogs.errors import InputError
from constraints import records as module
from constraints.quantity import Record
from designer.answers.fleet import FleetDesign, Placement
from designer.answers.plan import Metric, PlanResult
from designer.api import plan
from designer.evaluating.design import undefined, values_of
from designer.evaluating.intervals import ends_of
from designer.explaining.binding import candidates_of, stage_text, stages
from designer.explaining.fact_ranges import _facts, _range
from designer.fleets.terms import totals
from designer.infeasible.conflict import diagnose
from designer.jobs import JOBS
from designer.launching.api import evaluate_launch
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.report.fleet_text import _asked
from designer.report.plan_text import render
from designer.search.enumerate import Count

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SMALL = [
    "candidates={node: dgx-h100, node_count: 2, tp: [1, 2], pp: 1, vpp: 1, micro_batch: 1, sharding: zero1}",
    "budgets={}",
    "objectives=[time_to_train, cost]",
]
STARVING = ["candidates.node_count=1"]

Say = Callable[..., None]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Iterator[Say]:
    """Says something else of a quantity than its declarations do."""
    known = dict(module.records())

    def told(name: str, **said: Any) -> None:
        known[name] = replace(known[name], **said)
        forget()

    def forget() -> None:
        module.aliases.cache_clear()
        module.marked.cache_clear()
        from designer.question.rules import quantity_of

        quantity_of.cache_clear()

    monkeypatch.setattr(module, "records", lambda: known)
    yield told
    monkeypatch.undo()
    forget()


def small(*more: str) -> list[str]:
    """Overrides that make a small question, with some instead."""
    keys = {m.partition("=")[0] for m in more}
    return [*(s for s in SMALL if s.partition("=")[0] not in keys), *more]


def question(*more: str) -> Question:
    return load(locate("llama-3.1-8b-finetune"), small(*more))


@pytest.fixture(scope="module")
def planned() -> PlanResult:
    return plan("llama-3.1-8b-finetune", small("objectives=[time_to_train, parameters]"))


def shown(result: PlanResult) -> str:
    return render(result, JOBS["training"], 200, {})


@pytest.mark.parametrize(
    ("name", "said", "now"),
    [
        ("mfu", {"head": "USED"}, "USED"),
        ("mfu", {"share_of": "usable_memory"}, "0%"),
        ("parameters", {"scale": 1e6}, "1e6"),
    ],
)
def test_how_a_column_is_shown(
    planned: PlanResult, say: Say, name: str, said: dict[str, Any], now: str
) -> None:
    before = shown(planned)
    say(name, **said)
    assert shown(planned).count(now) > before.count(now)


def test_a_quiet_quantity_has_no_column_where_it_is_zero(planned: PlanResult, say: Say) -> None:
    assert "idle" not in shown(planned).split("───")[0].split("\n\n")[-1]
    say("idle_devices", quiet=False)
    assert "idle" in shown(planned).split("───")[0].split("\n\n")[-1]


def test_an_objective_named_alone_goes_the_better_way(say: Say) -> None:
    assert [o.sign for o in question("objectives=[mfu, cost]").objectives] == [-1, 1]
    say("mfu", better="less")
    say("cost", better="more")
    assert [o.sign for o in question("objectives=[mfu, cost]").objectives] == [1, -1]


def test_another_name_is_as_good(say: Say) -> None:
    with pytest.raises(InputError, match="unknown quantity"):
        question("objectives=[dollars]")
    say("cost", aliases=("dollars",))
    assert question("objectives=[dollars]").objectives[0].quantity == "cost"
    assert question("budgets={dollars: 100 USD}").stated[0].name == "cost"


def test_totals_of_a_fleet(say: Say) -> None:
    assert "mfu" not in totals()
    say("mfu", total="peak")
    assert "mfu" in totals()
    say("cost", total="")
    assert "cost" not in totals()


@pytest.mark.parametrize(
    ("sets", "needs"),
    [(["workload.lengths=[{input: 512 token, output: 0 token, share: 1}]"], "output"), ([], "waiting")],
)
def test_what_a_request_must_have(say: Say, sets: list[str], needs: str) -> None:
    sets = [*sets, "objectives=[time_to_complete, cost]"]
    assert load(locate("corpus-embedding"), sets)
    say("cost", needs=needs)
    with pytest.raises(InputError, match=r"cost of .*; name another quantity"):
        load(locate("corpus-embedding"), sets)


def test_stages_that_feed_the_devices(say: Say) -> None:
    q = load(locate("resnet-50-starving"), STARVING)
    values = values_of(q, q.first_design())
    assert {s.name for s in stages(q)} == {"storage_time", "transform_time"}
    before = stage_text(q, "transform_time", values)
    assert "workers a device would keep up" in before
    say("transform_time", feeds="step_time", supply="dp", demand="devices")
    after = stage_text(q, "transform_time", values)
    assert after != before and "dp a device would keep up" in after
    say("transform_time", demand="")
    assert "keep up" not in stage_text(q, "transform_time", values)
    say("storage_time", feeds="")
    assert [s.name for s in stages(q)] == ["transform_time"]


OWNED = ["pricing={tenure: owned}", "candidates={node: tpu-v5e-4, node_count: 2}"]


def test_what_to_do_about_an_unknown_number(say: Say) -> None:
    say("device_power", unknown="ask the vendor")
    with pytest.raises(InputError, match=r"device_power of tpu-v5e-4.*; ask the vendor"):
        question(*OWNED)
    say("device_power", guarded=True)
    # the next that nobody states is asked for, and so on
    with pytest.raises(InputError, match=r"needs device_busy_power of tpu-v5e-4"):
        question(*OWNED)
    say("device_busy_power", guarded=True)
    with pytest.raises(InputError, match=r"needs host_"):
        question(*OWNED)


def test_how_far_a_fact_is_followed(say: Say) -> None:
    assert _range("pue", 1.25, "")[0] == 0.8
    say("pue", least=0.0)
    assert _range("pue", 1.25, "")[0] == 0.1


def test_what_moves_with_the_market(say: Say) -> None:
    q = question()
    design = {**q.first_design()}
    assert _facts(q, design, 1) == ["rental_rate"]
    say("rental_rate", market=False)
    assert _facts(q, design, 1) != ["rental_rate"]


def test_whose_spread_a_prediction_has(say: Say) -> None:
    q, catalog = question(), default_catalog()
    known = ends_of(q, catalog, q.first_design())
    low, high = known["step_time"]
    assert known["mfu"] == (1 / high, 1 / low) and "step_tokens" not in known
    say("mfu", inversely=False)
    say("step_tokens", follows="step_time")
    now = ends_of(q, catalog, q.first_design())
    assert now["mfu"] == now["step_tokens"] == (low, high)


def test_limits_that_are_worth_taking_away(say: Say) -> None:
    q = question()
    count = Count(1, cut={t.name: 1 for t in q.limits})

    def names() -> set[str]:
        return {m.name for m in candidates_of(q, count)}

    assert "memory_fits" in names() and "batch_divides" not in names()
    say("memory_fits", form=True)
    say("batch_divides", form=False)
    assert "memory_fits" not in names() and "batch_divides" in names()


def test_limits_that_are_weighed_against_budgets(say: Say) -> None:
    q = question("budgets={cost: 1 USD}")

    def names(hardware: bool) -> set[str]:
        return {m.name for m in diagnose(q, hardware=hardware).members}

    assert "memory_fits" not in names(False) and "memory_fits" in names(True)
    assert "batch_divides" not in names(True)
    say("memory_fits", weighed=True)
    say("batch_divides", form=False)
    assert "memory_fits" in names(False) and "batch_divides" in names(True)


def test_what_a_broken_limit_makes_meaningless(say: Say) -> None:
    q = question()
    lost = undefined(q, ["devices_suffice"])
    assert "cost" in lost and "devices" not in lost and undefined(q, ["memory_fits"]) == set()
    say("devices", sizes=False)
    assert "devices" in undefined(q, ["devices_suffice"])
    say("memory_fits", voids="device_memory")
    assert "device_memory" in undefined(q, ["memory_fits"])


def test_what_an_answer_should_be_read_with(say: Say) -> None:
    def notes() -> list[str]:
        sets = [*SMALL[:1], "budgets={power: <= 100 MW}"]
        return load(locate("llama-3.1-405b-pretrain"), sets, default_catalog()).notes

    assert any("peak_power" in n for n in notes())
    say("power", note="as the meter says")
    assert "as the meter says" in notes() and not any("peak_power" in n for n in notes())


def test_what_is_said_around_a_value(say: Say) -> None:
    placed = Placement(
        workload="w", pool="", copies=1, line="l", node="n", region="r", design={}, takes={},
        metrics={"mfu": Metric(value=0.5, unit=""), "cost": Metric(value=3.0, unit="USD")},
    )  # fmt: skip
    fleet = FleetDesign(id="A", totals={}, placements=[placed], uses=[])
    assert _asked(fleet, 80, {}) == ["  w: one device, MFU 50 %"]
    say("mfu", phrase="at {} of the peak")
    say("cost", phrase="for {}")
    assert _asked(fleet, 80, {}) == ["  w: one device, at 50 % of the peak, for 3 USD"]


def test_what_a_unit_counts_one_of(say: Say) -> None:
    q = question()
    result = plan("llama-3.1-8b-finetune", SMALL)
    assert "per quarter" not in render(result, q.job, 100, q.units)
    say("cost", per="quarter")
    assert "cost per quarter" in render(result, q.job, 100, q.units)


def test_what_a_launch_pays_for_without_use(say: Say) -> None:
    """Eight devices of a node, of which a replica takes four: half of them are idle, and it is said."""
    line = "vllm serve meta-llama/Llama-3.1-8B-Instruct -tp 4"

    def told() -> list[str]:
        return evaluate_launch(line, node="p5.48xlarge", sets=["workload.concurrency=8 request"])[0].wasted

    assert "4 devices are paid and idle" in told()
    say("idle_devices", wasted="{} of them do nothing")
    assert "4 of them do nothing" in told()
    say("idle_devices", wasted="")
    assert not [text for text in told() if text.startswith("4 ")]


def test_every_field_is_held_here() -> None:
    here = Path(__file__).read_text("utf-8")
    for field in {f.name for f in fields(Record)} - {"name", "unit", "title"}:
        assert f"{field}=" in here or f'"{field}"' in here, field


NEW = '''

@rule(cite="definition", head="ckpts", better="more", aliases=("snapshots",))
def checkpoints_written(duration: Seconds, checkpoint_interval: Seconds) -> Count:
    """Checkpoints the run writes, all of them.

    >>> checkpoints_written(86400.0, 1800.0)
    48
    """
    return ceil(duration / checkpoint_interval)


@rule(cite="definition")
def hours_between_checkpoints(checkpoint_interval: Seconds) -> Count:
    """Hours between two checkpoints of the run.

    >>> hours_between_checkpoints(7200.0)
    2.0
    """
    return checkpoint_interval / 3600
'''


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """The product with two quantities more, each by one declaration."""
    place = tmp_path_factory.mktemp("scratch")
    for package in ("constraints", "designer"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "constraints/rules/training/run.py").open("a", encoding="utf-8") as f:
        f.write(NEW)
    sets = [x for s in SMALL[:2] for x in ("--set", s)]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "designer", *arguments, *(sets if arguments[0] == "plan" else ())],
            cwd=place, capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(place), str(ROOT)])},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_new_quantity_is_one_declaration(scratch: Callable[..., str]) -> None:
    said = scratch(
        "plan", "llama-3.1-8b-finetune", "--width", "200",
        "--set", "objectives=[snapshots, cost, hours_between_checkpoints]",
    )  # fmt: skip
    assert "max checkpoints_written, min cost, min hours_between_checkpoints" in said
    head = said.split("───")[0].split("\n\n")[-1]
    assert "ckpts" in head and "two" in head and "checkpoints_written" not in head
    assert "hours_between_checkpoints" not in head
    page = scratch("rules", "checkpoints_written")
    assert "checkpoints_written: more is better; also called snapshots" in page
