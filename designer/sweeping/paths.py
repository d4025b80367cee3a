"""Paths of a scenario: which of them leave the search space as it is, and how they are written."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from catalogs import yaml
from catalogs.errors import InputError

# A number of these is replaced in a question already read; the domains of its decisions stay.
_PRICES = ("pricing.price", "pricing.purchase", "pricing.electricity")
_DEMAND = ("workload.rate",)


def is_quick(path: str) -> bool:
    """Whether a change at `path` leaves the candidates, the limits and the equations as they are."""
    section, _, rest = path.partition(".")
    if not rest or "." in rest:
        return False
    return section in ("budgets", "assume", "site") or path in _PRICES or path in _DEMAND


def text_of(path: str, value: Any) -> str:
    """A change as `--set` takes it.

    >>> text_of("budgets.cost", "2 MUSD"), text_of("candidates.tp", [1, 2])
    ('budgets.cost=2 MUSD', 'candidates.tp=[1, 2]')
    """
    return f"{path}={_written(value) if isinstance(value, str) else json.dumps(value)}"


@lru_cache(maxsize=4096)
def _written(text: str) -> str:
    """Text as it is, where YAML reads it back the same; else quoted."""
    try:
        if yaml.parse(f"value: {text}\n", "").data.get("value") == text:
            return text
    except InputError:
        pass
    return json.dumps(text, ensure_ascii=False)
