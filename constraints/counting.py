"""Parameters of a model, counted by its architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from constraints.graph import Graph
from constraints.rule import rules

_COUNTED = ("parameters", "active_parameters", "embedding_parameters")


@dataclass(frozen=True)
class Parameters:
    """All of them, those that one token is multiplied with, and those of the embedding."""

    total: float
    active: float
    embedding: float


def parameters(architecture: Mapping[str, float]) -> Parameters:
    """Parameters of a model, from the numbers of its architecture."""
    made = _graph().evaluate(_COUNTED, architecture)
    return Parameters(*(float(made[n]) for n in _COUNTED))


@cache
def _graph() -> Graph:
    return Graph(rules("shared"))
