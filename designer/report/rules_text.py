"""Rules as text, JSON and Markdown: what there is, and one with its symbols and its worked example."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
from collections.abc import Sequence

from catalogs.errors import InputError, nearest
from constraints.algebras.symbolic import Sym, trace
from constraints.domain import describe
from constraints.example import worked_example
from constraints.records import record
from constraints.rule import LAYERS, Rule, find
from constraints.walls import LAWS, WALLS, Wall, every_rule, grouped, wall
from designer.evaluating.design import si_unit
from designer.report.record_text import in_words
from designer.rulebook.call import called, equations, result_line
from designer.rulebook.entries import RuleEntry, RuleExample, RulesResult
from designer.words.numbers import written
from designer.words.text import Column, table, wrap


def chosen(number: int | None, layer: str, words: str) -> list[Rule]:
    """Rules of a wall and a layer whose name, title, source or inputs hold the words.

    Raises InputError for a wall or layer there is not, and where nothing is left.
    """
    if number is not None and not 1 <= number <= len(WALLS):
        raise InputError(f"--wall: no wall {number} (has: 1 to {len(WALLS)})")
    if layer and layer not in LAYERS:
        raise InputError(
            f"--layer: unknown layer {layer!r}{nearest(layer, LAYERS)} (has: {', '.join(LAYERS)})"
        )
    found = [
        r
        for r in every_rule()
        if (number is None or r.wall == number)
        and (not layer or r.layer == layer)
        and all(w in _searched(r) for w in words.lower().split())
    ]
    if not found:
        raise InputError(
            f"--grep: no rule mentions {words!r}" if words else "--layer: this wall has no such rule"
        )
    return found


def _searched(r: Rule) -> str:
    text = " ".join((r.id, r.doc.partition(">>>")[0], r.cite, *r.inputs))
    return f"{text} {text.replace('_', ' ')}".lower()


def listing(found: Sequence[Rule], as_json: bool, width: int) -> str:
    """Rules by wall, each with its unit, equation and source."""
    if as_json:
        return RulesResult(rules=[data(r) for r in found]).to_json(indent=2)
    lines: list[str] = []
    for group, members in grouped(found):
        lines += ["", *wrap(f"{group_title(group)}   {_count(members)}", width), "─" * width]
        for r in members:
            lines += _entry(r, width)
    more = f"{_count(found)}. designer rules NAME shows one; --wall, --layer and --grep narrow the list."
    lines += ["", *wrap(more, width)]
    return "\n".join(lines[1:])


def _count(found: Sequence[Rule]) -> str:
    return "1 rule" if len(found) == 1 else f"{len(found)} rules"


def group_title(group: Wall | str) -> str:
    """What a group of rules is about.

    >>> group_title(wall(14)), group_title("Laws")
    ('Wall 14 · Communication: moving data between devices, and waiting for it', 'Laws and formulas of no one wall')
    """
    if isinstance(group, Wall):
        return f"Wall {group.number} · {group.name}: {group.line}"
    return "Laws and formulas of no one wall" if group == LAWS else f"{_title(group)}, of no one wall"


def _title(layer: str) -> str:
    """What a layer of rules is, as its folder says it."""
    said = importlib.import_module(f"constraints.rules.{layer}").__doc__ or layer
    return re.split(r"[.:,]", said, maxsplit=1)[0]


def _entry(r: Rule, width: int) -> list[str]:
    """A rule in as many lines as it needs: name and unit, equation, source."""
    unit = f" [{si_unit(r.unit) or _unit(r.unit)}]"
    layer = "" if r.layer == "library" else f" ({r.layer})"
    lines = wrap(f"{r.id}{unit} = {formula(r).text()}", width, 0, 6)
    return [*lines, *wrap(f"{r.cite}{layer}", width, 4)]


def show(name: str, as_json: bool, latex: bool, width: int) -> str:
    """One rule: equation, symbols with units, documentation, worked example, source."""
    r = find(name)
    if latex:
        return latex_of(r)
    if as_json:
        return RulesResult(rules=[data(r, whole=True)]).to_json(indent=2)
    lines = [*wrap(f"{r.id} = {formula(r).text()}", width, 0, 4), ""]
    for paragraph in prose(r):
        lines += [*wrap(paragraph, width), ""]
    lines += table(
        [
            Column("symbol", [r.id, *r.inputs], False),
            Column("unit", [_unit(u) for u in (r.unit, *r.inputs.values())], False),
        ],
        width,
    )
    for q in (record(n) for n in (r.id, *r.inputs) if r.layer != "library"):
        if said := in_words(q):
            lines += wrap(f"{q.name}: {'; '.join(said)}", width, 0, 2)
    conditions = describe(r)
    if conditions:
        lines += ["", "Holds where"]
        lines += [line for c in conditions for line in wrap(c, width, 2, 4)]
    lines += ["", *_example(r, width)]
    where = f"Wall {r.wall}, {wall(r.wall).name}" if r.wall else "No wall"
    lines += wrap(f"{where}; {r.layer}. Source: {r.cite}   {r.file}:{r.line}", width, 0, 2)
    others = [o for o in every_rule() if o.id == r.id and o.layer != r.layer]
    if others:
        lines += wrap(f"Also: {', '.join(f'designer rules {o.layer}.{o.id}' for o in others)}", width, 0, 2)
    return "\n".join(lines)


def prose(r: Rule) -> list[str]:
    """The paragraphs of a rule's docstring, without its examples."""
    text = re.split(r"^>>>", inspect.cleandoc(r.doc), maxsplit=1, flags=re.MULTILINE)[0]
    return [" ".join(p.split()) for p in text.split("\n\n") if p.strip()]


def _example(r: Rule, width: int) -> list[str]:
    """The worked example, computed now; it can be typed again."""
    example = worked_example(r)
    if example is None:
        return []
    done = called(r, example.inputs)
    head = ["Worked example, computed now", *wrap(command(r), width, 2, 6)]
    return [*head, *wrap(result_line(done), width, 2, 4), *equations(done, width), ""]


def command(r: Rule) -> str:
    """How to compute the worked example from the command line; empty where a rule has none."""
    example = worked_example(r)
    if example is None:
        return ""
    values = " ".join(shlex.quote(f"{n}={written(v, r.inputs[n])}") for n, v in example.inputs.items())
    return f"designer calc {qualified(r)} {values}"


def qualified(r: Rule) -> str:
    """The name that finds this rule: with its layer where another one has the same name."""
    return r.id if find(r.id) is r else f"{r.layer}.{r.id}"


def latex_of(r: Rule) -> str:
    """The equation in LaTeX."""
    left = r.id.replace("_", r"\_")
    return rf"\mathrm{{{left}}} = {formula(r).latex()}"


def _unit(unit: str) -> str:
    return {"": "a number", "%": "a share", "truth": "yes or no"}.get(unit, unit)


def formula(r: Rule) -> Sym:
    """The equation, as at the worked example."""
    example = worked_example(r)
    return trace(r, example.inputs if example else dict.fromkeys(r.inputs, 2.0))


def data(r: Rule, whole: bool = False) -> RuleEntry:
    """A rule as data; `whole` adds its documentation, LaTeX and worked example."""
    example = worked_example(r) if whole else None
    return RuleEntry(
        name=qualified(r),
        id=r.id,
        layer=r.layer,
        wall=r.wall,
        equation=formula(r).text(),
        unit=si_unit(r.unit),
        inputs={n: si_unit(u) for n, u in r.inputs.items()},
        title=r.title,
        cite=r.cite,
        record={n: list(v) if isinstance(v, tuple) else v for n, v in record(r.id).said().items()}
        if r.layer != "library"
        else {},
        file=f"{r.file}:{r.line}",
        documentation=prose(r) if whole else None,
        holds=describe(r) if whole else None,
        latex=latex_of(r) if whole else None,
        example=(
            RuleExample(inputs=example.inputs, value=float(example.value), command=command(r))
            if example
            else None
        ),
    )
