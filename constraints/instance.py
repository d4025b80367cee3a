"""Instances: a rule again, with inputs of other names, or with numbers in their place.

    @instance(decode_ffn_time, {"decode_tokens": "prefill_tokens"}, wall=4)
    def prefill_ffn_time(prefill_tokens: Tokens) -> Seconds:
        \"\"\"Time of a dense feed-forward block in a prefill pass.\"\"\"

is a rule of its own, with a page, a place, an example and a domain; its equation is stated once, in its
base. An input that is not renamed has its name from the base; one that is fixed is no input any more. The
function below the decorator has no body: its docstring is the page, and its parameters state units that
are called otherwise than in the base (tokens where the base only counts).

All of it is checked by name where it is declared; nothing is passed on by its position.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from constraints.quantities import Constant, Domain
from constraints.quantity import Record
from constraints.rule import Rule, annotated, callable_rule, place

F = TypeVar("F", bound=Callable[..., Any])
# What each input of the base is in the instance: the name of a quantity, or a number.
Given = Mapping[str, "str | Constant"]

# What is counted and not measured: the dimension check takes these units for pure numbers.
_COUNTED = {"", "1", "%", "FLOP", "token", "request", "sample"}


def instance(
    base: Callable[..., Any],
    renamed: Mapping[str, str] | None = None,
    *,
    fixed: Mapping[str, float] | None = None,
    cite: str = "",
    wall: int | None = None,
    keeps: str = "",
    **record: Any,
) -> Callable[[F], F]:
    """Declare a function without a body to be the rule `base` with some inputs `renamed` and some `fixed`.

    `base` is a rule, or a formula in any units: a plain function, and then the parameters of the function
    below state the units of all inputs. `renamed` maps inputs of the base to quantities, `fixed` to numbers
    in SI. Source and wall are those of the base unless given; it holds where the base holds.

    Raises TypeError for a name that the base has not, and for a unit that is not that of the base.

    >>> from constraints.quantities import Seconds
    >>> from constraints.rules.library.queueing import mg1_wait
    >>> @instance(mg1_wait, {"service": "passage", "service_square": "passage"}, fixed={"arrival_rate": 0.8})
    ... def wait_of_equals() -> Seconds:
    ...     '''Mean wait of one of many equal passages.'''
    >>> round(wait_of_equals(1.0), 6), round(wait_of_equals(passage=0.5), 6)
    (2.0, 0.166667)
    """

    def declare(stub: F) -> F:
        origin: Rule | None = getattr(base, "__rule__", None)
        stated = annotated(stub)
        unit, _ = stated.pop("return")
        given = _given(stub.__name__, base, origin, renamed or {}, fixed or {})
        units, domains = _inputs(stub.__name__, given, origin, stated)
        if origin and not _alike(unit, origin.unit):
            raise TypeError(f"{stub.__name__} gives {unit!r}, {origin.id} gives {origin.unit!r}")
        if origin:
            stub.__doc__ = _page(stub.__doc__ or "", origin.id, given)
        where = {why: _condition(c, given) for why, c in origin.where.items()} if origin else {}
        root: Callable[..., Any] = origin.fn if origin else base
        if origin and origin.base:  # an instance of an instance is one of the base of both
            root, given = origin.base, {o: _of(given, new) for o, new in origin.given.items()}
        layer, file, line = place(stub)
        made = Rule(
            id=stub.__name__,
            fn=_function(stub, root, given),
            inputs=units,
            domains=domains,
            where=where,
            unit=unit,
            cite=cite or (origin.cite if origin else "definition"),
            wall=wall or (origin.wall if origin else None),
            layer=layer,
            file=file,
            line=line,
            keeps=keeps,
            record=Record(stub.__name__, **record),
            base=root,
            given=given,
        )
        return cast(F, callable_rule(made))

    return declare


def _given(
    id: str,
    base: Callable[..., Any],
    origin: Rule | None,
    renamed: Mapping[str, str],
    fixed: Mapping[str, float],
) -> Given:
    """What each input of the base is in the instance, in the order of the base."""
    units = origin.inputs if origin else dict.fromkeys(inspect.signature(base).parameters, "")
    for name in (*renamed, *fixed):
        if name not in units:
            raise TypeError(f"{id}: {base.__name__} has no input called {name!r}")
    if twice := set(renamed) & set(fixed):
        raise TypeError(f"{id}: {', '.join(sorted(twice))} cannot be renamed and fixed")
    numbers = {n: Constant(x, units[n]) for n, x in fixed.items()}
    return {n: n for n in units} | dict(renamed) | numbers


def _of(given: Given, name: str | Constant) -> str | Constant:
    return given[name] if isinstance(name, str) else name


def _inputs(
    id: str, given: Given, origin: Rule | None, stated: Mapping[str, tuple[str, Domain]]
) -> tuple[dict[str, str], dict[str, Domain]]:
    """Units and domains of the inputs: stated ones, else those of the base, which they must agree with."""
    units: dict[str, str] = {}
    domains: dict[str, Domain] = {}
    for old, new in given.items():
        if not isinstance(new, str):
            continue
        if origin is None:
            if new not in stated:
                raise TypeError(f"{id}: the unit of {new!r} is stated nowhere")
            units[new], domains[new] = stated[new]
            continue
        unit = stated[new][0] if new in stated else units.get(new, origin.inputs[old])
        if not _alike(unit, origin.inputs[old]):
            raise TypeError(f"{id}: {new} in {unit!r} is not {old} in {origin.inputs[old]!r}")
        units[new] = unit
        domains.setdefault(new, origin.domains[old])
    kept = {old for old, new in given.items() if old == new} if origin else set()
    for name in stated:
        if name not in units or name in kept:
            raise TypeError(f"{id}: {name!r} is no new name of an input")
    return units, domains


def _alike(a: str, b: str) -> bool:
    return _measured(a) == _measured(b)


def _measured(unit: str) -> dict[str, int]:
    """Powers of the units in a product such as `USD*s/byte`, without those that count.

    >>> _measured("USD*s/token") == _measured("s*USD"), _measured("m**3/J"), _measured("token")
    (True, {'m': 3, 'J': -1}, {})
    """
    powers: dict[str, int] = {}
    over, *under = unit.split("/")
    for side, sign in (*((part, 1) for part in [over]), *((part, -1) for part in under)):
        for factor in side.replace("**", "^").split("*"):
            name, _, power = factor.strip().partition("^")
            if name not in _COUNTED:
                powers[name] = powers.get(name, 0) + sign * int(power or 1)
    return powers


def _function(stub: Callable[..., Any], base: Callable[..., Any], given: Given) -> Callable[..., Any]:
    """The instance's own function: it takes its inputs and calls the base, each input in its place.

    It is compiled, as those of named tuples are, so that a call costs no more than one of the base.
    """
    names = dict.fromkeys(new for new in given.values() if isinstance(new, str))
    handed = [f"{old}={new if isinstance(new, str) else repr(float(new))}" for old, new in given.items()]
    source = f"def {stub.__name__}({', '.join(names)}):\n    return _base({', '.join(handed)})\n"
    space: dict[str, Any] = {"_base": base}
    exec(compile(source, f"<instance {stub.__name__}>", "exec"), space)
    fn = cast(Callable[..., Any], space[stub.__name__])
    fn.__module__, fn.__qualname__, fn.__doc__ = stub.__module__, stub.__qualname__, stub.__doc__
    return fn


def _page(doc: str, base: str, given: Given) -> str:
    """The docstring, with what the instance is of after its first paragraph.

    >>> print(_page("Half of it.", "whole", {"a": "b", "c": "b", "d": "d", "share": 0.5}))
    Half of it.
    <BLANKLINE>
    It is `whole` with `b` for `a` and `c` and 0.5 for `share`.
    """
    first, _, rest = inspect.cleandoc(doc).partition("\n\n")
    instead: dict[str, list[str]] = {}
    for old, new in given.items():
        if new != old:
            shown = f"`{new}`" if isinstance(new, str) else f"{new:g}"
            instead.setdefault(shown, []).append(f"`{old}`")
    parts = [f"{new} for {_listed(old)}" for new, old in instead.items()]
    changes = f" with {_listed(parts)}" if parts else ""
    return "\n\n".join(p for p in (first, f"It is `{base}`{changes}.", rest) if p)


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _condition(holds: Callable[..., Any], given: Given) -> Callable[..., Any]:
    """A condition on inputs of the base as one on those of the instance."""
    parts = {old: given[old] for old in inspect.signature(holds).parameters}
    names = tuple(dict.fromkeys(new for new in parts.values() if isinstance(new, str)))

    def condition(**inputs: Any) -> Any:
        return holds(**{old: inputs[new] if isinstance(new, str) else new for old, new in parts.items()})

    condition.__signature__ = _signature(names)  # type: ignore[attr-defined]
    return condition


def _signature(names: tuple[str, ...]) -> inspect.Signature:
    return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])


def renamed(rule: Rule, id: str, names: Mapping[str, str], title: str) -> Rule:
    """A rule again as `id`, with what it reads called as `names` say; it keeps its place, source and record.

    >>> from constraints.rules.serving.load import serving_load
    >>> r = renamed(serving_load.__rule__, "decode_serving_load", {"capacity": "decode_capacity"}, "Load of a pool")
    >>> list(r.inputs), r.title, r(request_rate_per_replica=2.0, decode_capacity=4.0)
    (['request_rate_per_replica', 'decode_capacity'], 'Load of a pool', 0.5)
    """
    inputs = {n: names.get(n, n) for n in rule.inputs}
    before: Given = rule.given or {n: n for n in rule.inputs}
    given = {old: inputs[new] if isinstance(new, str) else new for old, new in before.items()}

    def stub() -> None: ...

    stub.__name__ = stub.__qualname__ = id
    stub.__module__ = rule.fn.__module__
    stub.__doc__ = f"{title}.\n\nIt is `{rule.id}` of one pool."
    base = rule.base or rule.fn
    return replace(
        rule,
        id=id,
        fn=_function(stub, base, given),
        inputs={inputs[n]: unit for n, unit in rule.inputs.items()},
        domains={inputs[n]: domain for n, domain in rule.domains.items()},
        where={why: _condition(c, inputs) for why, c in rule.where.items()},
        keeps="",
        base=base,
        given=given,
        record=replace(rule.record, name=id),
    )
