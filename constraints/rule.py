"""The rule: one pure function, its units, its source. Everything else is derived from it."""

from __future__ import annotations

import functools
import importlib
import linecache
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from catalogs.errors import InputError, nearest
from constraints.quantities import Constant, Domain
from constraints.quantity import Record

F = TypeVar("F", bound=Callable[..., Any])

LAYERS = (
    "library",
    "shared",
    "training",
    "hybrid_training",
    "network",
    "streaming",
    "dataset",
    "serving",
    "concurrent",
    "batch",
    "codesign",
    "bounds",
    "queue_bounds",
    "pool",
    "hybrid_serving",
    "prefill_pool",
    "decode_pool",
    "apart",
)
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rule:
    """A named quantity made out of others.

    `inputs` maps each input quantity to its SI unit, `domains` to the values it may take; `unit` is the
    result's. `where` holds what must be true of the inputs together, by the reason why
    (`constraints.domain` checks both). A *limit* is a rule whose unit is `"truth"`. `layer` is the folder
    it lives in: `library` rules are formulas to call, the others also form the graph of a job. A rule that
    replaces one of an earlier layer may say under which name that one goes on: `keeps`.

    An instance (`constraints.instance`) is the function `base` with other inputs: `given` says what each of
    the base's is here, the name of a quantity or a number. `record` is what the decorator says of the
    quantity; what all rules of the name say is in `constraints.records`.
    """

    id: str
    fn: Callable[..., Any] = field(repr=False)
    inputs: Mapping[str, str]
    domains: Mapping[str, Domain]
    where: Mapping[str, Callable[..., Any]]
    unit: str
    cite: str
    wall: int | None
    layer: str
    file: str
    line: int
    keeps: str = ""
    base: Callable[..., Any] | None = field(default=None, repr=False)
    given: Mapping[str, str | Constant] = field(default_factory=dict)
    record: Record = field(default=Record(), repr=False)

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


def annotated(fn: Callable[..., Any]) -> dict[str, tuple[str, Domain]]:
    """Unit and domain of each parameter of a function, and of its `return`."""
    return {name: _quantity(fn, a) for name, a in fn.__annotations__.items()}


def _quantity(fn: Callable[..., Any], annotation: Any) -> tuple[str, Domain]:
    """Unit and domain of an annotation, which is text under `from __future__ import annotations`."""
    alias = fn.__globals__.get(annotation) if isinstance(annotation, str) else annotation
    metadata = getattr(alias, "__metadata__", None)
    if not metadata:
        raise TypeError(f"{fn.__module__}.{fn.__name__}: {annotation!r} is not a quantity annotation")
    return str(metadata[0]), metadata[1] if len(metadata) > 1 else Domain()


def _line_of_def(file: str, line: int) -> int:
    """Line of the `def` of a decorated function whose first decorator stands on `line`."""
    for n in range(line, line + 40):
        if linecache.getline(file, n).startswith("def "):
            return n
    return line


def place(fn: Callable[..., Any]) -> tuple[str, str, int]:
    """Layer, file and line of a decorated function."""
    code = fn.__code__
    path = Path(code.co_filename).resolve()
    layer = fn.__module__.split(".")[2] if fn.__module__.startswith("constraints.rules.") else "library"
    file = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    return layer, file, _line_of_def(code.co_filename, code.co_firstlineno)


def callable_rule(made: Rule) -> Callable[..., Any]:
    """The function that stands for a rule in its module: to be called by other rules and by anyone."""
    fn = made.fn

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        # A rule called by another one shows in the caller's formula by its name.
        for v in (*args, *kwargs.values()):
            seen = getattr(v, "rule_call", None)
            if seen is not None:
                return seen(made, args, kwargs)
        return fn(*args, **kwargs)

    call.__rule__ = made  # type: ignore[attr-defined]
    return call


def rule(
    *,
    cite: str,
    wall: int | None = None,
    where: Mapping[str, Callable[..., Any]] | None = None,
    keeps: str = "",
    **record: Any,
) -> Callable[[F], F]:
    """Declare a function to be a rule; it stays a function, to be called by other rules and by anyone.

    `cite` names the source of the equation, or is "definition"; `wall` is its number among the
    22 walls, where it has one. `where` maps the reason for a condition to the condition, a function
    of some of the inputs by name; outside it the rule has no meaning. A rule that replaces one of its
    name from an earlier layer, and reads it, says by `keeps` what that one is called from then on.
    All other keywords are fields of the quantity's `Record`: its heading, which way is better, what it is for.
    """

    def declare(fn: F) -> F:
        found = annotated(fn)
        names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
        layer, file, line = place(fn)
        made = Rule(
            id=fn.__name__,
            fn=fn,
            inputs={n: found[n][0] for n in names},
            domains={n: found[n][1] for n in names},
            where=dict(where or {}),
            unit=found["return"][0],
            cite=cite,
            wall=wall,
            layer=layer,
            file=file,
            line=line,
            keeps=keeps,
            record=Record(fn.__name__, **record),
        )
        return cast(F, callable_rule(made))

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


def layered(layers: Iterable[str]) -> dict[str, Rule]:
    """Rules of the layers by quantity: a later layer replaces those of the same name in earlier ones.

    What the replacing rule `keeps` goes on under that name. Raises TypeError where there is nothing to keep.

    >>> [r.layer for n, r in layered(("shared", "serving", "bounds")).items() if n in ("ttft", "expected_ttft")]
    ['bounds', 'serving']
    """
    found: dict[str, Rule] = {}
    for layer in layers:
        added = rules(layer)
        for r in added.values():
            if r.keeps and r.id not in found:
                raise TypeError(f"{r.file}:{r.line}: {r.id} keeps {r.keeps}, but replaces no rule")
        kept = {r.keeps: replace(found[r.id], id=r.keeps, keeps="") for r in added.values() if r.keeps}
        found |= kept | added
    return found


def find(name: str) -> Rule:
    """The rule called `name`, in any layer; training wins over serving where both have one.

    `serving.device_memory` is that of its layer. Raises InputError with the nearest name.
    """
    of, dot, bare = name.partition(".")
    for layer in (of,) if dot and of in LAYERS else LAYERS:
        known = rules(layer)
        if (bare if dot else name) in known:
            return known[bare if dot else name]
    every = [n for layer in LAYERS for n in rules(layer)]
    raise InputError(f"unknown rule {name!r}{nearest(name, every)}")
