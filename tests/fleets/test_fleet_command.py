"""Whole fleets from their files: what is refused, what is answered, and the laws answers obey."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import designer
from catalogs import Catalog, yaml
from catalogs.errors import InputError
from designer.answers.fleet import FleetResult
from designer.cli import main
from designer.documents.fleet import Fleet
from designer.fleets.options import Menus
from designer.fleets.reading import load_fleet, shipped_fleets
from designer.fleets.table import build
from designer.reading.loading import load, shipped
from designer.search.archive import frontier_of

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SMALL = HERE / "small.yaml"
CATALOG = Catalog()
WHOLE = 2.0**-18  # totals are told apart to less than this share


def ask(*sets: str, file: Path = SMALL) -> FleetResult:
    return designer.fleet(file, sets, CATALOG)


def best(result: FleetResult, objective: str = "cost") -> float:
    """The least a fleet has of an objective; infinite where there is no fleet."""
    assert result.status in ("found", "infeasible")
    assert result.proof.complete
    return min((d.totals[objective].value or 0.0 for d in result.frontier), default=math.inf)


# What is changed in the small fleet, and the whole of what is said.
BAD = {
    "scenario: chat-elsewhere.yaml": (
        "scenario: chat-elsewere.yaml",
        "small.yaml:19:15: workloads[2].scenario: 'chat-elsewere.yaml': no such file or scenario",
    ),
    "  - name: answers": (
        "  - name: chat",
        "small.yaml:18:11: workloads[2].name: a second workload 'chat' (first on line 10); see count",
    ),
    "deadline: 20 day": (
        "deadline: 20 W",
        "small.yaml:9:15: workloads[0].deadline: '20 W' is a power (W), expected a time (s)"
        " (for example '1 s')",
    ),
    "    pools: separate": (
        "    pool: separate",
        "small.yaml:21:5: workloads[2].pool: unknown key 'pool'; did you mean 'pools'?",
    ),
    "regions: [aws-us-east-1, aws-eu-north-1]": (
        "regions: [aws-us-est-1, aws-eu-north-1]",
        "small.yaml:17:15: workloads[1].regions[0]: no inventory in region 'aws-us-est-1';"
        " did you mean 'aws-us-east-1'?",
    ),
    "set: [workload.rate=5 request/s]": (
        "set: [workload.rate=5 W]",
        "small.yaml:20: workload.rate=5 W: '5 W' is a power (W), expected [request] / [time]"
        " (for example '1 request/s')",
    ),
    "node: p5.48xlarge, region: aws-us-east-1": (
        "node: p5.48xlrge, region: aws-us-east-1",
        "small.yaml:23:12: inventory[0].node: unknown node 'p5.48xlrge'; did you mean 'p5.48xlarge'?",
    ),
    "node: p5.48xlarge, region: aws-eu-north-1": (
        "node: p5.48xlarge, region: aws-us-east-1",
        "small.yaml:24:5: inventory[1]: p5.48xlarge in aws-us-east-1 is listed already; give another tenure",
    ),
    ", electricity: 0.1 USD/kWh": (
        "",
        "small.yaml:25: for workload 'tune': cost needs electricity_price of aws-eu-north-1, which is unknown"
        " (regions/aws-eu-north-1: no electricity price stated); give electricity on this line",
    ),
    "tenure: owned, ": (
        "",
        "small.yaml:25:70: inventory[2].purchase: unused, as the tenure of this line is rented\n"
        "small.yaml:25:94: inventory[2].electricity: unused, as the tenure of this line is rented",
    ),
    "peak_power: 60 kW": (
        "peak_power: 60",
        "small.yaml:27:32: sites.aws-eu-north-1.peak_power: 60 has no unit; write it like '60 W'",
    ),
    "cost: 5 MUSD": (
        "csot: 5 MUSD",
        "small.yaml:29:3: budgets.csot: no total of a fleet: 'csot'; did you mean 'cost'? (has: carbon, cost,"
        " energy, water, devices, node_count, peak_power, power)",
    ),
    "objectives: [cost, carbon]": (
        "objectives: [max cost]",
        "small.yaml:30:14: objectives[0]: 'max cost': totals of a fleet are made small",
    ),
    "model: llama-3.1-8b, sequence_length": (
        "model: llama-3.1-8, sequence_length",
        "small.yaml:6:40: workload.model: unknown model 'llama-3.1-8'; did you mean 'llama-3.1-8b'?",
    ),
    "batch: [16, 32, 64, 128]": (
        "batches: [16, 32, 64, 128]",
        "small.yaml:15:39: candidates.batches: unknown decision 'batches'; did you mean 'batch'?",
    ),
}


@pytest.mark.parametrize("old", BAD)
def test_a_mistake_is_one_line_with_its_place(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new, said = BAD[old]
    text = SMALL.read_text("utf-8")
    assert old in text
    shutil.copy(HERE / "chat-elsewhere.yaml", tmp_path)
    (tmp_path / "small.yaml").write_text(text.replace(old, new, 1), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["fleet", "small.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.rstrip("\n") == said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("inventory=[]", "an empty list; give at least one value"),
        ("workloads=[]", "an empty list; give at least one value"),
        ("rules=[cost * carbon <= 5 MUSD]", "'<=' between"),
        ("rules=[power <= 5 MW]", "unknown total 'power'; only what adds up can be weighed"),
        ("rules=[cost - 1 USD/kg * carbon <= 5 MUSD]", "more must never be better"),
        ("rules=[cost >= 5 MUSD]", "write a weighted sum of totals"),
        ("budgets.cost='>= 5 MUSD'", "bounded from above"),
        ("objectives=[]", "an empty list"),
    ],
)
def test_overrides_are_checked_like_the_file(override: str, said: str) -> None:
    with pytest.raises(InputError) as e:
        load_fleet(SMALL, [override], CATALOG)
    assert len(e.value.problems) == 1
    assert said in str(e.value)
    assert str(e.value).startswith("--set ")


def test_no_such_fleet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "ai-lb"]) == 1
    assert "did you mean 'ai-lab'?" in capsys.readouterr().err
    assert main(["fleet", str(SMALL), "Q"]) == 1
    assert "no fleet 'Q' on the frontier (has: A" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sets", "code"),
    [([], 0), (["budgets.cost=1 USD"], 2), (["solver.time_limit=1 us"], 3)],
    ids=["found", "infeasible", "time limit"],
)
def test_json_keeps_to_its_schema(sets: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", str(SMALL), "--json", *(w for s in sets for w in ("--set", s))]) == code
    answer = json.loads(capsys.readouterr().out)
    schema = FleetResult.model_json_schema(by_alias=True, mode="serialization")
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert answer["schema"] == "designer.fleet/1"
    assert FleetResult.model_validate(answer).model_dump(mode="json", by_alias=True) == answer


def test_the_published_schema_admits_the_shipped_fleets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "fleet-file"]) == 0
    schema = json.loads(capsys.readouterr().out)
    for file in (*shipped_fleets().values(), SMALL):
        read = load_fleet(file, [], CATALOG)
        assert isinstance(read.fleet, Fleet)
        jsonschema.Draft202012Validator(schema).validate(yaml.read(file).data)


def test_a_shipped_fleet_is_no_scenario() -> None:
    assert shipped_fleets()
    assert not set(shipped_fleets()) & set(shipped())


def test_a_frame_has_a_row_for_each_fleet() -> None:
    result = ask()
    frame = result.to_frame()
    assert len(frame) == len(result.frontier) > 1
    assert {"cost", "carbon", "tune", "chat", "answers prefill", "answers decode"} <= set(frame.columns)


def test_without_shared_limits_each_workload_gets_its_own_best(tmp_path: Path) -> None:
    """With room for everybody the fleet is what `plan` finds for each workload alone."""
    text = (HERE / "chat-elsewhere.yaml").read_text("utf-8")
    regions = ["aws-us-east-1", "aws-us-west-2"]
    alone = 0.0
    for rate in (5, 50):
        file = tmp_path / f"rate-{rate}.yaml"
        file.write_text(text.replace("rate: 10 request/s", f"rate: {rate} request/s"), "utf-8")
        asked = [f"candidates.region=[{', '.join(regions)}]", "candidates.node=[p5.48xlarge]",
                 "objectives=[cost]", "workload.period=100 day"]  # fmt: skip
        question = load(file, asked, CATALOG)
        alone += float(frontier_of(question)[0].objectives[0, 0])
    lines = ", ".join(f"{{node: p5.48xlarge, region: {r}, nodes: 1000}}" for r in regions)
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(
        f"name: loose\nperiod: 100 day\nobjectives: [cost]\ninventory: [{lines}]\nworkloads:\n"
        "  - {name: a, scenario: rate-5.yaml}\n  - {name: b, scenario: rate-50.yaml}\n",
        "utf-8",
    )
    assert best(ask(file=fleet)) == pytest.approx(alone, rel=1e-9)


def test_more_room_is_never_worse_and_less_never_better() -> None:
    caps = ["3 MUSD", "800 kUSD", "720 kUSD", "600 kUSD", "100 kUSD"]
    carbon = [best(ask(f"budgets.cost={c}"), "carbon") for c in caps]
    assert carbon == sorted(carbon)
    assert carbon[0] < math.inf == carbon[-1]
    power = [best(ask(f"sites.aws-eu-north-1.peak_power={p} kW")) for p in (100, 40, 20, 5)]
    assert power == sorted(power)


def test_copies_cost_as_much_as_workloads_of_their_own() -> None:
    """Three copies are three workloads, each placed on its own."""
    text = "{node: p5.48xlarge, region: aws-us-east-1, nodes: 2}, {node: p5.48xlarge, region: aws-eu-north-1, nodes: 2}"
    one = "name: %s, scenario: %s"
    chat = str(HERE / "chat-elsewhere.yaml")
    shared = [f"inventory=[{text}]", "sites={}"]
    copies = ask(f"workloads=[{{{one % ('a', chat)}, count: 3}}]", *shared)
    apart = ask("workloads=[" + ", ".join(f"{{{one % (n, chat)}}}" for n in "abc") + "]", *shared)
    assert copies.status == apart.status == "found"
    assert [d.totals for d in copies.frontier] == [d.totals for d in apart.frontier]
    assert sum(p.copies for p in copies.frontier[0].placements) == 3


def test_runs_that_do_not_meet_share_machines() -> None:
    """What is held at different times does not add up; what is held at the same time does."""
    run = ("name: %s, start: %s day, deadline: %s day, scenario: {name: t, workload: {job: training,"
           " model: llama-3.1-8b, sequence_length: 8192 token, global_batch: 1048576 token, dataset: 2e9 token},"
           " candidates: {node_count: 4, tp: 1, pp: 1, vpp: 1}}")  # fmt: skip
    room = ["inventory=[{node: p5.48xlarge, region: aws-us-east-1, nodes: 4}]", "sites={}"]

    def two(second: str, deadline: str) -> FleetResult:
        runs = [run % ("a", "0", "5"), run % ("b", second, deadline)]
        return ask(f"workloads=[{', '.join(f'{{{r}}}' for r in runs)}]", *room)

    assert two("5", "9").status == "found"
    together = two("0", "5")
    assert together.status == "infeasible"
    assert {m.name for m in together.conflict} == {"a", "b", "p5.48xlarge in aws-us-east-1"}
    assert {tuple(r.changes) for r in together.repairs} >= {("p5.48xlarge in aws-us-east-1",), ("a",), ("b",)}


def test_both_pools_of_a_workload_are_in_one_region() -> None:
    result = ask()
    for d in result.frontier:
        regions = {p.pool: p.region for p in d.placements if p.workload == "answers"}
        assert set(regions) == {"prefill", "decode"}
        assert len(set(regions.values())) == 1
        limits = {p.pool: p.metrics for p in d.placements if p.workload == "answers"}
        assert (limits["prefill"]["ttft_p99"].value or 9) <= 2.0
        assert (limits["decode"]["tpot_p99"].value or 9) <= 0.05


SPLIT = "set: [workload.rate=5 request/s]\n    pools: separate"


def split(tmp_path: Path, sets: str, pools: str = "separate") -> Path:
    """The fleet with other overrides of the workload whose pools are apart."""
    text = SMALL.read_text("utf-8")
    assert SPLIT in text
    shutil.copy(HERE / "chat-elsewhere.yaml", tmp_path)
    file = tmp_path / "small.yaml"
    file.write_text(text.replace(SPLIT, f"set: [{sets}]\n    pools: {pools}"), "utf-8")
    return file


def test_a_scenario_may_have_its_pools_apart_itself(tmp_path: Path) -> None:
    file = split(tmp_path, "workload.rate=5 request/s, workload.pools=apart", "shared")
    assert best(ask(file=file)) == best(ask())


@pytest.mark.parametrize(
    "budget", ["cost=1 MUSD", "cost_per_token=9 USD/Mtoken", "request_latency=60 s", "devices=64"]
)
def test_a_budget_that_rests_on_both_pools_is_the_fleets(budget: str, tmp_path: Path) -> None:
    """Each pool alone says nothing of it; to drop it in silence would break what the scenario asks."""
    file = split(tmp_path, f"workload.rate=5 request/s, budgets.{budget}")
    with pytest.raises(InputError) as e:
        ask(file=file)
    assert budget.split("=")[0] in str(e.value)
    assert "rests on both pools; bound it in the fleet's budgets" in str(e.value)
    assert "small.yaml:20" in str(e.value)


def test_a_budget_of_each_pool_is_met_by_each(tmp_path: Path) -> None:
    usual = max(used(d) for d in ask().frontier)
    file = split(tmp_path, f"workload.rate=5 request/s, budgets.device_memory={0.9 * usual!r} byte")
    found = ask(file=file)
    assert found.status == "found"
    assert all(used(d) <= 0.9 * usual for d in found.frontier)


def used(design: Any) -> float:
    """The memory of the fuller pool of the workload whose pools are apart."""
    question = load_fleet(SMALL, [], CATALOG)
    (wanted,) = (w for w in question.workloads if w.entry.name == "answers")
    most = 0.0
    for p in design.placements:
        if p.workload == "answers":
            q = Menus(question, math.inf)._read(wanted, p.pool).question
            given = {n: k.si for n, k in q.bundle(p.design).items()}
            most = max(most, q.graph.evaluate(["device_memory"], given)["device_memory"])
    return most


def test_a_weighted_sum_is_a_cap() -> None:
    """A price of carbon: what it allows is what the two totals say."""
    loose = ask("rules=[cost + 1000 USD/t * carbon <= 50 MUSD]")
    assert best(loose) == best(ask())
    weight = 1000 / 1000.0  # USD per kg

    def both(d: Any) -> float:
        return float((d.totals["cost"].value or 0) + weight * (d.totals["carbon"].value or 0))

    sums = sorted(map(both, loose.frontier))
    bound = (sums[0] + sums[-1]) / 2
    tight = ask(f"rules=[cost + 1000 USD/t * carbon <= {bound!r} USD]")
    assert tight.status == "found"
    assert all(both(d) <= bound * (1 + WHOLE) for d in tight.frontier)
    assert len(tight.frontier) < len(loose.frontier)
    assert ask(f"rules=[cost + 1000 USD/t * carbon <= {sums[0] / 2!r} USD]").status == "infeasible"


def test_options_are_those_of_exhaustive_search() -> None:
    """No design of a line that is left out is better than all that are kept in what the fleet counts."""
    question = load_fleet(SMALL, [], CATALOG)
    table = build(question, Menus(question, math.inf))
    for i, p in enumerate(table.placed):
        lines = {table.options[k].line for k in range(table.rows) if table.owner[k] == i}
        assert lines <= set(p.menu.questions)
        for line in lines:
            asked = p.menu.questions[line]
            kept = [o for o in p.menu.options if o.line == line]
            cheapest = min(o.takes["cost"] for o in kept)
            single = [o for o in asked.objectives if o.quantity == "cost"]
            place = question.fleet.inventory[line]
            domains = {**asked.domains, "node": [place.node], "region": [place.region]}
            alone = replace(asked, objectives=single, domains=domains)
            assert frontier_of(alone)[0].objectives[0, 0] == pytest.approx(cheapest, rel=1e-9)
