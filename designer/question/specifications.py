"""Numbers of a device as decisions: a part that does not exist yet, described by what it must offer.

A specification that is decided takes the place of the base part's number. Everything else, its
efficiencies, latencies and power too, stays that of the base part. One line here is one specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from constraints.bundles import Bundle, Known
from designer.question.context import Context, Value
from designer.question.decisions import Decision, Kind, only
from designer.question.groups import Group
from designer.question.question import Question

DECIDED = "a decision: a hypothetical part"


_NEVER = only()


@dataclass(frozen=True, kw_only=True)
class Specification(Decision):
    """One number of a device; it is decided only where a scenario leaves it open. `sized` by `designer size`."""

    kind: Kind = "ladder"
    unit: str = ""
    default: Callable[[Context], list[Value]] = _NEVER
    tells: Literal["core", "layout", "detail"] = "detail"
    sized: bool = True

    @property
    def heading(self) -> str:
        """Its title in two lines."""
        return self.title.replace(" ", "\n", 1)


SPECIFICATIONS = (
    Specification("memory_bandwidth", title="memory bandwidth", unit="byte/s"),
    Specification("compute_rate", title="16-bit FLOP/s", unit="FLOP/s"),
    Specification("scale_up_bandwidth", title="scale-up link", unit="byte/s"),
    Specification("memory_capacity", title="memory capacity", unit="byte"),
    Specification("scale_out_bandwidth", title="scale-out link", unit="byte/s"),
    Specification("stream_bandwidth", title="weight stream", unit="byte/s"),
    Specification("storage_write_bandwidth", title="storage writes", unit="byte/s"),
    Specification("storage_read_bandwidth", title="storage reads", unit="byte/s"),
    Specification("dataset_bandwidth", title="data storage", unit="byte/s"),
    Specification("device_power", title="device power", unit="W", sized=False),
)
SPEC = {s.name: s for s in SPECIFICATIONS if s.sized}


def spec_groups(groups: Sequence[Group], opened: Collection[str]) -> list[Group]:
    """What decided specifications say; to be put after `groups`, whose numbers they replace.

    The rate is that of 16-bit products; those of other precisions stay in the proportion they have on
    the base part.
    """

    def only(name: str) -> Group:
        return Group(name, (name,), lambda value: {name: Known(float(value), "decision", DECIDED)})

    out = [only(d.name) for d in SPECIFICATIONS if d.name in opened and d.name != "compute_rate"]
    if "compute_rate" in opened:
        rates, node = (next(g for g in groups if g.name == name) for name in ("rates", "node"))

        def scaled(*chosen: Value) -> Bundle:
            by_axis = dict(zip(rates.axes, chosen, strict=False))
            base = node.build(*(by_axis[a] for a in node.axes))["attention_rate"].si
            own, rate = rates.build(*chosen[:-1])["compute_rate"], float(chosen[-1])
            return {
                "compute_rate": Known(own.si / base * rate, "decision", DECIDED),
                "attention_rate": Known(rate, "decision", DECIDED),
            }

        out.append(Group("compute_rate", (*rates.axes, "compute_rate"), scaled))
    return out


def base_specs(question: Question) -> dict[str, float]:
    """What the first design's device offers, of the specifications its scenario has; SI, NaN where unknown."""
    bundle = question.bundle(question.first_design())
    asked = [o.quantity for o in question.objectives]
    read = question.graph.inputs_of([*question.limited, *asked])
    # Pools that are apart have one part here: what the first is given, the others are.
    called = {n: question.each(n)[0] for n in (*SPEC, "attention_rate")}
    found = {n: bundle[called[n]].si for n in SPEC if called[n] in bundle and called[n] in read}
    if "compute_rate" in found:
        found["compute_rate"] = bundle[called["attention_rate"]].si
    return found


def with_specs(question: Question, values: Mapping[str, Sequence[float]], *, last: bool = False) -> Question:
    """The same question of a device with these specifications; several values leave one open.

    They are decided first, or `last`, where many combinations share the layouts that are well formed. No file
    says them, so that none can be edited.
    """
    kept = tuple(d for d in question.decisions if d.name not in values)
    opened = tuple(d for d in SPECIFICATIONS if d.name in values)
    groups = [g for g in question.groups if not set(g.axes) & set(values)]
    replaced = {e for n in values for e in (n, *question.each(n))}
    return replace(
        question,
        decisions=(*kept, *opened) if last else (*opened, *kept),
        domains={**question.domains, **{n: list(v) for n, v in values.items()}},
        groups=[*groups, *opened_groups(question, groups, values)],
        given={n: k for n, k in question.given.items() if n not in replaced},
        edited=None,
    )


def opened_groups(question: Question, groups: Sequence[Group], opened: Collection[str]) -> list[Group]:
    """What decided specifications say to a question of these groups, of every pool where they are apart."""
    if not question.pools:
        return spec_groups(groups, opened)
    return [p.group(g) for p in question.pools for g in spec_groups(p.question.groups, opened)]


def hypothetical(question: Question, values: Mapping[str, float]) -> Question:
    """The same question of a device with exactly these specifications."""
    return with_specs(question, {n: [v] for n, v in values.items()})


def spec_values(question: Question, design: Mapping[str, Any]) -> dict[str, float]:
    """The specifications a design decides."""
    return {d.name: float(design[d.name]) for d in SPECIFICATIONS if d.name in design}
