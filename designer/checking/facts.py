"""Every number that a question is asked with, by the choice that brings it: what its answer rests on."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import constraints
from constraints.bundles import Bundle, Known
from designer.question.context import Value
from designer.question.groups import Group
from designer.question.question import Question

# A fact: the choices that bring it, such as "node=dgx-h100", and its name.
Key = tuple[str, str]
# Combinations of choices of one group beyond this many are not listed one by one.
MOST = 20_000


@dataclass(frozen=True)
class Facts:
    """The numbers of a question by choice and name."""

    known: dict[Key, Known]

    def moved(self, now: Facts) -> list[Key]:
        """Facts that are other numbers now, or are not there in one of the two."""
        keys = dict.fromkeys([*self.known, *now.known])
        return [k for k in keys if not _same(self.known.get(k), now.known.get(k))]


def _same(a: Known | None, b: Known | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.si == b.si or (a.si != a.si and b.si != b.si)


def facts_of(question: Question) -> Facts:
    """All numbers that any candidate brings."""
    out: dict[Key, Known] = {("", name): known for name, known in question.given.items()}
    for group in question.groups:
        for choice in _choices(question, group):
            out |= {(_said(group, choice), name): known for name, known in group.build(*choice).items()}
    return Facts(out)


def _choices(question: Question, group: Group) -> list[tuple[Value, ...]]:
    return list(itertools.islice(itertools.product(*(question.domains[a] for a in group.axes)), MOST))


def _said(group: Group, choice: tuple[Value, ...]) -> str:
    return ", ".join(f"{a}={v}" for a, v in zip(group.axes, choice, strict=True))


def with_facts(question: Question, facts: Mapping[Key, Known]) -> Question:
    """The same question with some numbers replaced."""

    def group_of(g: Group) -> Group:
        def build(*choice: Value) -> Bundle:
            made = g.build(*choice)
            said = _said(g, choice)
            return {**made, **{n: facts[said, n] for n in made if (said, n) in facts}}

        return replace(g, build=build)

    given = {n: facts.get(("", n), known) for n, known in question.given.items()}
    return replace(question, groups=[group_of(g) for g in question.groups], given=given)


@cache
def equations() -> str:
    """A fingerprint of the rules, their algebra and the bundles: what numbers go through."""
    digest = hashlib.sha256()
    for file in sorted(Path(constraints.__path__[0]).rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
