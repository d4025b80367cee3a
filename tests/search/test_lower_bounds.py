"""The best that a few decisions can lead to is never better than what they lead to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from catalogs import Catalog
from designer.fleets.options import Menus
from designer.fleets.reading import load_fleet
from designer.question.question import Question
from designer.search.archive import Archive
from designer.search.compile import schedule
from designer.search.enumerate import DesignBlock, enumerate_designs
from designer.search.lower_bounds import Outlook
from designer.search.threads import Stop, at_once

SMALL = Path(__file__).parents[1] / "fleets" / "small.yaml"


def questions() -> dict[str, Question]:
    """The rented workloads of the small fleet on all regions that a kind of node is in."""
    fleet = load_fleet(SMALL, ["objectives=[cost, carbon]"], Catalog())
    menus = Menus(fleet, np.inf)
    out = {}
    for w in fleet.workloads[:2]:
        read = menus._read(w, "")
        out[w.entry.name] = read.lines.on(read.question, fleet.fleet.inventory[:2])
    return out


QUESTIONS = questions()


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_design_is_better_than_its_outlook(name: str) -> None:
    q = QUESTIONS[name]
    goals = [o.quantity for o in q.objectives]
    apart = ("node", "region")
    look = Outlook(schedule(q, set(goals)), q.objectives, apart, lambda _: np.empty((0, len(goals))))
    assert look.axes and look.open().all()
    seen = 0

    def take(block: DesignBlock) -> None:
        nonlocal seen
        seen += block.rows
        at = tuple(block.positions[a] for a in (*look.axes, *look.later))
        found = np.stack([np.broadcast_to(block.values[g], (block.rows,)) for g in goals], axis=1)
        assert (look.lowest[at] <= found * (1 + 1e-12)).all()
        exact = goals.index("node_count")
        np.testing.assert_allclose(look.lowest[at][:, exact], found[:, exact])

    enumerate_designs(q, set(goals), take)
    assert seen > 50


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_left_out_is_beaten(name: str) -> None:
    """The frontier of each line is the same, and fewer designs are looked at."""
    q = QUESTIONS[name]
    regions = len(q.domains["region"])
    found = {}
    for ahead in (False, True):
        archives = [Archive(q) for _ in range(regions)]

        def take(block: DesignBlock, archives: list[Archive] = archives) -> None:
            for k, archive in enumerate(archives):
                rows = np.flatnonzero(block.positions["region"] == k)
                values = {n: v[rows] if np.ndim(v) else v for n, v in block.values.items()}
                archive.take(DesignBlock({a: p[rows] for a, p in block.positions.items()}, values))

        def fronts(at: dict[str, int], archives: list[Archive] = archives) -> np.ndarray:
            return archives[at["region"]].objectives

        keep = {o.quantity for o in q.objectives}
        count = enumerate_designs(
            q, keep, take, objectives=q.objectives, apart=("node", "region"), fronts=fronts if ahead else None
        )
        assert count.feasible + count.dominated + sum(count.cut.values()) == count.raw
        found[ahead] = [a.objectives for a in archives]
    for plain, short in zip(found[False], found[True], strict=True):
        np.testing.assert_array_equal(plain, short)


def test_jobs_at_once_answer_in_their_order_and_fail_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    turn = threading.Event()

    def first(_: Stop) -> int:
        assert turn.wait(10)
        return 1

    def second(_: Stop) -> int:
        turn.set()
        return 2

    assert at_once([first, second]) == [1, 2]
    began, ended = threading.Event(), threading.Event()

    def waits(stop: Stop) -> int:
        began.set()
        for _ in range(1000):
            if stop():
                ended.set()
                break
            threading.Event().wait(0.01)
        return 0

    def fails(_: Stop) -> int:
        assert began.wait(10)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once([waits, fails])
    assert ended.is_set()
