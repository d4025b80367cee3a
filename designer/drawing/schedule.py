"""When each stage of a pipeline works: one forward, one backward (1F1B), with chunks of layers in turn or not.

Sources: Narayanan et al. 2019, PipeDream (1F1B); Narayanan et al. 2021, Efficient large-scale language model training
on GPU clusters (interleaved, as Megatron-Core orders it).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StagePass:
    """A forward or backward pass of a micro-batch through one chunk of a stage, from `start` to `end`."""

    kind: str
    start: float
    end: float


def schedule(
    stages: int, chunks: int, microbatches: int, forward: float, backward: float
) -> list[list[StagePass]]:
    """The passes of each stage in order; `forward` and `backward` are times of a whole stage, all its chunks.

    Messages take no time here. Chunks in turn need a number of micro-batches that the stages divide.

    >>> [[p.kind for p in stage] for stage in schedule(2, 1, 2, 1.0, 2.0)]
    [['F', 'F', 'B', 'B'], ['F', 'B', 'F', 'B']]
    >>> max(p.end for stage in schedule(4, 1, 8, 1.0, 2.0) for p in stage)  # (8 + 4 - 1) (1 + 2)
    33.0
    """
    orders = [_order(r, stages, chunks, microbatches) for r in range(stages)]
    took = {"F": forward / chunks, "B": backward / chunks}
    ends: dict[tuple[str, int, int, int], float] = {}
    done: list[list[StagePass]] = [[] for _ in range(stages)]
    moved = True
    while moved:
        moved = False
        for r in range(stages):
            while len(done[r]) < len(orders[r]):
                kind, batch, chunk = orders[r][len(done[r])]
                before = _before(kind, batch, chunk, r, stages, chunks)
                if before is not None and before not in ends:
                    break
                free = done[r][-1].end if done[r] else 0.0
                start = max(free, ends[before] if before else 0.0)
                ends[kind, batch, chunk, r] = start + took[kind]
                done[r].append(StagePass(kind, start, start + took[kind]))
                moved = True
    return done


def _order(rank: int, stages: int, chunks: int, microbatches: int) -> list[tuple[str, int, int]]:
    """What a stage does in turn: kind of pass, micro-batch, chunk."""
    total = microbatches * chunks

    def step(kind: str, k: int) -> tuple[str, int, int]:
        chunk = (k // stages) % chunks
        batch = k // (stages * chunks) * stages + k % stages if chunks > 1 else k
        return kind, batch, chunk if kind == "F" else chunks - 1 - chunk

    ahead = 2 * (stages - rank - 1) + (chunks - 1) * stages if chunks > 1 else stages - rank - 1
    ahead = min(ahead, total)
    out = [step("F", k) for k in range(ahead)]
    for k in range(total - ahead):
        out += [step("F", ahead + k), step("B", k)]
    return out + [step("B", k) for k in range(total - ahead, total)]


def _before(
    kind: str, batch: int, chunk: int, rank: int, stages: int, chunks: int
) -> tuple[str, int, int, int] | None:
    """The pass that must be over before this one, if any."""
    if kind == "F":
        if rank:
            return "F", batch, chunk, rank - 1
        return ("F", batch, chunk - 1, stages - 1) if chunk else None
    if rank < stages - 1:
        return "B", batch, chunk, rank + 1
    return ("B", batch, chunk + 1, 0) if chunk < chunks - 1 else ("F", batch, chunk, rank)
