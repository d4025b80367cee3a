"""Machines with the groups of devices drawn on them: rows of stages, columns of copies, nodes around them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from designer.drawing.marks import WIDTH, Box, Drawing, Label, Mark
from designer.drawing.palette import SERIES
from designer.words.numbers import count

# What is drawn at most: devices of a row, and rows.
ACROSS, DOWN = 32, 8
GAP, LEFT, TOP = 5.0, 64.0, 40.0


@dataclass(frozen=True)
class Layout:
    """How devices form groups: `inner` of them share each layer, a stage has `copies`, `stages` follow each other.

    `node` devices are in a machine, and devices are numbered through groups, copies and stages in that order. There
    are `replicas` of it all.
    """

    inner: int
    copies: int
    stages: int
    node: int
    replicas: int = 1
    inner_name: str = "TP"
    copy_name: str = "DP"


def cluster(at: Layout) -> Drawing:
    """One replica: each device a square in the colour of its group, each machine a frame around its devices."""
    row = at.inner * at.copies
    drawn = min(row, max(at.inner, ACROSS // at.inner * at.inner), ACROSS)
    machine = min(at.node, drawn)
    frames = math.ceil(drawn / machine)
    size = min(15.0, (WIDTH - LEFT - GAP * frames) / drawn)
    rows = _shown(at.stages)
    marks: list[Mark] = [
        Label(x=0, y=11, text=_head(at), bold=True),
        Label(x=0, y=27, text=f"a square is a device, a frame a machine of {at.node}", role="soft"),
    ]
    y = TOP
    before = -1
    for stage in rows:
        if stage != before + 1:
            marks.append(Label(x=0, y=y + 8, text=f"⋮ {count(stage - before - 1)} more", role="soft"))
            y += 16
        before = stage
        marks.append(
            Label(x=0, y=y + size / 2 + 5, text=f"stage {stage + 1}" if at.stages > 1 else "devices")
        )
        for i in range(drawn):
            device = stage * row + i
            slot = device % at.node
            frame = (stage * row % at.node + i) // at.node
            x = LEFT + i * size + frame * GAP
            if i == 0 or slot == 0:
                wide = min(at.node - slot, drawn - i) * size
                marks.append(Box(x=x - 1.5, y=y - 1.5, w=wide + 3, h=size + 3, role="line"))
            group = i // at.inner
            tip = (
                f"{at.inner_name} rank {i % at.inner + 1}, {at.copy_name} rank {group + 1}, stage {stage + 1}"
            )
            marks.append(
                Box(x=x + 0.5, y=y + 0.5, w=size - 1, h=size - 1, role=SERIES[group % len(SERIES)], tip=tip)
            )
        if drawn < row:
            more = f"… and {count(row - drawn)} more devices{' of each stage' if at.stages > 1 else ''}"
            if stage == rows[-1]:
                marks.append(Label(x=LEFT, y=y + size + 16, text=more, role="soft"))
        y += size + 9
    bottom = y + (14 if drawn < row else 2)
    return Drawing(height=bottom, marks=marks, says=_head(at))


def _head(at: Layout) -> str:
    parts = [f"{at.inner_name} {at.inner}"]
    many = (
        f"{count(at.copies)} replicas" if at.copy_name == "replica" else f"{at.copy_name} {count(at.copies)}"
    )
    parts += [many] if at.copies > 1 else []
    parts += [f"PP {at.stages}"] if at.stages > 1 else []
    whole = at.inner * at.copies * at.stages
    many = f", {count(at.replicas)} such replicas" if at.replicas > 1 else ""
    return f"{' × '.join(parts)} = {count(whole)} device{'s' if whole > 1 else ''}{many}"


def _shown(stages: int) -> list[int]:
    """The first stages and the last."""
    return list(range(stages)) if stages <= DOWN else [*range(DOWN - 1), stages - 1]
