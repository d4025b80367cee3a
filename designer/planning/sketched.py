"""The fastest layout of a sketch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs import Catalog, yaml
from designer.answers.plan import EvaluateResult, PlanResult
from designer.documents.sketch import Sketch
from designer.evaluating.design import evaluate
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of


@dataclass(frozen=True)
class Sketched:
    """A sketch, the question it is, its plan, and every quantity of the best layout, where there is one."""

    sketch: Sketch
    question: Question
    plan: PlanResult
    layout: EvaluateResult | None

    @property
    def fits(self) -> bool:
        """Whether there is a layout."""
        return self.layout is not None


def answered(sketch: Sketch, held: str, sets: Sequence[str], catalog: Catalog) -> Sketched:
    """The answer to a sketch, with the decisions of `held` ("tp=2, batch=8") as they are there.

    Raises InputError for anything unknown in it.
    """
    document = yaml.Document(f"{sketch.model} on {sketch.node}", sketch.document(), {}, {})
    fixed = [f"candidates.{part.strip()}" for part in held.split(",") if part.strip()]
    question = question_of(SourceMap(document, [*fixed, *sets], catalog))
    plan = plan_question(question)
    layout = evaluate(question, plan.frontier[0].design) if plan.frontier else None
    return Sketched(sketch, question, plan, layout)
