"""Pipelines run slot by slot: each stage works off its list as soon as what it needs is there.

It shares no code with the rules. An order of work is a list for each rank of (kind, micro-batch, virtual stage);
kinds are F, B (with its weight gradients, unless they are apart) and W. Hand-overs take no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Work = tuple[str, int, int]


def one_f_one_b(rank: int, ranks: int, micro_batches: int) -> list[Work]:
    """PipeDream-flush: as many forward passes ahead as there are ranks behind, then one of each in turn."""
    ahead = min(micro_batches, ranks - rank - 1)
    out: list[Work] = [("F", i, rank) for i in range(ahead)]
    for i in range(micro_batches - ahead):
        out += [("F", ahead + i, rank), ("B", i, rank)]
    return out + [("B", i, rank) for i in range(micro_batches - ahead, micro_batches)]


def interleaved(rank: int, ranks: int, micro_batches: int, chunks: int) -> list[Work]:
    """Narayanan et al. 2021, figure 4: groups of as many micro-batches as ranks go through chunk after chunk."""
    total = micro_batches * chunks

    def unit(k: int, backward: bool) -> Work:
        group, rest = divmod(k, ranks * chunks)
        chunk, within = divmod(rest, ranks)
        chunk = chunks - 1 - chunk if backward else chunk
        return "B" if backward else "F", group * ranks + within, chunk * ranks + rank

    ahead = min(total, (ranks - rank - 1) * 2 + (chunks - 1) * ranks)
    out = [unit(k, False) for k in range(ahead)]
    for k in range(total - ahead):
        out += [unit(ahead + k, False), unit(k, True)]
    return out + [unit(k, True) for k in range(total - ahead, total)]


@dataclass
class Run:
    """When a step ends, and the most micro-batches (in shares of a rank's chunks) each rank held at once."""

    time: float = 0.0
    held: list[float] = field(default_factory=list)
    longest: float = 0.0  # of any rank, from its first pass to its last


def run(orders: Sequence[Sequence[Work]], forward: Sequence[float], backward: Sequence[float]) -> Run:
    """A step by fixed orders; times are those of virtual stages, in the order a micro-batch meets them."""
    last = len(forward) - 1
    done: dict[Work, float] = {}
    at, clock = [0] * len(orders), [0.0] * len(orders)
    out = Run()
    inside, most = [0] * len(orders), [0] * len(orders)
    while any(at[r] < len(o) for r, o in enumerate(orders)):
        moved = False
        for r, order in enumerate(orders):
            while at[r] < len(order):
                kind, i, stage = order[at[r]]
                needs = _needs(kind, i, stage, last)
                if needs is not None and needs not in done:
                    break
                start = max(clock[r], done[needs] if needs else 0.0)
                clock[r] = done[kind, i, stage] = start + (forward if kind == "F" else backward)[stage]
                inside[r] += 1 if kind == "F" else -1
                most[r] = max(most[r], inside[r])
                at[r] += 1
                moved = True
        assert moved, "an order waits for itself"
    out.time = max(clock)
    out.held = [n * len(orders) / len(forward) for n in most]
    return out


def _needs(kind: str, i: int, stage: int, last: int) -> Work | None:
    """What must be done before: the forward pass of the stage before, the backward pass of the one behind."""
    if kind == "F":
        return ("F", i, stage - 1) if stage else None
    return ("B", i, stage + 1) if stage < last else ("F", i, stage)


def weights_apart(
    forward: Sequence[float], inputs: Sequence[float], weights: Sequence[float], micro_batches: int, room: int
) -> Run:
    """Zero bubble (Qi et al. 2023): gradients of weights fill what would be waited.

    Each rank takes, of what is ready, a backward pass before a forward pass, and gradients of weights where
    neither is; it holds `room` micro-batches at most, begun and without gradients of weights.
    """
    ranks = len(forward)
    done: dict[Work, float] = {}
    clock, begun, turned, ended = ([0.0] * ranks, [0] * ranks, [0] * ranks, [0] * ranks)
    most, first = [0] * ranks, [0.0] * ranks
    while any(n < micro_batches for n in ended):
        best: tuple[float, int, Work] | None = None
        for r in range(ranks):
            choice = _choice(r, ranks, done, clock, begun, turned, ended, micro_batches, room)
            if choice and (best is None or choice[0] < best[0]):
                best = (choice[0], r, choice[1])
        assert best is not None, "nothing can run"
        start, r, (kind, i, stage) = best
        if not begun[r]:
            first[r] = start
        took = {"F": forward, "B": inputs, "W": weights}[kind][r]
        clock[r] = done[kind, i, stage] = start + took
        {"F": begun, "B": turned, "W": ended}[kind][r] += 1
        most[r] = max(most[r], begun[r] - ended[r])
    return Run(max(clock), [float(n) for n in most], max(c - f for c, f in zip(clock, first, strict=True)))


def _choice(
    r: int, ranks: int, done: dict[Work, float], clock: list[float], begun: list[int], turned: list[int],
    ended: list[int], micro_batches: int, room: int,
) -> tuple[float, Work] | None:  # fmt: skip
    """What a rank does next and when it can start."""
    ready: list[tuple[float, int, Work]] = []
    if turned[r] < begun[r]:
        i = turned[r]
        needs = done.get(("B", i, r + 1)) if r < ranks - 1 else done.get(("F", i, r))
        if needs is not None:
            ready.append((max(clock[r], needs), 0, ("B", i, r)))
    if begun[r] < micro_batches and begun[r] - ended[r] < room:
        i = begun[r]
        needs = done.get(("F", i, r - 1)) if r else 0.0
        if needs is not None:
            ready.append((max(clock[r], needs), 1, ("F", i, r)))
    if ended[r] < turned[r]:
        ready.append((clock[r], 2, ("W", ended[r], r)))
    if not ready:
        return None
    start, _, work = min(ready)
    return start, work
