"""Random fleets as tables of options, and what plain enumeration says of them."""

from __future__ import annotations

import itertools
import math
import random
from types import SimpleNamespace
from typing import Any

import numpy as np

from designer.fleets.options import Option
from designer.fleets.table import FleetMember, OptionTable
from designer.search.pareto import settled, skyline

TIE = 2.0**-40


def random_table(
    seed: int, *, workloads: tuple[int, int] = (2, 4), options: tuple[int, int] = (2, 6), goals: int = 2,
    tight: float = 1.0,
) -> OptionTable:  # fmt: skip
    """Workloads with options on inventory lines; `tight` scales every bound."""
    r = random.Random(seed)
    n = r.randint(*workloads)
    lines = r.randint(1, 3)
    names = ["cost", "carbon", "peak_power"][:goals]
    counts = [r.choice([1, 1, 1, 2, 3]) for _ in range(n)]
    rows: list[list[float]] = []
    owner: list[int] = []
    found: list[Option] = []
    grid = r.choice([1.0, 0.1, 1e-3, math.pi])
    for w in range(n):
        copied = w > 0 and r.random() < 0.25
        mine = [row[:] for row, o in zip(rows, owner, strict=True) if o == w - 1] if copied else []
        if not copied:
            for _ in range(r.randint(*options)):
                line, nodes, quality = r.randrange(lines), r.randint(1, 8), r.uniform(0.5, 2.0)
                cost = grid * round(100 * nodes * quality)
                carbon = grid * round(100 * nodes / quality * r.uniform(0.5, 1.5))
                power = 10.2e3 * nodes
                held = [nodes if k == line else 0 for k in range(lines)]
                mine.append(
                    [cost, carbon, power, *held, power if line == 0 else 0.0, float(r.random() < 0.2)]
                )
        rows += mine
        owner += [w] * len(mine)
        found += [Option(0, {}, {}, 0.0)] * len(mine)
    usage = np.array(rows, dtype=float)

    def bound(column: int, share: float) -> float:
        most = [max(usage[np.array(owner) == w, column]) * counts[w] for w in range(n)]
        return tight * share * sum(most)

    members = [
        FleetMember(
            f"line {k}",
            f"line {k}",
            f"f:{k}",
            "inventory",
            (3 + k,),
            float(math.floor(bound(3 + k, r.uniform(0.3, 1)))),
        )
        for k in range(lines)
    ]
    k = 3 + lines
    members.append(FleetMember("site", "site power", "f:9", "site", (k,), bound(k, r.uniform(0.3, 1)), "W"))
    members.append(FleetMember("carbon", "carbon", "f:10", "budget", (1,), bound(1, r.uniform(0.6, 1)), "kg"))
    if r.random() < 0.5:
        members.append(FleetMember("regions", "residency", "f:11", "residency", (k + 1,), 0.0))
    members += [
        FleetMember(f"w{i}", f"w{i} runs", f"f:{20 + i}", "demand", (), 0.0, demand=(i,)) for i in range(n)
    ]
    goal_columns = {g: (i,) for i, g in enumerate(names)}
    # A goal and a cap never share a column.
    usage = np.concatenate([usage, usage[:, 1:2]], axis=1)
    for i, m in enumerate(members):
        if m.name == "carbon":
            members[i] = FleetMember(m.name, m.text, m.place, m.kind, (usage.shape[1] - 1,), m.bound, m.unit)
    placed: list[Any] = [SimpleNamespace(name=f"w{i}") for i in range(n)]
    return OptionTable(placed, np.array(counts), np.array(owner), found, usage, members, goal_columns)


def choices(table: OptionTable, w: int) -> list[tuple[int, ...]]:
    """Every way to place the copies of one workload."""
    mine = [int(i) for i in np.flatnonzero(table.owner == w)]
    return list(itertools.combinations_with_replacement(mine, int(table.counts[w])))


def holds(table: OptionTable, counts: Any, members: list[int]) -> bool:
    """Whether a choice respects some members, in floats."""
    for m in members:
        member = table.members[m]
        if any(counts[table.owner == w].sum() != table.counts[w] for w in member.demand):
            return False
        for c in member.columns:
            if math.fsum((table.usage[:, c] * counts).tolist()) > member.bound * (1 + TIE):
                return False
    return True


def every_choice(table: OptionTable, members: list[int]) -> list[Any]:
    """Every choice that respects the members; a workload nobody demands may stay away."""
    demanded = {w for m in members for w in table.members[m].demand}
    sets = [choices(table, w) + ([] if w in demanded else [()]) for w in range(len(table.placed))]
    out = []
    for combination in itertools.product(*sets):
        counts = np.zeros(table.rows, dtype=int)
        for rows in combination:
            for i in rows:
                counts[i] += 1
        if holds(table, counts, members):
            out.append(counts)
    return out


def points(table: OptionTable, found: list[Any]) -> Any:
    """Totals of choices, one row each."""
    return np.array(
        [
            [
                max(math.fsum((table.usage[:, c] * x).tolist()) for c in columns)
                for columns in table.goals.values()
            ]
            for x in found
        ]
    ).reshape(-1, len(table.goals))


def brute_frontier(table: OptionTable) -> Any:
    """Totals on the frontier, by enumeration."""
    found = settled(points(table, every_choice(table, list(range(len(table.members))))))
    return found[skyline(found)] if len(found) else found
