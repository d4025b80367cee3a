"""A training step on the stages of a pipeline: who works when, and the bubble."""

from __future__ import annotations

from designer.drawing.marks import WIDTH, Box, Drawing, Label, Mark
from designer.drawing.schedule import StagePass, schedule
from designer.words.numbers import human, percent

ROWS, ROW, LEFT, TOP = 8, 18.0, 52.0, 20.0
# Passes a row shows one by one; of more, those that follow each other without a gap are one box.
SINGLE = 72
# Passes that are worked out at most.
MOST = 60_000


def drawable(stages: int, chunks: int, microbatches: int) -> bool:
    """Whether such a schedule can be drawn: more than one stage, in whole rounds, and not too many passes."""
    whole = chunks == 1 or microbatches % stages == 0
    return stages > 1 and whole and 2 * stages * chunks * microbatches <= MOST


def pipeline(
    stages: int, chunks: int, microbatches: int, forward: float, backward: float
) -> tuple[Drawing, float]:
    """The timeline, and the share of it in which stages stand idle; raises ValueError where it cannot be drawn."""
    if not drawable(stages, chunks, microbatches):
        raise ValueError("no such pipeline is drawn")
    found = schedule(stages, chunks, microbatches, forward, backward)
    end = max(p.end for passes in found for p in passes)
    idle = 1 - sum(p.end - p.start for passes in found for p in passes) / (stages * end)
    rows = sorted({round(i * (stages - 1) / (min(ROWS, stages) - 1)) for i in range(min(ROWS, stages))})
    marks: list[Mark] = [Label(x=0, y=11, text=f"{human(end, 's')}, {percent(idle)} of it idle", bold=True)]
    scale = (WIDTH - LEFT) / end
    for i, r in enumerate(rows):
        y = TOP + i * ROW
        marks += [
            Label(x=0, y=y + 11, text=f"stage {r + 1}", role="soft"),
            Box(x=LEFT, y=y, w=WIDTH - LEFT, h=ROW - 4, role="free"),
        ]
        for kind, start, stop in _runs(found[r], len(found[r]) > SINGLE):
            w = max((stop - start) * scale - (0 if len(found[r]) > SINGLE else 0.5), 0.3)
            marks.append(
                Box(x=LEFT + start * scale, y=y, w=w, h=ROW - 4, role=_ROLES[kind], tip=f"{_WORDS[kind]}")
            )
    y = TOP + len(rows) * ROW + 4
    shown = [k for k in _ROLES if any(m.mark == "box" and m.role == _ROLES[k] for m in marks)]
    x = 0.0
    for text, role in [*((_WORDS[k], _ROLES[k]) for k in shown), ("idle", "free")]:
        marks += [Box(x=x, y=y, w=9, h=9, role=role), Label(x=x + 13, y=y + 9, text=text, role="soft")]
        x += 24 + 6.6 * len(text)
    says = f"{stages} stages, {microbatches} micro-batches, {chunks} chunks: {percent(idle)} of the time idle"
    return Drawing(height=y + 14, marks=marks, says=says), idle


_ROLES = {"F": "c1", "B": "c2", "FB": "c3"}
_WORDS = {"F": "forward", "B": "backward", "FB": "both in turn"}


def _runs(passes: list[StagePass], merged: bool) -> list[tuple[str, float, float]]:
    """The passes as boxes: each, or those without a gap between them as one, by what is in turn there."""
    if not merged:
        return [(p.kind, p.start, p.end) for p in passes]
    kinds = [p.kind for p in passes]
    first, last = kinds.index("B"), len(kinds) - 1 - kinds[::-1].index("F")
    out: list[tuple[str, float, float]] = []
    for i, p in enumerate(passes):
        kind = "F" if i < first - 1 else "B" if i > last + 1 else "FB"
        if out and out[-1][0] == kind and p.start - out[-1][2] <= 1e-9 * p.end:
            out[-1] = (kind, out[-1][1], p.end)
        else:
            out.append((kind, p.start, p.end))
    return out
