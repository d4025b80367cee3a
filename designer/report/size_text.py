"""The answer of `size` as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from constraints.pools import POOLS
from constraints.records import record
from constraints.roles import CARBON, COST, DEVICES, POWER
from designer.answers.size import Lack, Obstacle, Part, Row, SizeResult, Surface
from designer.question.specifications import SPEC
from designer.report.size_curve_text import curve_lines
from designer.report.size_headline import headline
from designer.report.size_needs import at_least, cell, closes
from designer.words.numbers import human
from designer.words.text import Column, table, wrap
from designer.words.weight import strong

# Parts that fall short and are worth a line.
NEAR = 4
# Of each, so many things it lacks.
LACKS = 3
_SHORT = {
    "tp": "TP",
    "pp": "PP",
    "dp": "DP",
    "cp": "CP",
    "ep": "EP",
    "etp": "ETP",
    "batch": "batch ",
    "replicas": "×",
    "micro_batch": "MB",
}


def render(result: SizeResult, width: int, *, file: str, units: dict[str, str]) -> str:
    """The answer for a terminal of so many columns; `units` are those of the scenario's quantities."""
    lines = wrap(f"{result.scenario}   {', '.join(result.targets) or 'no targets'}", width, hanging=4)
    first, *more = headline(result)
    lines += ["", *strong(wrap(first, width)), *(line for t in more for line in wrap(t, width, 0, 2)), ""]
    has = ", ".join(f"{SPEC[s].title} {human(v, result.units[s])}" for s, v in result.base_specs.items())
    lines += wrap(f"base     {result.base}: {has}", width, hanging=9)
    if result.curve:
        lines += ["", *curve_lines(result.curve, width)]
    if result.surface:
        lines += ["", *_surface(result, result.surface, width)]
    if result.rows:
        lines += ["", *_rows(result, width)]
    if result.obstacles:
        lines += ["", f"Nothing that {result.base} could offer more of helps, however much:"]
        for o in result.obstacles:
            lines += wrap(_obstacle(o), width, 2, 4)
    elif result.rows:
        lines += _refusals(result.rows, width)
    lines += _parts(result.parts, width, units)
    lines += _moves(result, width)
    if result.notes:
        lines.append("")
    for note in result.notes:
        lines += wrap(f"note: {note}", width, hanging=6)
    lines += _next(result, file, width)
    return "\n".join(lines)


def _rows(result: SizeResult, width: int) -> list[str]:
    """The table of needs, one row a number of devices."""
    specs = [n.spec for n in result.rows[0].needs]
    # What binds nowhere is said in a line, not in a column.
    free = [s for i, s in enumerate(specs) if all(r.needs[i].status == "any" for r in result.rows)]
    columns = [Column(DEVICES, [f"{r.devices:,}" for r in result.rows])]
    for i, spec in enumerate(specs):
        if spec not in free:
            cells = [cell(r.needs[i]) for r in result.rows]
            columns.append(Column(SPEC[spec].heading, cells, priority=0 if i < 3 else i))
    lines = wrap("What one device must offer so that so many of them meet the targets", width)
    lines += table(columns, width)
    said = f"Each column moves one number and holds the rest at {result.base}; layouts are chosen anew for every value."
    if any(n.value and n.status == "least" and n.value > n.base for r in result.rows for n in r.needs):
        said += " * is more than it offers."
    if any(n.status == "any" for r in result.rows for n in r.needs):
        names = ", ".join(SPEC[s].title for s in free)
        said += f" Of {names} any value does." if free else " Any: the number does not bind."
    lines += wrap(said, width)
    lines += closes([n for r in result.rows for n in r.needs], width)
    return lines


def _refusals(rows: Sequence[Row], width: int) -> list[str]:
    """Where no value helps, and what stands in the way: once for all that meet the same."""
    stops: dict[tuple[int, tuple[str, ...]], tuple[list[str], list[Obstacle]]] = {}
    for row in rows:
        for n in row.needs:
            if n.status != "none":
                continue
            names, best = stops.setdefault(
                (row.devices, tuple(o.name for o in n.obstacles)), ([], n.obstacles)
            )
            names.append(SPEC[n.spec].title)
            if _best(n.obstacles) < _best(best):
                stops[row.devices, tuple(o.name for o in n.obstacles)] = (names, n.obstacles)
    said: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[list[str], list[Obstacle]]] = {}
    for (devices, why), (names, found) in stops.items():
        # Of several numbers of devices the last, where most is possible, says by how much it fails.
        counts = said.get((tuple(names), why), ([], found))[0]
        said[tuple(names), why] = ([*counts, f"{devices:,}"], found)
    if not said:
        return []
    lines = ["", "Where no value helps, and why"]
    for (titles, _), (counts, found) in said.items():
        lines += wrap(
            f"{_joined(counts, 'and')} devices, {_joined(titles, 'or')}: {'; '.join(map(_obstacle, found))}",
            width,
            2,
            4,
        )
    return lines


def _best(stops: Sequence[Obstacle]) -> float:
    return min((o.value for o in stops if o.value is not None), default=math.inf)


def _obstacle(o: Obstacle) -> str:
    """What fails, with its number, what it hangs on, and where it stands."""
    got = f" fails, {human(o.value, o.unit)} at best" if o.value is not None else " fails"
    if o.value is not None and o.bound is not None and o.place == _limit_place(o):
        got = f" fails, {human(o.value, o.unit)} against {human(o.bound, o.unit)} at best"
    hangs = f"; it hangs on {_joined([_title(n) for n in o.hangs_on], 'and')}" if o.hangs_on else ""
    where = ", ".join(dict.fromkeys(p for p in (o.place, o.equation) if p))
    return f"{o.text}{got}{hangs} [{where}]"


def _devices(n: int) -> str:
    return f"{n:,} device{'s' if n != 1 else ''}"


def _limit_place(o: Obstacle) -> str:
    """The place of a limit of the hardware, which is a rule; a budget says its own bound."""
    return o.place if o.place.startswith("constraints/") else ""


def _title(name: str) -> str:
    return SPEC[name].title if name in SPEC else "16-bit FLOP/s" if name == "attention_rate" else name


def _joined(names: Sequence[str], word: str) -> str:
    names = list(dict.fromkeys(names))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _parts(parts: Sequence[Part], width: int, units: dict[str, str]) -> list[str]:
    """Parts of the catalog that qualify with their fewest devices, and what the nearest others lack."""
    if not parts:
        return []
    good = [p for p in parts if p.qualifies]
    lines = ["", "Parts of the catalog that qualify, with the fewest devices each"]
    if good:
        columns = [
            Column("part", [p.accelerator for p in good], right=False),
            Column(DEVICES, [f"{p.devices:,}" for p in good]),
            Column("layout", [layout(p.design) for p in good], right=False, priority=3),
        ]
        for i, name in enumerate((COST, POWER, CARBON)):
            if any(name in p.metrics for p in good):
                cells = [human(p.metrics.get(name), units.get(name, "")) for p in good]
                columns.append(Column(record(name).heading, cells, priority=i))
        lines += table(columns, width)
    else:
        lines[-1] = "No part of the catalog qualifies."
    near = [p for p in parts if not p.qualifies and not p.note][:NEAR]
    if near:
        lines += ["", "Closest of those that do not"]
    for p in near:
        lacks = [_lack(x).removeprefix(f"{p.accelerator} ") for x in p.lacks[:LACKS]] or [
            f"{SPEC[s].title} {100 * x:.0f} % short" for s, x in p.short_of.items()
        ]
        lines += wrap(f"{p.accelerator}  {', '.join(lacks)}", width, 2, 4)
    left = [p for p in parts if not p.qualifies and p.note]
    if left:
        lines += wrap(f"Not planned: {'; '.join(f'{p.accelerator}, {p.note}' for p in left)}", width, 0, 4)
    return lines


def _lack(x: Lack) -> str:
    """What a part falls short of, in words where that is a number nobody states."""
    if x.unstated:
        return x.unstated
    if x.value is None:
        return x.text
    if x.excess is None:
        sides = f"needs {human(x.value, x.unit)}, has {human(x.bound, x.unit)}"
        return f"{x.name}: {sides}" if x.bound is not None else x.name
    return f"{x.text}: {human(x.value, x.unit)}, {100 * x.excess:.0f} % off"


def layout(design: dict[str, str | int | float]) -> str:
    """The layout of a design in a few words.

    >>> layout({"tp": 4, "pp": 1, "batch": 96, "replicas": 8, "precision": "fp8"})
    'fp8 TP4 batch 96 ×8'
    >>> layout({"prefill_tp": 2, "prefill_replicas": 4, "decode_tp": 4, "decode_batch": 8, "decode_replicas": 2})
    'prefill TP2 ×4, decode TP4 batch 8 ×2'
    """
    if "replicas" not in design and (own := of_pools(design)):
        return ", ".join(f"{pool} {layout(part)}" for pool, part in own.items())
    words = [str(design["precision"])] if "precision" in design else []
    words += [
        f"{s}{design[n]}" for n, s in _SHORT.items() if n in design and (design[n] != 1 or n == "replicas")
    ]
    if "replicas" in design:
        words.sort(key=lambda w: w.startswith("×"))
    return " ".join(words)


def of_pools(design: Mapping[str, str | int | float]) -> dict[str, dict[str, str | int | float]]:
    """What each pool of a design has of its own, by the names that it has without pools."""
    parts = {
        p: {n.removeprefix(f"{p}_"): v for n, v in design.items() if n.startswith(f"{p}_")} for p in POOLS
    }
    return {pool: part for pool, part in parts.items() if "replicas" in part}


def _moves(result: SizeResult, width: int) -> list[str]:
    """Elasticities and crossovers."""
    lines: list[str] = []
    if result.sensitivity:
        lines += ["", "What moves the targets, in percent per percent of each number"]
    for s in result.sensitivity:
        moves = ", ".join(f"{SPEC[n].title} {e:+.2f}" for n, e in s.elasticities.items())
        lines += wrap(f"{s.target} {human(s.value, s.unit)}: {moves or 'none of them'}", width, 2, 4)
    chains: dict[tuple[str, str], list[str]] = {}
    for c in result.crossings:
        upto = f" up to {human(c.at, result.units[c.spec])}" if c.at is not None else ""
        chains.setdefault((c.target, c.spec), []).append(f"{_title(c.wall)}{upto}")
    chains = {k: v for k, v in chains.items() if len(v) > 1}
    if chains:
        lines += ["", "Which wall takes over as a number grows, the layout held"]
    for (target, spec), walls in chains.items():
        lines += wrap(f"{SPEC[spec].title}, {target}: {', then '.join(walls)}", width, 2, 4)
    return lines


def _surface(result: SizeResult, s: Surface, width: int) -> list[str]:
    """The joint surface, one row a part."""
    columns = []
    for i, n in enumerate(s.specs):
        cells = []
        for p in s.points:
            star = "*" if p.specs[n] > result.base_specs[n] * (1 + 1e-9) else " "
            cells.append("any " if n in p.free else f"{at_least(p.specs[n], result.units[n])}{star}")
        columns.append(Column(SPEC[n].heading, cells, priority=0 if i < 3 else i))
    columns.append(Column("layout", [layout(p.design) for p in s.points], right=False, priority=9))
    lines = wrap(f"Parts that are just enough with {_devices(s.devices)}: no number can be less alone", width)
    lines += table(columns, width)
    closes = "It closes: each part meets every target, and with 1 % less of any one number no layout does."
    return lines + wrap(
        f"The rest is held at {result.base}; * is more than it offers. {closes} Found among {s.grid:,} parts and"
        f" {s.designs:,} designs, then lowered to 0.1 %.",
        width,
    )


def _some(result: SizeResult) -> str:
    counts = [r.devices for r in result.rows]
    return f"{counts[0]}..{counts[-1]}" if len(counts) > 1 else str(counts[0])


def _next(result: SizeResult, file: str, width: int) -> list[str]:
    if result.curve or result.surface or not result.rows:
        return []
    need = next((n for r in result.rows for n in r.needs if n.status == "least" and n.value), None)
    if need is None or need.value is None:
        return []
    value = at_least(need.value, need.unit)
    asked = [
        (f"next  designer plan {file}", f"--set candidates.{need.spec}='{value}'"),
        (f"      designer size {file} --joint", ""),
        (f"      designer size {file}", f"--curve {need.spec} --against devices={_some(result)}"),
    ]
    lines = [""]
    for command, options in asked:
        whole = f"{command} {options}".rstrip()
        lines += [whole] if len(whole) <= width else [f"{command} \\", f"        {options}"]
    return lines
