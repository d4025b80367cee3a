"""Pools: the rules of a job once for each of several groups of machines, as renamed instances.

Machines that read prompts and machines that write answers obey the same rules, each with numbers of their
own: `tp` is `prefill_tp` here and `decode_tp` there, and so is everything that is made of it. What is made
of nothing of the kind is shared and keeps its name. What holds of both together is declared in layers of
its own; a rule of the job whose inputs are such whole quantities holds of the whole again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from constraints.instance import renamed
from constraints.rule import Rule, layered, rules

# The pools there can be; their names begin those of the quantities they have of their own.
POOLS = ("prefill", "decode")


@dataclass(frozen=True)
class PoolSide:
    """A pool as its rules see it.

    Of its `layers` those in `alone` are no other pool's. `own` are the quantities it is given of its own,
    `given` those that all pools are given alike. What `lacks` somebody waiting, or an output, has no
    quantities that need one.
    """

    pool: str
    layers: tuple[str, ...]
    alone: tuple[str, ...]
    own: frozenset[str]
    given: frozenset[str]
    lacks: frozenset[str] = frozenset()

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules of this pool, under the names they have when there is no other."""
        return _layered(self.layers)


@cache
def _layered(layers: tuple[str, ...]) -> Mapping[str, Rule]:
    return layered(layers)


def of(pool: str, name: str, taken: Collection[str] = ()) -> str:
    """What a quantity of one pool is called; `taken` are the names that quantities have without pools.

    >>> of("decode", "tp"), of("decode", "decode_tokens"), of("prefill", "batch", ["batch", "prefill_batch"])
    ('decode_tp', 'decode_tokens', 'prefill_pool_batch')
    """
    if name.startswith(f"{pool}_"):
        return name
    plain = f"{pool}_{name}"
    return f"{pool}_pool_{name}" if plain in taken else plain


@cache
def names_of(side: PoolSide) -> Mapping[str, str]:
    """Every quantity that a pool has of its own, and what it is called: what it is given, and what follows."""
    known = side.rules
    own = set(side.own).union(*map(rules, side.alone))
    fresh = True
    while fresh:
        found = {n for n, r in known.items() if not own.isdisjoint(r.inputs)} - own - side.given
        own |= found
        fresh = bool(found)
    taken = {*known, *(n for r in known.values() for n in r.inputs), *side.own}
    return {n: of(side.pool, n, taken) for n in sorted(own)}


@cache
def joined(sides: tuple[PoolSide, ...], whole: tuple[str, ...]) -> Mapping[str, Rule]:
    """The rules of several pools and of what they are together, which the layers `whole` declare.

    Raises TypeError where two quantities would have one name.
    """
    names = {s: names_of(s) for s in sides}
    shared = {n: r for s in sides for n, r in s.rules.items() if n not in names[s]}
    # What no pool has of its own is the same for all of them together.
    together = {n: r for n, r in layered(whole).items() if n not in shared}
    of_pools: dict[str, Rule] = {}
    for s in sides:
        for n, r in s.rules.items():
            # A limit that holds of the whole takes the place of those of its parts.
            if n in names[s] and n not in s.own and not (r.is_limit and n in together):
                made = renamed(r, names[s][n], names[s], f"{r.title}, {s.pool} pool")
                _add(of_pools, {made.id: made})
    out: dict[str, Rule] = {}
    for some in (shared, together, of_pools):
        _add(out, some)
    held = _held(sides, names, out)
    left_out = {names[s][n] for s in sides for n in names[s] if n in held or _lacking(s, n)}
    return _pruned(out | held, left_out)


def handed(layers: tuple[str, ...], after: tuple[str, ...], pool: str) -> dict[str, Rule]:
    """The rules of a pool that is looked at alone, with what the handover adds to its own quantities."""
    known = layered(layers)
    added = {n: r for layer in after for n, r in rules(layer).items()}
    names = {n: of(pool, n) for n in added}
    out = {
        names.get(n, n): renamed(r, names.get(n, n), names, r.title)
        if n in names or not names.keys().isdisjoint(r.inputs)
        else r
        for n, r in known.items()
    }
    _add(out, added)
    return out


def _add(out: dict[str, Rule], more: Mapping[str, Rule]) -> None:
    if twice := sorted(out.keys() & more.keys()):
        raise TypeError(f"{twice[0]} would be both {out[twice[0]].title!r} and {more[twice[0]].title!r}")
    out |= more


def _held(
    sides: tuple[PoolSide, ...], names: Mapping[PoolSide, Mapping[str, str]], known: Mapping[str, Rule]
) -> dict[str, Rule]:
    """Rules of every pool whose inputs are all known of the whole."""
    everywhere = set.intersection(*(set(names[s]) for s in sides))
    rest = {n: sides[-1].rules[n] for n in everywhere if n in sides[-1].rules and n not in known}
    # What a pool is not given of its own, it has from the whole.
    leaves = set().union(*({n for r in s.rules.values() for n in r.inputs} - set(names[s]) for s in sides))
    out: dict[str, Rule] = {}
    fresh = True
    while fresh:
        found = {
            n: r
            for n, r in rest.items()
            if n not in out
            and not r.is_limit
            and all(i in known or i in out or i in leaves for i in r.inputs)
        }
        out |= found
        fresh = bool(found)
    return out


def _lacking(side: PoolSide, name: str) -> bool:
    made = side.rules.get(name)
    return made is not None and made.record.needs in side.lacks


def _pruned(known: Mapping[str, Rule], left_out: Iterable[str]) -> dict[str, Rule]:
    """The rules without those left out, but for what the others read."""
    out = {n: r for n, r in known.items() if n not in set(left_out)}
    todo = [i for r in out.values() for i in r.inputs]
    while todo:
        n = todo.pop()
        if n in known and n not in out:
            out[n] = known[n]
            todo.extend(known[n].inputs)
    return out
