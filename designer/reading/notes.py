"""What an answer should be read with."""

from __future__ import annotations

from collections.abc import Iterator

from catalogs.schema import Software
from constraints.records import marked
from designer.question.question import Question
from designer.reading.places import notes_of_places
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
    out += notes_of_places(source, q)
    out += _software(source, q)
    states = q.given.get("recurrent_layers")
    if states and states.si:
        out.append(
            "no kernel of a layer with a state was measured: its products are taken to reach what fused attention"
            " reaches, its state what memory does"
        )
    if "streaming" in q.parts:
        out.append(
            "the memory that weights are streamed from is taken to be large and fast enough;"
            " its power and price are not counted"
        )
    budgeted = {n for t in q.stated for n in t.inputs}
    out += [str(note) for name, note in marked("note").items() if name in budgeted]
    return out + [f"facts from your own {file}" for file in source.catalog.used_overlays()]


def _software(source: SourceMap, q: Question) -> Iterator[str]:
    """What is said to run the job, and where the numbers of it come from."""
    runs = q.job.software
    if runs is None:
        return
    for name in dict.fromkeys(e for n in q.each(runs.decision) for e in q.domains.get(n, [])):
        entry = source.catalog.get(runs.entries, str(name))
        assert isinstance(entry, Software)
        kind = next(iter(entry.values.values())).source
        yield f"{runs.decision} {name}: {entry.name}; its overheads are a {kind} ({runs.entries}/{name})"
