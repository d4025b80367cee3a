"""The domain of each decision: what the scenario gives, checked, or the documented default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogs import Catalog, units
from catalogs.errors import InputError, Problem, nearest
from catalogs.schema import Node
from constraints.bundles import Bundle
from constraints.roles import DEVICES, NODES
from designer.documents.scenario import Scenario
from designer.jobs import DECISIONS, JOBS, decisions_of
from designer.jobs.shared import NODE, NODE_COUNT
from designer.question.context import Context, Value
from designer.question.decisions import MAX_COUNT, Decision, switched
from designer.question.job import Job, Pool
from designer.reading.ranges import amount, counts, item_path, ladder, listed, text_of
from designer.reading.sections import Said, of_a_pool, said
from designer.reading.source_map import Path, SourceMap


def node_of(catalog: Catalog, accelerator: str) -> Node | None:
    """The node an accelerator is planned in: a vendor's system if there is one, else a cloud's."""
    nodes = catalog.nodes_with(accelerator)
    return min(nodes, key=lambda n: (n.kind != "system", n.nic is None, -n.accelerators, n.id), default=None)


def domains_of(
    source: SourceMap, scenario: Scenario, job: Job, models: Mapping[str, Bundle], pool: Pool | None = None
) -> tuple[dict[str, list[Value]], set[str]]:
    """The domain of each decision, and which of them the scenario leaves to their default; of one pool, if any."""
    decisions = {d.name: d for d in decisions_of(job, next(iter(models.values())))}
    extra = {*NODE.written, NODE_COUNT.name, *NODE_COUNT.written}
    wanted = said("candidates", scenario.candidates, {*decisions, *extra}, job, pool)
    for d in job.decisions:
        if d.name in wanted and d.name not in decisions:
            raise source.fail(
                wanted.path(d.name),
                f"{d.name} splits layers, and {scenario.workload.model} is known by its totals:"
                " it is planned whole on every device",
            )
    for name in wanted:
        if name in decisions and (unused := decisions[name].unused) and (why := unused(scenario.workload)):
            source.mistake(wanted.path(name), f"unused, as {why}", key=True)
    for name in wanted:
        if name not in decisions and name not in extra:
            of_pools = (
                [f"{p.name}_{d}" for p in job.apart.pools for d in p.decides] if pool and job.apart else []
            )
            hint = nearest(name, [*decisions, *extra, *of_pools])
            if name in DECISIONS:  # of another job, which may have the like by a longer or shorter name
                alike = [d for d in decisions if name in d or d in name]
                hint = f" of this {job.name} workload{nearest(name, alike)}"
            if pool is None and job.apart and of_a_pool(name, decisions):
                hint = "; machines have decisions of their own with workload.pools: apart"
            source.mistake(wanted.path(name), f"unknown decision {name!r}{hint}", key=True)
    source.raise_problems()
    if pool:
        decisions = {n: d for n, d in decisions.items() if job.decides(pool, n)}
    domains: dict[str, list[Value]] = {}
    defaulted: set[str] = set()
    context = Context(source.catalog, scenario.workload, list(models.values()), domains)
    if "model" in wanted:
        domains["model"] = list(models)
    domains |= _software(source, scenario, job, wanted, decisions)
    domains["node"] = _nodes(source, wanted, decisions["node"], context)
    domains[NODES] = _node_counts(source, wanted, job, context)
    for decision in (NODE, NODE_COUNT):
        if wanted.keys().isdisjoint((decision.name, *decision.written)):
            defaulted.add(decision.name)
    # Two passes: what other defaults read must be there first.
    order = sorted(decisions.values(), key=lambda d: d.name not in ("precision", "global_batch"))
    for d in order:
        if d.name in domains:
            continue
        if d.name in wanted:
            domains[d.name] = _domain(source, d, wanted[d.name], wanted.path(d.name))
        elif values := list(d.default(context)):
            domains[d.name] = values
            defaulted.add(d.name)
    if "precision" not in defaulted:
        _check_precisions(source, domains["precision"], context, wanted)
    defaulted.discard("global_batch")  # the workload says it
    if scenario.site:
        domains["region"] = ["own-site"]
        defaulted.discard("region")
    else:
        for r in domains["region"]:
            source.catalog.get("regions", str(r))
    source.raise_problems()
    return domains, defaulted


def _software(
    source: SourceMap, scenario: Scenario, job: Job, wanted: Said, decisions: Mapping[str, Decision]
) -> dict[str, list[Value]]:
    """What a scenario says to run its job with, by the decision that it settles."""
    out: dict[str, list[Value]] = {}
    for key in {j.software.decision: None for j in JOBS.values() if j.software}:
        name = getattr(scenario, key)
        if name is None:
            continue
        if key not in decisions:
            own = f", which has {job.software.decision!r} instead" if job.software else ""
            source.mistake((key,), f"unused by a {job.name} workload{own}", key=True)
        elif key in wanted:
            source.mistake(wanted.path(key), f"give either {key} or candidates.{key}, not both")
        else:
            out[key] = [value_of(source, decisions[key], name, (key,))]
    source.raise_problems()
    return out


def _nodes(source: SourceMap, wanted: Said, d: Decision, c: Context) -> list[Value]:
    """The candidate nodes, by the catalog's own names."""
    if "node" in wanted and "accelerator" in wanted:
        raise source.fail(wanted.path("accelerator"), "give either node or accelerator, not both")
    found: list[Value]
    if "accelerator" in wanted:
        path = wanted.path("accelerator")
        raw = wanted["accelerator"]
        names = listed(source, path, raw)
        found = [_node_with(source, n, item_path(path, raw, i)) for i, n in enumerate(names)]
    elif "node" in wanted:
        path, raw = wanted.path("node"), wanted["node"]
        names = listed(source, path, raw)
        found = [_node_named(source, n, item_path(path, raw, i)) for i, n in enumerate(names)]
    else:
        found = list(d.default(c))
    found = list(dict.fromkeys(found))
    for id in found:
        _check_references(source, str(id))
    return found


def _node_named(source: SourceMap, name: Any, path: Path) -> str:
    try:
        return str(source.catalog.get("nodes", text_of(source, path, name, "node")).id)
    except InputError as e:
        if held := _held_by(source.catalog, str(name)):
            raise source.fail(path, held) from None
        raise source.placed(path, e) from None


def _held_by(catalog: Catalog, name: str) -> str:
    """Where a node is asked for by the accelerator in it: which nodes hold that."""
    try:
        accelerator = catalog.get("accelerators", name).id
    except InputError:
        return ""
    nodes = sorted(catalog.nodes_with(accelerator), key=lambda n: (n.kind != "system", n.id))
    hint = f"; nodes that hold it: {', '.join(n.id for n in nodes[:4])}" if nodes else ""
    return f"{name!r} is an accelerator{hint}; or write accelerator instead of node"


def _check_references(source: SourceMap, id: str) -> None:
    """A node that names a part the catalog has not is reported in the node's own file."""
    node = source.catalog.get("nodes", id)
    for kind, name in (("accelerators", node.accelerator), ("fabrics", node.nic and node.nic.fabric)):
        try:
            if name:
                source.catalog.get(kind, name)
        except InputError as e:
            if any(p.file for p in e.problems):
                raise
            raise InputError(Problem(str(e), str(source.catalog.path("nodes", id)))) from None


def _node_with(source: SourceMap, accelerator: Any, path: Path) -> str:
    """The node that an accelerator, by any of its names, is planned in."""
    try:
        acc = source.catalog.get("accelerators", text_of(source, path, accelerator, "accelerator")).id
    except InputError as e:
        raise source.placed(path, e) from None
    node = node_of(source.catalog, acc)
    if node is None:
        raise source.fail(path, f"no node of the catalog holds {acc}")
    return node.id


def _node_counts(source: SourceMap, wanted: Mapping[str, Any], job: Job, c: Context) -> list[Value]:
    """How many nodes there may be, which a scenario may say in devices."""
    if DEVICES not in wanted:
        if NODES in wanted:
            return list(counts(source, ("candidates", NODES), wanted[NODES]))
        return list(job.node_counts)
    path: Path = ("candidates", DEVICES)
    if NODES in wanted:
        raise source.fail(path, "give either devices or node_count, not both")
    sizes = {node.accelerators: node for node in c.nodes}
    if len(sizes) > 1:
        held = ", ".join(f"{n.id} {per}" for per, n in sorted(sizes.items()))
        raise source.fail(
            path, f"the candidate nodes hold different numbers of devices ({held}); give node_count"
        )
    (per, node), raw = next(iter(sizes.items())), wanted[DEVICES]
    found: set[int] = set()
    for i, item in enumerate(listed(source, path, raw)):
        place = item_path(path, raw, i)
        for n in counts(source, place, item):
            if n % per:
                near = max(1, round(n / per)) * per
                raise source.fail(
                    place,
                    f"{n} devices is not a whole number of {node.id} nodes of {per}; nearest {near}",
                )
            found.add(n // per)
    return sorted(found)


def _domain(source: SourceMap, d: Decision, raw: Any, path: Path) -> list[Value]:
    if d.name == "global_batch":
        return list(_batches(source, path, raw))
    if d.unit:
        return list(ladder(source, path, raw, d.unit))
    if d.kind == "count":
        return list(counts(source, path, raw))
    out: list[Value] = []
    for i, item in enumerate(listed(source, path, raw)):
        out.append(value_of(source, d, item, item_path(path, raw, i)))
    return list(dict.fromkeys(out))


def _batches(source: SourceMap, path: Path, raw: Any) -> list[int]:
    """Global batches as sequences; those written in tokens are converted."""
    written = source.data["workload"].get("sequence_length")
    length = units.parse(written, "token") if written is not None else 0.0
    out: list[int] = []
    for i, item in enumerate(listed(source, path, raw)):
        at = item_path(path, raw, i)
        if not isinstance(item, str) or ("token" not in item and "sample" not in item):
            out.extend(counts(source, at, item))
            continue
        if "sample" in item or not length:
            out.extend(counts(source, at, _samples(source, at, item)))
            continue
        try:
            sequences = units.parse(item, "token") / length
        except InputError as e:
            raise source.placed(at, e) from None
        if not 1 <= sequences <= MAX_COUNT or abs(sequences - round(sequences)) > 1e-6:
            raise source.fail(at, f"{item!r} is not a whole number of sequences of {length:,.0f} token")
        out.append(round(sequences))
    return sorted(set(out))


def _samples(source: SourceMap, path: Path, item: str) -> float:
    """A count written in samples."""
    try:
        return units.parse(item, "sample")
    except InputError as e:
        raise source.placed(path, e) from None


def value_of(source: SourceMap, d: Decision, item: Any, path: Path) -> Value:
    """One value of a decision, checked."""
    if d.kind == "switch":
        found = switched(item)
        if found is None:
            raise source.fail(path, f"{item!r} is no setting of {d.name}; expected on or off")
        return found
    if d.kind == "count":
        several = counts(source, path, item)
        if len(several) != 1:
            raise source.fail(path, f"{item!r} is not one count")
        return several[0]
    if d.unit:
        return amount(source, path, item, d.unit)
    name = text_of(source, path, item, d.name)
    if d.choices and name not in d.choices:
        known = ", ".join(d.choices)
        raise source.fail(path, f"unknown {d.name} {name!r}{nearest(name, d.choices)} (has: {known})")
    if d.entries:
        if d.name == "region" and "site" in source.data:
            raise source.fail(path, "give either a site or a region, not both")
        try:
            return str(source.catalog.get(d.entries, name).id)
        except InputError as e:
            raise source.placed(path, e) from None
    return name


def _check_precisions(source: SourceMap, precisions: list[Value], c: Context, wanted: Said) -> None:
    """A precision that no candidate has is an error, not an empty space."""
    for i, p in enumerate(precisions):
        if c.any_device_has(str(p)):
            continue
        accs = [source.catalog.get("accelerators", n.accelerator) for n in c.nodes]
        path = item_path(wanted.path("precision"), wanted["precision"], i)
        has = "; ".join(
            f"{a.id} has {', '.join(a.compute.rates())}" for a in {a.id: a for a in accs}.values()
        )
        raise source.fail(path, f"no candidate multiplies in {p} ({has})")
