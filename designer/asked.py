"""What the verbs of Python take: scenarios and catalogs in any of their forms, each read once."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from catalogs import Catalog, default_catalog
from catalogs.errors import InputError
from designer.answers.plan import EvaluateResult
from designer.evaluating.design import evaluate
from designer.question.context import Value
from designer.question.designs import parse_design
from designer.question.question import Question
from designer.reading.loading import load, locate

Kept = TypeVar("Kept")
# A scenario: its file, its name where it is shipped, or what would stand in the file.
Scenario = str | Path | Mapping[str, Any]
# Facts: a catalog, or a folder of entries of one's own, or several of them.
Facts = Catalog | str | Path | Sequence[str | Path] | None
# Decisions: a mapping of them, or text as on the command line, 'tp=8, pp=4'.
Decisions = str | Mapping[str, Value]

# Catalogs and questions that are kept, and designs of them that were evaluated.
CATALOGS, QUESTIONS, DESIGNS = 4, 16, 4096
_catalogs: OrderedDict[Any, Catalog] = OrderedDict()
_questions: OrderedDict[Any, tuple[Catalog, Question]] = OrderedDict()
_designs: OrderedDict[Any, tuple[Question, EvaluateResult]] = OrderedDict()


def catalog_of(facts: Facts) -> Catalog:
    """The catalog that is meant; one of folders is read again when a file of theirs changed."""
    if isinstance(facts, Catalog):
        return facts
    if facts is None:
        made = default_catalog()
        folders = made.roots[1:]
    else:
        folders = tuple(map(Path, [facts] if isinstance(facts, (str, Path)) else facts))
    key = tuple((str(f), tuple(sorted((str(p), *_state(p)) for p in f.rglob("*.yaml")))) for f in folders)
    return _kept(_catalogs, key, CATALOGS, lambda: Catalog(folders))


def question_of(scenario: Scenario, sets: Sequence[str], facts: Facts) -> Question:
    """The question of a scenario, read again when its file changed. Nobody changes it."""
    catalog = catalog_of(facts)
    if isinstance(sets, str):
        raise InputError(f"sets: a list of overrides such as ['budgets.cost=25 MUSD'], not the text {sets!r}")
    path = scenario if isinstance(scenario, Mapping) else locate(scenario)
    if isinstance(path, Mapping):
        said: Any = json.dumps(path, default=str)
    else:
        said = (str(path.resolve()), *_state(path))
    key = (said, tuple(sets), id(catalog))
    return _kept(_questions, key, QUESTIONS, lambda: (catalog, load(path, sets, catalog)))[1]


def design_of(question: Question, design: Decisions) -> Mapping[str, Value]:
    """Decisions as a mapping."""
    return parse_design(question, design, "design") if isinstance(design, str) else design


def evaluated(question: Question, design: Decisions) -> EvaluateResult:
    """A design of a question, worked out once."""
    key = (id(question), design if isinstance(design, str) else tuple(design.items()))

    def made() -> tuple[Question, EvaluateResult]:
        return question, evaluate(question, design_of(question, design))

    return _kept(_designs, key, DESIGNS, made)[1]


def _state(path: Path) -> tuple[int, int]:
    """What changes when a file does."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _kept(known: OrderedDict[Any, Kept], key: Any, most: int, make: Callable[[], Kept]) -> Kept:
    """What is known by a key, made where it is not; the one not asked for longest goes first."""
    if key not in known:
        known[key] = make()
        if len(known) > most:
            known.popitem(last=False)
    known.move_to_end(key)
    return known[key]
