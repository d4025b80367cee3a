"""What an answer should be read with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from catalogs.schema import Software
from constraints.records import marked
from designer.question.question import Question
from designer.reading.places import notes_of_places
from designer.reading.source_map import SourceMap
from designer.reading.unknowns import unscored
from designer.words.numbers import human

MONTH = 365.25 * 86400 / 12


def notes_of(source: SourceMap, q: Question) -> list[str]:
    """What is left out, taken for granted or not the catalog's own."""
    out: list[str] = []
    if q.scenario.pricing.tenure == "spot":
        out.append(_spot(q))
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
    out += [f"facts from your own {file}" for file in source.catalog.used_overlays()]
    return out + [f"facts from {entry}" for entry in source.catalog.used_wheels()]


def _spot(q: Question) -> str:
    """How often spot machines are taken back, and what of it is in the answer."""
    known = [
        group.build(*way)["reclaim_rate"]
        for group in q.named("price")
        for way in itertools.product(*(q.domains[a] for a in group.axes))
    ]
    known = [q.given["reclaim_rate"]] if "reclaim_rate" in q.given else known
    rates = sorted({human(k.si * MONTH, "") for k in known})
    counted = (
        "a run restarts each time"
        if "mtbf" in q.graph.rules
        else "latency and throughput are those while all machines are there"
    )
    return (
        f"a spot machine is taken back {' to '.join(dict.fromkeys((rates[0], rates[-1])))} times a month"
        f" ({known[0].source}; assume.reclaim_rate replaces it): {counted}, another one is taken to be at hand,"
        " and what on-demand capacity promises beyond that is not in its price here"
    )


def _software(source: SourceMap, q: Question) -> Iterator[str]:
    """What is said to run the job, and where the numbers of it come from."""
    runs = q.job.software
    if runs is None:
        return
    for name in dict.fromkeys(e for n in q.each(runs.decision) for e in q.domains.get(n, [])):
        entry = source.catalog.get(runs.entries, str(name))
        assert isinstance(entry, Software)
        fits = [fact.source for fact in entry.values.values() if fact.kind == "fitted"]
        numbers = f"its overheads are a {fits[0]}" if fits else "its numbers are stated"
        yield f"{runs.decision} {name}: {entry.name}; {numbers} ({runs.entries}/{entry.id})"
