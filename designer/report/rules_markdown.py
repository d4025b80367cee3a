"""The reference page of the rules, from the same source as everything else about them."""

from __future__ import annotations

from collections.abc import Sequence

from constraints.domain import describe
from constraints.example import worked_example
from constraints.records import record
from constraints.rule import Rule
from constraints.walls import grouped
from designer.evaluating.design import si_unit
from designer.report.record_text import in_words
from designer.report.rules_text import command, formula, group_title, prose, qualified
from designer.rulebook.call import called
from designer.words.numbers import human

_HEAD = """\
# The rules

Every equation of the product, by wall; written by `designer rules --markdown > docs/rules.md`.
`designer rules NAME` shows one, `designer calc NAME name=value...` computes it.
"""


def reference(found: Sequence[Rule]) -> str:
    """Markdown of all the given rules."""
    parts = [_HEAD]
    groups = grouped(found)
    for group, members in groups:
        parts.append(f"## {group_title(group)}\n")
        parts += [_entry(r) for r in members]
    return "\n".join(parts)


def _entry(r: Rule) -> str:
    units = ", ".join(
        f"`{n}` {si_unit(u) or ('share' if u == '%' else 'number')}" for n, u in r.inputs.items()
    )
    result = si_unit(r.unit) or {"%": "share", "truth": "yes or no"}.get(r.unit, "number")
    lines = [
        f"### {qualified(r)}\n",
        *(f"{p}\n" for p in prose(r)),
        f"```\n{r.id} = {formula(r).text()}\n```\n",
        f"Gives: {result}. Reads: {units}.\n",
    ]
    if r.layer != "library" and (said := in_words(record(r.id))):
        words = "; ".join(said)
        lines.append(f"{words[0].upper()}{words[1:]}.\n")
    conditions = describe(r)
    if conditions:
        lines.append(f"Holds where {'; '.join(conditions)}.\n")
    example = worked_example(r)
    if example:
        value = human(float(called(r, example.inputs).value), r.unit)
        lines.append(f"```sh\n{command(r)}   # {value}\n```\n")
    return "\n".join([*lines, f"Source: {r.cite}. `{r.file}`\n"])
