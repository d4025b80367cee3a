"""The tables that the search reads say of every choice what a single design is told."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from designer.reading.loading import load, locate
from designer.search.compile import tables_of
from scenarios import __file__ as shipped

NAMES = sorted(p.stem for p in Path(shipped).parent.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_table_and_a_design_are_told_the_same(name: str) -> None:
    q = load(locate(name))
    tables = tables_of(q)
    kinds = [d.name for d in q.decisions if d.kind == "choice"]
    choices = list(itertools.product(*(range(len(q.domains[n])) for n in kinds)))
    for picked in random.Random(name).sample(choices, min(12, len(choices))):
        at = dict(zip(kinds, picked, strict=True))
        design = {d.name: q.domains[d.name][at.get(d.name, 0)] for d in q.decisions}
        told = {n: k.si for n, k in q.bundle(design).items()}
        for n, t in tables.items():
            value = float(t.values[tuple(at.get(a, 0) for a in t.axes)])
            assert told[n] == value or (told[n] != told[n] and value != value), (n, design)
