"""A question with one of its limits taken away, measured or moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from constraints.algebras.maths import maximum
from constraints.graph import Graph
from designer.question import expressions
from designer.question.limit import Limit, made_for_a_question
from designer.question.question import Question

# The quantity by which a limit is exceeded, as the search sees it.
OVER, LACK = "over_the_limit", "missed_by"


def without(question: Question, limit: Limit) -> Question:
    """The question as if the limit were not there."""
    return replace(question, limits=[t for t in question.limits if t.name != limit.name])


def measured(question: Question, limit: Limit) -> Question:
    """The question without the limit, and with two quantities more: how far each design is over it.

    `OVER` is negative where there is room, `LACK` is 0 there. Raises ValueError for a limit that is
    no plain comparison.
    """
    found = limit.comparison
    if found is None:
        raise ValueError(f"{limit.name} is no plain comparison")

    def over(**values: Any) -> Any:
        return found.excess(values)

    def lack(**values: Any) -> Any:
        return maximum(values[OVER], 0.0)

    made = {
        OVER: made_for_a_question(OVER, over, limit.inputs, ""),
        LACK: made_for_a_question(LACK, lack, {OVER: ""}, ""),
    }
    free = without(question, limit)
    return replace(free, graph=Graph({**free.graph.rules, **made}))


def loosened(question: Question, limit: Limit, share: float) -> Question:
    """The question with the limit's bound moved by `share` of itself; negative is tighter."""
    free = measured(question, limit)
    node = expressions.Expression(
        "<=", (expressions.Expression("name", name=OVER), expressions.Expression("number", value=share))
    )
    moved = Limit.stated_as(limit.name, limit.text, "budget", limit.place, node, {})
    return replace(free, limits=[*free.limits, moved])
