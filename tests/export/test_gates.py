"""Launchers' own parsers accept what is written for them: the frontiers of all scenarios, and random designs."""

from __future__ import annotations

import pytest
from judging import INPUTS, interpreter, verdicts
from launches import Drawn, frontiers, random_launches, written

from designer.exporting.target import targets

pytestmark = pytest.mark.slow

RANDOM = 200
# Of these, what is exported at least: what is not is refused, and a test elsewhere says why.
FEWEST = 10


def judged(name: str, launches: tuple[Drawn, ...]) -> dict[str, str | None]:
    """The verdict on every launch that is not refused."""
    gate, given = INPUTS[name]
    files = {d.name: (d.launch, written(targets()[name], d.launch)) for d in launches}
    exported = {n: given(launch, f) for n, (launch, f) in files.items() if isinstance(f, dict)}
    return dict(zip(exported, verdicts(gate, list(exported.values())), strict=True))


def skip_without(name: str) -> None:
    python, said = interpreter(INPUTS[name][0])
    if not python:
        pytest.skip(said)
    assert said in targets()[name].checked, "the version that the files say they were checked with"


@pytest.mark.parametrize("name", INPUTS)
def test_every_frontier_is_read(name: str) -> None:
    skip_without(name)
    target = targets()[name]
    found = judged(name, tuple(d for d in frontiers() if d.launch.job in target.jobs))
    assert not {n: why for n, why in found.items() if why}


@pytest.mark.parametrize("name", INPUTS)
def test_random_designs_are_read(name: str) -> None:
    skip_without(name)
    found = judged(name, random_launches(name, RANDOM))
    assert len(found) >= FEWEST
    assert not {n: why for n, why in found.items() if why}
