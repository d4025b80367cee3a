"""What must be known of a quantity is said once, where it is declared: `designer` hardly names one.

A name of a job's quantity that stands in `designer` as a literal is part of a table that a new quantity
is missing from. The files of jobs say what is asked of their own quantities and are not counted.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from constraints.rule import LAYERS, rules

ROOT = Path(__file__).resolve().parents[2]
MOST = 30


def quantities() -> set[str]:
    """Names of what the rules of jobs make; formulas of the library are called by name.

    What only the prefill pool makes is a decision or an input everywhere else.
    """
    left_out = ("library", "prefill_pool")
    return {name for layer in LAYERS if layer not in left_out for name in rules(layer)}


def literals(text: str, names: set[str]) -> Counter[str]:
    """How often each name stands in a module as a string."""
    return Counter(
        n.value
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value in names
    )


def test_designer_names_few_quantities() -> None:
    names, found = quantities(), {}
    for path in sorted((ROOT / "designer").rglob("*.py")):
        place = path.relative_to(ROOT)
        if place.parts[1] != "jobs" and (here := literals(path.read_text(encoding="utf-8"), names)):
            found[str(place)] = here
    total = sum(sum(here.values()) for here in found.values())
    listed = "\n".join(f"{sum(here.values()):3} {place}: {dict(here)}" for place, here in found.items())
    assert total <= MOST, f"{total} names of quantities in {len(found)} files\n{listed}"


def test_a_table_by_name_is_counted() -> None:
    table = 'HEADS = {"mfu": "MFU", "tpot": "TPOT", "colour": "red"}\nfirst = values["mfu"]'
    assert literals(table, quantities()) == {"mfu": 2, "tpot": 1}
