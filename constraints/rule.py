"""The rule: one pure function, its units, its source. Everything else is derived from it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from catalogs.errors import InputError, nearest

F = TypeVar("F", bound=Callable[..., Any])

LAYERS = ("library", "shared", "training", "serving")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rule:
    """A named quantity made out of others.

    `inputs` maps each input quantity to its SI unit; `unit` is the result's. A *limit* is a rule
    whose unit is `"truth"`. `layer` is the folder it lives in: `library` rules are formulas to call,
    the others also form the graph of a job.
    """

    id: str
    fn: Callable[..., Any] = field(repr=False)
    inputs: Mapping[str, str]
    unit: str
    cite: str
    wall: int | None
    layer: str
    file: str
    line: int

    @property
    def is_limit(self) -> bool:
        return self.unit == "truth"

    @property
    def doc(self) -> str:
        return self.fn.__doc__ or ""

    @property
    def title(self) -> str:
        """First sentence of the docstring."""
        return self.doc.strip().split("\n", 1)[0].rstrip(".")

    def __call__(self, **inputs: Any) -> Any:
        return self.fn(**inputs)


def _unit(fn: Callable[..., Any], annotation: Any) -> str:
    """Unit named by an annotation, which is text under `from __future__ import annotations`."""
    alias = fn.__globals__.get(annotation) if isinstance(annotation, str) else annotation
    metadata = getattr(alias, "__metadata__", None)
    if not metadata:
        raise TypeError(f"{fn.__module__}.{fn.__name__}: {annotation!r} is not a quantity annotation")
    return str(metadata[0])


def rule(*, cite: str, wall: int | None = None) -> Callable[[F], F]:
    """Declare a function to be a rule. The function itself is returned, unwrapped.

    `cite` names the source of the equation, or is "definition"; `wall` is its number among the
    22 walls, where it has one.
    """

    def declare(fn: F) -> F:
        units = {name: _unit(fn, a) for name, a in fn.__annotations__.items()}
        result = units.pop("return")
        code = fn.__code__
        path = Path(code.co_filename).resolve()
        layer = fn.__module__.split(".")[2] if fn.__module__.startswith("constraints.rules.") else "library"
        fn.__rule__ = Rule(  # type: ignore[attr-defined]
            id=fn.__name__,
            fn=fn,
            inputs={n: units[n] for n in code.co_varnames[: code.co_argcount]},
            unit=result,
            cite=cite,
            wall=wall,
            layer=layer,
            file=str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path),
            line=code.co_firstlineno + 1,
        )
        return fn

    return declare


@cache
def rules(*layers: str) -> dict[str, Rule]:
    """Rules of the given layers (all of them by default) by id, found by walking the packages.

    Raises TypeError when two rules of the requested layers share an id.
    """
    found: dict[str, Rule] = {}
    for layer in layers or LAYERS:
        package = importlib.import_module(f"constraints.rules.{layer}")
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            for value in vars(module).values():
                r = getattr(value, "__rule__", None)
                if r is None or value.__module__ != module.__name__:
                    continue
                if r.id in found and found[r.id] is not r:
                    raise TypeError(f"rule {r.id!r} is declared in {found[r.id].file} and in {r.file}")
                found[r.id] = r
    return found


def find(name: str) -> Rule:
    """The rule called `name`, in any layer; training wins over serving where both have one.

    Raises InputError with the nearest name.
    """
    for layer in LAYERS:
        known = rules(layer)
        if name in known:
            return known[name]
    every = [n for layer in LAYERS for n in rules(layer)]
    raise InputError(f"unknown rule {name!r}{nearest(name, every)}")
