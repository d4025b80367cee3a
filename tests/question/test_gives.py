"""What a workload gives the rules and what of it is a demand, from the declarations of its fields."""

from __future__ import annotations

import math
import re

import pytest

import designer
from catalogs import Catalog
from designer.fields.gives import declared, moments
from designer.jobs.inference import Length
from designer.question.question import Premise, Question
from designer.reading.givens import workload_bundle
from designer.reading.loading import load, locate

CATALOG = Catalog()
JOBS = ("llama-3.1-405b-pretrain", "llama-3.1-70b-chat", "llama-3.1-70b-64-users", "corpus-embedding")
# What is given otherwise than by one field: a constant, an unknown that is said so, and a block.
ELSEWHERE = {"samples", "sample_success", "epsilon", "delta", "data_passes"}


def demands(q: Question) -> dict[str, Premise]:
    return {p.key: p for p in q.taken_for_granted() if p.kind == "demand"}


@pytest.mark.parametrize("name", JOBS)
def test_a_workload_gives_what_its_fields_declare(name: str) -> None:
    workload = load(locate(name), [], CATALOG).scenario.workload
    fields = dict(declared(workload))
    assert workload_bundle(workload).keys() - ELSEWHERE == {n for g in fields.values() for n in g.names}
    for field, gives in fields.items():
        assert gives.numbers(getattr(workload, field)).keys() == set(gives.names)


@pytest.mark.parametrize("name", JOBS)
def test_every_demand_may_give_way(name: str) -> None:
    """A field that is declared a demand is one, and all its numbers shrink together."""
    q = load(locate(name), [], CATALOG)
    found = demands(q)
    fields = {f: g for f, g in declared(q.scenario.workload) if g.demand}
    assert found.keys() == fields.keys()
    for key, p in found.items():
        less = p.at(q, 0.5)
        for n in fields[key].names:
            assert less.given[n].si == pytest.approx(q.given[n].si / 2)


def test_moments_of_a_mix() -> None:
    mix = [
        Length(share=s, input=i, output=o)
        for s, i, o in ((1, "10 token", "4 token"), (3, "20 token", "8 token"))
    ]
    m = moments(mix)
    assert m["input_tokens"] == pytest.approx(17.5)
    assert m["input_square"] == pytest.approx(math.sqrt((100 + 3 * 400) / 4))
    assert (m["output_tokens"], m["reasoning_tokens"], m["context_limit"]) == (7.0, 0.0, 28.0)


def test_a_fleet_for_fewer_users_is_a_repair_in_whole_users() -> None:
    name, tight = "llama-3.1-70b-64-users", "budgets.tpot=11 ms"
    repairs = {n: c for r in designer.plan(name, [tight]).repairs for n, c in r.changes.items()}
    found = re.fullmatch(r"(\d+) request", repairs["workload.concurrency"])
    assert found
    users = int(found[1])
    works = [
        designer.plan(name, [tight, f"workload.concurrency={n} request"]).status for n in (users, users + 1)
    ]
    assert works == ["found", "infeasible"]
