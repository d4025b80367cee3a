"""From the source of a scenario to its question, step by step.

`question_of` is the list of steps, in the only order they can have: each makes what it is assigned to,
out of what it is called with. Mistakes that leave the rest readable are collected, and raised together
at the end of the step, or of those that read budgets and objectives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from catalogs.errors import InputError
from constraints.bundles import Bundle
from designer.documents.scenario import Scenario
from designer.evaluating.intervals import ends_of, hold_upper_bounds
from designer.jobs import JOBS
from designer.question.job import Pool
from designer.question.pools import apart, of_one_pool
from designer.question.question import Question
from designer.question.rules import parts_of
from designer.reading.assembly import assembled
from designer.reading.budgets import assumed, check_weights, design_of, objectives_of, stated_of
from designer.reading.domains import domains_of
from designer.reading.edits import edited
from designer.reading.givens import givens_of
from designer.reading.imported import import_models
from designer.reading.models import models_of
from designer.reading.names import name_canonically
from designer.reading.notes import notes_of
from designer.reading.places import check_places
from designer.reading.premises import premises
from designer.reading.shape import scenario_of
from designer.reading.source_map import Path, SourceMap
from designer.reading.unknowns import check_known, check_rates
from designer.reading.validation import check_data_pipeline, check_outputs, check_parts, check_zeros

# What has to hold of a question that is read; the last argument says where each budget and rule stands.
Check = Callable[[SourceMap, Question, Mapping[str, Path]], None]
CHECKS: tuple[Check, ...] = (
    check_places,
    check_rates,
    check_data_pipeline,
    check_known,
    check_outputs,
    check_zeros,
)


def question_of(
    source: SourceMap, checks: Sequence[Check] = CHECKS, part: Callable[[Question], Question] | None = None
) -> Question:
    """The question a scenario asks, or a `part` of it. Raises InputError listing the problems, each with its place."""
    name_canonically(source)
    import_models(source)
    scenario = scenario_of(source)
    job = JOBS[scenario.workload.job]
    models = models_of(source, scenario, job)
    pools = job.pools(scenario.workload)
    asked = [(p, _of(source, scenario, models, p)) for p in pools]
    question = apart(asked) if asked else _of(source, scenario, models)
    stated, origin = stated_of(source, question)
    question.limits += stated
    question.objectives = objectives_of(source, question)
    check_weights(source, question)
    question.baseline = design_of(source, question, dict(scenario.baseline), ("baseline",))
    source.raise_problems()
    question = part(question) if part else question
    again = partial(question_of, checks=checks, part=part)
    question.edited = partial(edited, source, again, list(question.limits), origin)
    question.taken_for_granted = partial(premises, replace(question), source.catalog, source.where)
    for check in checks:
        check(source, question, origin)
    question.notes += notes_of(source, question)
    return question


def _of(
    source: SourceMap, scenario: Scenario, models: Mapping[str, Bundle], pool: Pool | None = None
) -> Question:
    """What is asked of the machines of one pool, or of all, before budgets and objectives are read."""
    job = JOBS[scenario.workload.job]
    domains, defaulted = domains_of(source, scenario, job, models, pool)
    nodes = [source.catalog.get("nodes", str(n)) for n in domains["node"]]
    parts = parts_of(job, scenario, models.values(), nodes)
    given = givens_of(source, scenario, models, domains)
    check_parts(source, scenario, parts)
    question = assembled(source.catalog, scenario, models, parts, domains, defaulted, given)
    if pool:
        question = of_one_pool(pool, question)
    question.given |= assumed(source, question, pool)
    _hold(source, question)
    question.intervals = partial(ends_of, question, source.catalog)
    return question


def _hold(source: SourceMap, question: Question) -> None:
    """Where the scenario asks for confidence, budgets are held against bounds instead of predictions."""
    confidence = question.scenario.confidence
    if confidence is None:
        return
    try:
        hold_upper_bounds(question, source.catalog, confidence)
    except InputError as e:
        raise source.placed(("confidence",), e) from None
