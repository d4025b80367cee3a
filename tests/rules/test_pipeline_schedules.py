"""Pipelines run slot by slot against the closed forms that plans use, with layers where exported files put them."""

from __future__ import annotations

import random
from statistics import median

import pytest
from schedule_simulation import Run, interleaved, one_f_one_b, run, weights_apart

from constraints.rules.shared.layout import most_layers
from constraints.rules.training.bubble import bubble_time
from constraints.rules.training.memory import first_in_flight
from constraints.rules.training.step import pipeline_time
from designer.exporting.stages import chunk_layers


def simulated(chunks: list[int], pp: int, vpp: int, micro: int, backward: float, head: float) -> Run:
    """A layer takes 1 forward; the output projection takes a third of `head` forward."""
    forward = [float(n) for n in chunks]
    back = [n * backward for n in chunks]
    forward[-1] += head / 3
    back[-1] += head * 2 / 3
    if vpp == 1:
        return run([one_f_one_b(r, pp, micro) for r in range(pp)], forward, back)
    return run([interleaved(r, pp, micro, vpp) for r in range(pp)], forward, back)


def closed(chunks: list[int], pp: int, vpp: int, micro: int, backward: float, head: float) -> float:
    """What a plan says of the same."""
    layers, layer = sum(chunks), 1 + backward
    stage = max(most_layers(layers, pp) * layer, sum(chunks[pp - 1 :: pp]) * layer + head)
    return float(pipeline_time(micro, stage, bubble_time(layers * layer + head, stage, vpp, 1)))


@pytest.mark.parametrize("vpp", [1, 2, 4])
@pytest.mark.parametrize("pp", [2, 4, 16])
def test_even_stages_take_exactly_as_long(pp: int, vpp: int) -> None:
    for micro in (pp, 3 * pp, 8 * pp):
        chunks = [3] * (pp * vpp)
        ran = simulated(chunks, pp, vpp, micro, 2.2, 0.0)
        assert closed(chunks, pp, vpp, micro, 2.2, 0.0) == pytest.approx(ran.time, rel=1e-12)
        assert first_in_flight(pp, vpp, micro, 1) == pytest.approx(ran.held[0])


def errors(interleave: bool, tries: int = 250) -> list[float]:
    rng = random.Random(13)
    out = []
    for _ in range(tries):
        pp, vpp = rng.choice([2, 3, 4, 6, 8, 12, 16]), rng.choice([2, 3, 4]) if interleave else 1
        layers = rng.randint(pp * vpp - pp + 1 if interleave else pp, pp * vpp * 6)
        micro = pp * rng.randint(1, 6) if interleave else rng.randint(1, 8 * pp)
        case = chunk_layers(layers, pp, vpp), pp, vpp, micro, rng.uniform(1.5, 3.5), rng.uniform(0, 2)
        out.append(closed(*case) / simulated(*case).time - 1)
    return out


def test_uneven_stages_take_no_longer_than_said() -> None:
    """The slowest stage is waited for by every micro-batch; where they are few it is waited for less."""
    found = errors(interleave=False)
    assert min(found) > -1e-12
    assert max(found) < 0.16
    assert median(found) < 0.02


def test_uneven_virtual_stages_take_about_as_long() -> None:
    """A heavier chunk is in step with lighter ones of other ranks, now and then; no closed form says when."""
    found = errors(interleave=True)
    assert max(map(abs, found)) < 0.2
    assert median(map(abs, found)) < 0.03


@pytest.mark.parametrize("pp", [2, 4, 8, 16])
def test_gradients_of_weights_fill_the_bubble(pp: int) -> None:
    """Qi et al. 2023: a third of the bubble is left in the memory of 1F1B, none in twice as much.

    The schedule with nothing left starts the next step on each rank as it ends this one.
    """
    ones, micro = [1.0] * pp, 4 * pp
    bubble = bubble_time(pp * 3.0, 3.0, 1, 1)
    tight, roomy = (weights_apart(ones, ones, ones, micro, room) for room in (pp, 2 * pp - 1))
    # whoever fills greedily comes within a quarter of the bubble of what their schedule reaches
    assert bubble / 3 - 1e-9 <= tight.time - micro * 3 <= bubble * (1 / 3 + 1 / 4)
    assert max(tight.held) <= pp
    assert roomy.longest == micro * 3
    assert max(roomy.held) <= 2 * pp - 1
