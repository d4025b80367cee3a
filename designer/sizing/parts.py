"""Parts of the catalog in a scenario: which meet it with how many devices, and what the others lack."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Node
from constraints.roles import CARBON, COST, DEVICES, ENERGY, NODES, POWER, PURCHASE_PRICE
from designer.answers.size import Lack, Part, Row
from designer.evaluating.design import binding, si_unit, unstated, values_of
from designer.jobs.shared import NODE
from designer.question.context import Context, Value
from designer.question.limit import Limit
from designer.question.question import Objective, Question
from designer.question.specifications import base_specs
from designer.search.archive import frontier_of
from designer.sizing.obstacles import nearest_miss
from designer.sizing.rows import at_most, nodes_up_to

# Of the parts that fall short, those closest to what is needed are looked into.
NEAR = 8
# What is said of every part, where the scenario has it.
SAID = (COST, "cost_per_token", POWER, CARBON)


def parts(asked: Question, catalog: Catalog, rows: Sequence[Row]) -> list[Part]:
    """Every part of the base's class in the scenario, those that qualify first, by their devices.

    One node stands for an accelerator: a vendor's system before a cloud's.
    """
    most = max(r.devices for r in rows)
    base = catalog.get("nodes", str(asked.domains[asked.each(NODE.name)[0]][0]))
    found, failed, unplanned = [], [], []
    for node in one_each(catalog, base):
        try:
            question = with_node(asked, catalog, node, most)
        except InputError as e:
            why = e.problems[0].message
            unplanned.append(Part(node=node.id, accelerator=node.accelerator, qualifies=False, note=why))
            continue
        part = _fewest(question, catalog, node)
        if part:
            found.append(part)
        else:
            failed.append((_short_of(question, rows), node, question))
    failed.sort(key=lambda f: sum(f[0].values()))
    near = [
        Part(
            node=n.id,
            accelerator=n.accelerator,
            qualifies=False,
            short_of=short,
            lacks=_lacks(q) if i < NEAR else [],
        )
        for i, (short, n, q) in enumerate(failed)
    ]
    near.sort(key=lambda p: max((x.excess or math.inf for x in p.lacks), default=math.inf))
    return sorted(found, key=lambda p: (p.devices or 0, p.node)) + near + unplanned


def one_each(catalog: Catalog, base: Node) -> list[Node]:
    """One node of each accelerator of the base's class, the base first.

    They are told by a glance at their text, so that the others need not be parsed.
    """
    kind = catalog.get("accelerators", base.accelerator).device_class
    found: dict[str, tuple[tuple[bool, bool, int, str], str]] = {}
    for id in catalog.ids("nodes"):
        said = catalog.glance("nodes", id)
        held = said.get("accelerator", "")
        rank = (said.get("kind") != "system", "nic" not in said, -int(said.get("accelerators") or 0), id)
        if held not in found or rank < found[held][0]:
            found[held] = (rank, id)
    out = [base]
    for held, (_, id) in sorted(found.items(), key=lambda f: f[1][0]):
        if held == base.accelerator or held not in catalog.ids("accelerators"):
            continue
        if catalog.glance("accelerators", held).get("class") == kind:
            out.append(catalog.get("nodes", id))
    return out


def with_node(question: Question, catalog: Catalog, node: Node, devices: int) -> Question:
    """The same question of another node, with at most so many devices.

    What the scenario left to defaults is chosen anew for the node. Raises InputError where the catalog
    knows too little of it.
    """
    nodes = question.each(NODE.name)
    domains: dict[str, list[Value]] = {**question.domains, **{n: [node.id] for n in nodes}}
    most = devices // node.accelerators
    if not most:
        raise InputError(f"{node.id} holds more than {devices} devices")
    given = dict(question.given)
    if NODES in domains:
        own = [int(n) for n in question.domains[NODES]]
        held = {n for n in own if n <= most}
        domains[NODES] = nodes_up_to(most) if own == nodes_up_to(max(own)) else [*sorted({*held, most})]
    else:
        given["node_limit"] = replace(given["node_limit"], si=float(most))
    models = [given]
    if "model" in domains:
        (group,) = question.named("model")
        models = [group.build(m) for m in domains["model"]]
    context = Context(catalog, question.scenario.workload, models, {**domains, NODES: [most]})
    for d in question.job.decisions:
        if d.name in question.defaulted and d.name in domains and d.name not in (*nodes, "region", NODES):
            context.domains[d.name] = domains[d.name] = list(d.default(context))
    made = replace(question, domains=domains, given=given)
    for group in made.named("node", "host", "stream"):
        group.build(node.id)
    return at_most(made, devices)


def _fewest(question: Question, catalog: Catalog, node: Node) -> Part | None:
    found = fewest(question)
    if found is None:
        return None
    devices, design = found
    values = values_of(question, design)
    said = [*(n for n in SAID if n in values), *(t.quantity for t in question.stated if t.quantity)]
    metrics = {n: float(values[n]) if math.isfinite(values[n]) else None for n in said}
    note = ""
    if metrics.get(COST) is None:
        note = "price unknown"
    return Part(
        node=node.id,
        accelerator=node.accelerator,
        qualifies=True,
        devices=devices,
        design=design,
        metrics=metrics,
        note=note,
    )


def fewest(question: Question) -> tuple[int, dict[str, Value]] | None:
    """The fewest devices with which some layout meets everything, and the cheapest such layout.

    Where the price is unknown, the one that takes the least energy, or power where there is no end.
    """
    bundle = question.bundle(question.first_design())
    prices = question.each(PURCHASE_PRICE if question.given["owned"].si else "rental_rate")
    priced = all(bundle[n].si == bundle[n].si for n in prices)
    drawn = ENERGY if ENERGY in question.graph.rules else POWER
    least = COST if priced else drawn
    goals = [Objective(DEVICES, 1), Objective(least, 1)]
    archive, _ = frontier_of(replace(question, objectives=goals))
    if not len(archive.positions):
        return None
    at = int(archive.objectives[:, 0].argmin())
    return round(float(archive.objectives[at, 0])), archive.designs()[at]


def _short_of(question: Question, rows: Sequence[Row]) -> dict[str, float]:
    """Specifications below the needs of the last row, as a share of them."""
    own = base_specs(question)
    out = {}
    for n in rows[-1].needs:
        if n.status == "least" and n.value is not None and own.get(n.spec, math.nan) < n.value:
            out[n.spec] = 1 - own[n.spec] / n.value
    return out


def _unknown(limit: Limit, values: Mapping[str, Any]) -> bool:
    return any(values[n] != values[n] for n in limit.inputs)


def _lacks(question: Question) -> list[Lack]:
    """What the nearest design of a part that does not qualify misses, and by how much."""
    found = nearest_miss(question)
    if found is None:
        return []
    nearest, members = found
    values = values_of(question, nearest.design)
    out: list[Lack] = []
    for m in members:
        missing = unstated(question, nearest.design, m.inputs) if _unknown(m, values) else []
        if missing:
            # Whatever else has no value for the same reason says nothing more.
            if not any(x.unstated in missing for x in out):
                out.append(Lack(name=m.name, text=m.text, unstated=missing[0]))
            continue
        if m.stated:
            b = binding(question, m, values)
            out.append(
                Lack(
                    name=m.name,
                    text=m.text,
                    value=b.value,
                    bound=b.bound,
                    unit=b.unit,
                    excess=None if b.slack is None else -b.slack,
                )
            )
        else:
            c = m.comparison
            left, right = (c.left.of(values), c.right.of(values)) if c else (None, None)
            unit = si_unit(question.unit(m.quantity)) if m.quantity else ""
            out.append(Lack(name=m.name, text=m.text, value=left, bound=right, unit=unit))
    return out
