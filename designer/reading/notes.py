"""What an answer should be read with."""

from __future__ import annotations

from constraints.records import marked
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.unknowns import unscored


def notes_of(source: SourceMap, q: Question) -> list[str]:
    """What is left out, taken for granted or not the catalog's own."""
    out: list[str] = []
    if q.scenario.pricing.tenure == "spot":
        out.append(
            "spot capacity is planned as if it were never reclaimed; assume.device_mtbf can say how often"
        )
    out += unscored(source, q)
    for name in dict.fromkeys(e for n in q.each("engine") for e in q.domains.get(n, [])):
        engine = source.catalog.get("engines", str(name))
        kind = next(iter(engine.values.values())).source
        out.append(f"engine {name}: {engine.name}; its overheads are a {kind} (engines/{name})")
    if "streaming" in q.parts:
        out.append(
            "the memory that weights are streamed from is taken to be large and fast enough;"
            " its power and price are not counted"
        )
    budgeted = {n for t in q.stated for n in t.inputs}
    out += [str(note) for name, note in marked("note").items() if name in budgeted]
    return out + [f"facts from your own {file}" for file in source.catalog.used_overlays()]
