"""What binds: each limit is taken away in turn, and the question is answered again.

Without a limit the search looks for the frontier of the objectives and of one thing more, how far a
design is over the limit. That one frontier says all there is to say about the limit: which designs
it stops from being better, from which bound on (the least excess of any design that beats them), and
what each objective would gain first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from constraints.bundles import Known
from constraints.records import record
from designer.evaluating.design import undefined
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Objective, Question
from designer.search.archive import Archive, frontier_of
from designer.search.compile import Array, schedule
from designer.search.enumerate import Count
from designer.search.pareto import beaten, beats
from designer.search.relaxation import LACK, measured, without
from designer.search.warm_start import Trunk
from designer.words.numbers import human, percent

# A plan removes limits for so many seconds of processor time; `explain` takes as long as the scenario gives.
REMOVAL_SECONDS = 3.0
# How many times longer than its processor time a search may take on a loaded machine.
LOADED = 2.0
# How many times longer a search without a limit of the hardware is taken to be than the one with it: such
# limits act early, and with one thing more to be good at, fewer designs are dropped from there on.
HARDER = 3.0


@dataclass(frozen=True)
class Removal:
    """What is possible without one limit that is not possible with it.

    A row of `objectives` (smaller is better) for each design, its share over the limit in `excess`
    (NaN where the limit is no plain comparison, or what it reads is unknown), and the design itself.
    """

    limit: Limit
    objectives: Array
    excess: Array
    designs: list[dict[str, Value]]

    def better_than(self, row: Array) -> Array:
        """Positions of designs that beat `row`, those nearest to the limit first."""
        found = np.flatnonzero(beats(self.objectives, row))
        return found[np.argsort(self.excess[found], kind="stable")]

    def gain(self, question: Question, row: Array) -> str:
        """The largest relative gain in one objective over `row`; empty where nothing beats it."""
        found = self.better_than(row)
        better = self.objectives[found]
        if not len(better):
            return ""
        with np.errstate(divide="ignore", invalid="ignore"):
            gains = np.where(row != 0, (row - better) / np.abs(row), 0.0)
        best, k = np.unravel_index(int(np.argmax(gains)), gains.shape)
        o = question.objectives[int(k)]
        text = f"{percent(float(gains[best, k]))} {'lower' if o.sign > 0 else 'higher'} {o.quantity}"
        unknown = self.limit.comparison is not None and np.isnan(self.excess[found[best]])
        return f"{text} where {self.limit.quantity or 'it'} is unknown" if unknown else text


def stages(question: Question) -> list[Limit]:
    """Stages that feed the devices: each binds a design that would be better if it took no time."""
    return [Limit.of(r) for n, r in question.graph.rules.items() if record(n).feeds]


def candidates_of(question: Question, count: Count) -> list[Limit]:
    """What is worth removing: limits that cut anything, and stages that feed the devices."""
    cut = [t for t in question.limits if count.cut.get(t.name) and can_bind(question, t)]
    found = sorted(cut, key=lambda t: not t.stated)
    return found + [s for s in stages(question) if s.name not in {t.name for t in found}]


def can_bind(question: Question, limit: Limit) -> bool:
    """Whether it makes sense to take a limit away.

    Not of one of form, without which there is no layout; nor of one beyond which what is asked for, an
    objective or a budget, means nothing.
    """
    if limit.stated:
        return True
    lost = undefined(question, [limit.name])
    asked = {o.quantity for o in question.objectives} | {n for t in question.stated for n in t.inputs}
    return not limit.form and not lost & asked


def relaxed(question: Question, limit: Limit) -> tuple[Question, list[Objective]]:
    """The question without `limit`, which asks for designs that exceed it by as little as possible as well."""
    if limit.kind == "stage":
        at_once = {**question.given, limit.name: Known(0.0, "assumed", "taken away")}
        freed = replace(question, given=at_once)
    elif limit.comparison is None:
        freed = without(question, limit)
    else:
        freed = measured(question, limit)
        freed = replace(freed, objectives=[*question.objectives, Objective(LACK, 1)])
    return freed, freed.objectives


def removal(
    question: Question, limit: Limit, deadline: float | None = None, trunk: Trunk | None = None
) -> Removal | None:
    """The question solved without `limit`, from where that matters; None where the time did not suffice."""
    freed, goals = relaxed(question, limit)
    archive, count = frontier_of(freed, deadline, after=trunk)
    if not count.complete:
        return None
    known = len(question.objectives)
    values = archive.objectives
    excess = values[:, known] if len(goals) > known else np.full(len(values), np.nan)
    found = Removal(limit, values[:, :known], excess, archive.designs())
    return _with_unknown(question, found, deadline, trunk) if archive.unknown[known:].any() else found


def _with_unknown(
    question: Question, found: Removal, deadline: float | None, trunk: Trunk | None
) -> Removal | None:
    """The same with what nobody can hold against the bound: no loosening lets it in, removal does."""
    archive, count = frontier_of(without(question, found.limit), deadline, after=trunk)
    if not count.complete:
        return None
    designs = archive.designs()
    new = np.flatnonzero(~beaten(archive.objectives, found.objectives))
    return Removal(
        found.limit,
        np.concatenate([found.objectives, archive.objectives[new]]),
        np.append(found.excess, np.full(len(new), np.nan)),
        [*found.designs, *(designs[i] for i in new)],
    )


def removals(
    question: Question,
    archive: Archive,
    count: Count,
    deadline: float,
    seconds: float | None = None,
    trunk: Trunk | None = None,
) -> tuple[list[Removal], list[str]]:
    """What each limit that cuts designs keeps out, and a note for each that took too long to remove.

    `seconds` of processor time (`REMOVAL_SECONDS` by default) are for all of them together; nothing is
    claimed of a limit that is left out.
    """
    most = REMOVAL_SECONDS if seconds is None else seconds
    found: dict[str, Removal | None] = {}
    spent = 0.0
    limits = candidates_of(question, count) if len(archive.positions) else []
    expected = {
        t.rule.id: (1.0 if t.stated else HARDER) * _seconds(question, t, count, trunk) for t in limits
    }
    for limit in sorted(limits, key=lambda t: expected[t.rule.id]):
        found[limit.rule.id] = None
        if spent + expected[limit.rule.id] <= most:
            # A machine that others load as well is given its time; the limit is for large spaces.
            started, until = time.process_time(), min(deadline, time.monotonic() + LOADED * (most - spent))
            found[limit.rule.id] = removal(question, limit, until, trunk)
            spent += time.process_time() - started
    out = [r for t in limits if (r := found[t.rule.id]) is not None]
    skipped = [t.name for t in limits if found[t.rule.id] is None]
    if not skipped:
        return out, []
    return out, [f"too large to solve again without {', '.join(skipped)}: whether these bind is not stated"]


def _seconds(question: Question, limit: Limit, count: Count, trunk: Trunk | None) -> float:
    """Processor seconds the search of the plan took for what the search without `limit` has to do again."""
    if trunk is None:
        return count.processor
    freed, goals = relaxed(question, limit)
    return trunk.seconds_after(trunk.before(schedule(freed, {o.quantity for o in goals}), goals))


def stage_text(question: Question, name: str, values: Mapping[str, Any]) -> str:
    """How long a feeding stage takes, and how long the devices it keeps waiting."""
    q = question.quantity(name)
    title = q.title.split(";")[0].split(",")[0]
    text = f"{title}: {human(values[name], q.unit)}, the devices {human(values[q.feeds], q.unit)}"
    if q.demand:
        supply = question.quantity(q.supply)
        needed, here = (human(values[n], supply.unit) for n in (q.demand, q.supply))
        text += f" ({needed} {supply.name} a device would keep up, {here} here)"
    return text
