"""Which machines stand where: those of a cloud in its own regions, those of a vendor anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from catalogs import Catalog
from catalogs.errors import nearest
from designer.question.question import Question
from designer.reading.source_map import Path, SourceMap


def stands(catalog: Catalog, node: str, region: str) -> bool:
    """Whether a node can stand in a region; of a provider whose regions nobody lists, nobody knows."""
    if region not in catalog.ids("regions"):
        return True
    own, there = catalog.get("nodes", node).provider, catalog.get("regions", region).provider
    return own is None or own == there or not any(id.startswith(f"{own}-") for id in catalog.ids("regions"))


def check_places(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """A node of one cloud in the regions of others is a mistake, where the scenario names these."""
    for nodes, regions in zip(q.each("node"), q.each("region") * len(q.each("node")), strict=False):
        if "region" in q.defaulted or regions in q.defaulted or nodes not in q.domains:
            continue
        where = [str(r) for r in q.domains[regions]]
        for node in map(str, q.domains[nodes]):
            if not any(stands(source.catalog, node, r) for r in where):
                own = source.catalog.get("nodes", node).provider
                theirs = [r for r in source.catalog.ids("regions") if r.startswith(f"{own}-")]
                hint = nearest(f"{own}-{where[0].split('-', 1)[-1]}", theirs)
                message = f"{node} is a machine of {own}, which has no region {where[0]}{hint}"
                source.mistake(("candidates", "region"), message)
    source.raise_problems()


def notes_of_places(source: SourceMap, q: Question) -> list[str]:
    """What a price or a place says of several kinds of machines at once."""
    out: list[str] = []
    nodes = [
        source.catalog.get("nodes", str(n))
        for n in dict.fromkeys(v for e in q.each("node") for v in q.domains[e])
    ]
    parts = dict.fromkeys(n.accelerator for n in nodes)
    if q.scenario.pricing.price is not None and len(parts) > 1:
        out.append(f"pricing.price is one price for {', '.join(parts)} alike")
    regions = [str(r) for r in q.domains.get("region", [])]
    apart = [
        f"{n.id} in {r}"
        for n in nodes
        for r in regions
        if "region" not in q.defaulted and not stands(source.catalog, n.id, r)
    ]
    if apart:
        more = f" and {len(apart) - 3} more" if len(apart) > 3 else ""
        out.append(f"no cloud offers {', '.join(apart[:3])}{more}: such designs are of machines like them")
    return out
