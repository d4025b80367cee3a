"""What is to be known of pipelines whose stages have unlike numbers of layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from constraints.roles import STAGES
from designer.question.context import Value
from designer.question.question import Question
from designer.words.numbers import count


def uneven_stages(question: Question, designs: Iterable[Mapping[str, Value]]) -> list[str]:
    """A note where the depth of a pipeline, of any of the designs, does not divide the layers; else none."""
    headings = {d.name: d.heading.replace("\n", " ") for d in question.decisions}
    stages = [
        s for s in zip(*map(question.each, STAGES), strict=True) if set(s[1:]) <= question.graph.rules.keys()
    ]
    found: set[tuple[str, int, float, float]] = set()
    for design in designs:
        for pp, most, last in stages:
            depth = design.get(pp, 1)
            if isinstance(depth, (int, float)) and depth > 1:
                given = {name: known.si for name, known in question.bundle(design).items()}
                values = question.graph.evaluate([most, last], given)
                if values[most] != values[last]:
                    found.add((headings[pp], int(depth), values[most], values[last]))
    told = [f"{pp} {depth} ({count(most)}, {count(last)})" for pp, depth, most, last in sorted(found)]
    return [f"stages hold unequal layers (the fullest, the last): {', '.join(told)}"] if told else []
