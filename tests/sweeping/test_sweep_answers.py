"""A sweep answers each point as `designer plan` does, by a shorter way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sweep_runs import CATALOG, TINY, plan_of, worker_of

from designer.explaining import binding
from designer.infeasible.conflict import explained
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.search.archive import frontier_of
from designer.search.compile import tables_of
from designer.search.pareto import settled
from designer.sweeping import table
from designer.sweeping.asking import Asker
from designer.sweeping.paths import is_quick

pytestmark = pytest.mark.slow

CHAT, GPT, IMAGES = "llama-3.1-70b-chat", "gpt-3-175b-carbon", "resnet-50-starving"
OWNED = ["pricing.tenure=owned"]
BOUGHT, POWERED = "pricing.purchase=30000 USD", "pricing.electricity=0.1 USD/kWh"
SITE = ["site={carbon_intensity: 100 gCO2e/kWh, pue: 1.2, electricity: 0.05 USD/kWh}"]
# One of each kind of axis: the scenario, what is set for all points, and the axis.
KINDS = [
    (CHAT, [], "budgets.tpot_p99=[30 ms, 60 ms]"),
    (CHAT, [], "budgets.tpot_p99=[30 ms, '<= 0.06 s', '< 0.05 s']"),
    (CHAT, [], "workload.rate=[10 request/s, 90 request/s]"),
    (CHAT, [], "pricing.price=[2 USD/h, 9 USD/h]"),
    (CHAT, [*OWNED, POWERED], "pricing.purchase=[20000 USD, 50000 USD]"),
    (CHAT, [*OWNED, BOUGHT], "pricing.electricity=[0.02 USD/kWh, 0.4 USD/kWh]"),
    (
        GPT,
        [*SITE, "candidates={node: dgx-h100, node_count: 64}"],
        "site.carbon_intensity=[10 g/kWh, 800 g/kWh]",
    ),
    (GPT, [*SITE, "candidates={node: dgx-h100, node_count: 64}"], "site.pue=[1.05, 1.6]"),
    (GPT, [], "assume.straggler_factor=[1.1, 1.5]"),
    (GPT, [], "assume.restart_time=[5 min, 2 h]"),
    (IMAGES, [], "workload.dataset.augment_time=[1 ms, 9 ms]"),
    (IMAGES, [], "candidates.workers=[4, 12]"),
    (IMAGES, [], "workload.global_batch=[512 sample, 1024 sample]"),
    (GPT, [], "candidates.node=[dgx-h100, dgx-h200]"),
]


def content(q: Question) -> dict[str, Any]:
    """Everything a question says, in a form that compares."""
    return {
        "scenario": q.scenario.model_dump(),
        "given": {n: repr(k) for n, k in q.given.items()},
        "limits": [
            (t.name, t.text, t.kind, t.place, t.rule.id, dict(t.inputs), repr(t.expression)) for t in q.limits
        ],
        "tables": {n: (t.axes, t.values.tolist().__repr__()) for n, t in tables_of(q).items()},
        "domains": q.domains,
        "rest": (q.job, q.objectives, q.notes, q.parts, sorted(q.graph.rules), q.baseline),
        "premises": [(p.name, p.text, p.place) for p in q.taken_for_granted()],
    }


@pytest.mark.parametrize(("scenario", "sets", "axis"), KINDS, ids=lambda x: str(x)[:40])
def test_a_question_that_is_changed_is_the_question_read_again(
    scenario: str, sets: list[str], axis: str
) -> None:
    plan = plan_of(scenario, [axis], sets)
    asker = Asker(plan, CATALOG)
    asked = [asker.ask(plan.changes(i)) for i in range(plan.count)]
    read = [load(locate(scenario), plan.texts(plan.changes(i)), CATALOG) for i in range(plan.count)]
    assert [content(q) for q in asked] == [content(q) for q in read]
    assert content(read[0]) != content(read[1])


@pytest.mark.parametrize(
    "axis",
    ["budgets.tpot_p99=[30 ms, 90 ms]", "assume.straggler_factor=[1, 2]", "pricing.price=[2 USD/h, 9 USD/h]"],
)
def test_what_is_quick_does_not_read_the_scenario_again(axis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare reading with reading."""
    scenario = GPT if "straggler" in axis else CHAT
    plan = plan_of(scenario, [axis])
    asker = Asker(plan, CATALOG)
    asker.ask(plan.changes(0))
    monkeypatch.setattr(Asker, "read", lambda *a: pytest.fail("read again"))
    assert asker.ask(plan.changes(1)).limits


SWEEPS = [
    (
        CHAT,
        [
            "candidates.batch=[8, 64]",
            "budgets.tpot_p99=[14 ms, 22 ms, 60 ms]",
            "budgets.ttft_p99=[300 ms, 2 s]",
        ],
    ),
    (
        CHAT,
        [
            "workload.rate=[5 request/s, 80 request/s]",
            "pricing.price=[1 USD/h, 7 USD/h]",
            "candidates.batch=[16]",
        ],
    ),
    (IMAGES, ["candidates.workers=[4, 14, 30]", "assume.straggler_factor=[1, 1.4]"]),
    (
        "llama-3.1-8b-finetune",
        ["budgets.device_memory=[30 GB, 90 GB]", "budgets.time_to_train=[1 min, 3 h, 20 h]"],
    ),
    (
        GPT,
        ["budgets.carbon=[45 t, 60 t]", "candidates.node_count=[64, 96]", "assume.restart_time=[5 min, 1 h]"],
    ),
]


@pytest.mark.parametrize(("scenario", "over"), SWEEPS, ids=[s[0] for s in SWEEPS])
def test_each_point_is_what_plan_answers(
    scenario: str, over: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binding, "REMOVAL_SECONDS", 600.0)
    plan = plan_of(scenario, over)
    columns = worker_of(plan).rows(range(plan.count))
    rows = [dict(zip(columns, r, strict=True)) for r in zip(*columns.values(), strict=True)]
    for i in range(plan.count):
        mine = [r for r in rows if r["point"] == i]
        q = load(locate(scenario), plan.texts(plan.changes(i)), CATALOG)
        possible = bool(len(frontier_of(q)[0].positions))
        assert {r["status"] for r in mine} == {"found" if possible else "infeasible"}
        if not possible:
            (row,) = mine
            assert row["design"] is None
            conflicts = [sorted(m.name for m in c) for c in explained(q).conflicts]
            assert sorted(row["conflict"]) in conflicts
            continue
        said = plan_question(q)
        names = [o.quantity for o in q.objectives]
        theirs = np.array([[d.metrics[n].value for n in names] for d in said.frontier])
        ours = np.array([[r[n] for n in names] for r in mine])
        assert settled(ours).tolist() == settled(theirs).tolist()
        assert [set(r["binds"]) for r in mine] == [{b.name for b in d.binds} for d in said.frontier]
        assert [r["design"] for r in mine] == [d.id for d in said.frontier]


def test_a_space_too_large_for_a_table_gives_the_same_designs(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(TINY, ["workload.rate=[30 request/s]"])
    with_table = worker_of(plan).rows(range(plan.count))
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    searched = worker_of(plan).rows(range(plan.count))
    # A search of its own does not work out what binds, and may name another conflict of the same size.
    assert searched.pop("binds") != with_table.pop("binds")
    conflicts = [
        (a or [], b or []) for a, b in zip(searched.pop("conflict"), with_table.pop("conflict"), strict=True)
    ]
    assert all(len(a) == len(b) for a, b in conflicts)
    assert any(a for a, _ in conflicts)
    assert searched == with_table


def test_looser_bounds_never_cost_more() -> None:
    plan = plan_of(TINY)
    columns = worker_of(plan).rows(range(plan.count))
    at: dict[Any, dict[float, float]] = {}
    axes = [p for p in plan.paths if p != "budgets.tpot_p99"]
    for i, design in enumerate(columns["design"]):
        if design in (None, "A"):
            cost = columns["cost_per_token"][i] if design else np.inf
            at.setdefault(tuple(columns[a][i] for a in axes), {})[columns["budgets.tpot_p99"][i]] = cost
    assert len(at) == plan.count / 10
    for line in at.values():
        costs = [line[b] for b in sorted(line)]
        assert costs == sorted(costs, reverse=True)


def test_a_scenario_that_makes_no_sense_is_a_row() -> None:
    """100 sequences of 4096 tokens make sense with one length and not with the other."""
    over = [
        "workload.sequence_length=[4096 token, 8192 token]",
        "workload.global_batch=[1048576 token, 413696 token]",
    ]
    plan = plan_of("llama-3.1-8b-finetune", over[:1], ["workload.global_batch=1048576 token"])
    assert plan.count == 2
    plan = plan_of("llama-3.1-8b-finetune", over, [])
    columns = worker_of(plan).rows(range(plan.count))
    state = dict(zip(columns["point"], columns["status"], strict=True))
    assert [state[i] == "invalid" for i in range(4)] == [False, False, False, True]
    (reason,) = [r for r in columns["reason"] if r]
    assert "not a whole number of sequences" in reason


def test_paths_that_move_domains_are_not_quick() -> None:
    assert not any(
        map(is_quick, ["candidates.tp", "workload.model", "pricing.tenure", "site", "workload.lengths"])
    )
