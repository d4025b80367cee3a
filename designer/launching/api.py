"""`evaluate --from`: whether a launch fits, what it does, what it wastes, and what would be better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogs import Catalog, default_catalog
from constraints.records import marked
from designer.evaluating.design import evaluate
from designer.jobs.training import MEASURED
from designer.launching.asking import AskedLaunch, Asking, asked_of
from designer.launching.improving import better_than
from designer.launching.launcher import read_launch
from designer.launching.options import Remark
from designer.launching.result import LaunchResult
from designer.launching.sources import source_of
from designer.launching.stated import Reading
from designer.question.question import Question
from designer.words.numbers import human, percent

# A share of the time that is worth a line, and a share of the memory that counts as full.
LITTLE, FULL = 0.05, 0.9


def stated_by(text: str, ignore: Sequence[str] = ()) -> Reading:
    """What a launch line or file says, in the words of designer.

    >>> stated_by("vllm serve meta-llama/Llama-3.1-8B -tp 4").decisions["tp"]
    4
    """
    return read_launch(source_of(text), tuple(n.lstrip("-").replace("_", "-") for n in ignore))


def evaluate_launch(
    text: str,
    *,
    file: str = "",
    node: str = "",
    nodes: int | None = None,
    ignore: Sequence[str] = (),
    improve: bool = False,
    sets: Sequence[str] = (),
    catalog: Catalog | None = None,
) -> tuple[LaunchResult, Question]:
    """The answer to a launch line or file, and the question it was asked as.

    `file` is a scenario whose work it does; without one the launch is asked as it stands, and what it does not say
    is taken and said. `node` is what it runs on, `ignore` options to leave out. Raises InputError for a text
    that is of no launcher, or says what no number here knows.
    """
    facts = catalog or default_catalog()
    asked = asked_of(stated_by(text, ignore), Asking(facts, file, node, nodes, sets))
    result = evaluate(asked.question, asked.design)
    limits = {t.name for t in asked.question.limits if not t.stated}
    fits = not any(b.name in limits for b in result.violated)
    workload = asked.question.scenario.workload
    return LaunchResult(
        launcher=asked.stated.launcher,
        model=facts.get("models", str(workload.model)).id,
        node=asked.node,
        nodes=asked.nodes,
        fits=fits,
        read=asked.stated.because,
        taken=asked.taken,
        remarks=[_remark(r) for r in (*asked.stated.remarks, *_beyond(asked))],
        wasted=_wasted(asked, {n: m.value for n, m in result.metrics.items() if m.value is not None}),
        evaluation=result,
        better=better_than(asked, result, facts) if improve else None,
    ), asked.question


def _remark(remark: Remark) -> str:
    return f"{remark.option}: {remark.text}"


def _beyond(asked: AskedLaunch) -> list[Remark]:
    """Requests of a scenario that the engine would not take."""
    lengths = getattr(asked.question.scenario.workload, "lengths", ())
    longest = max((n.input + n.generated for n in lengths), default=0)
    context = asked.stated.work.get("context")
    if context is None or longest <= context:
        return []
    return [Remark(f"context {context:,}", f"requests of {longest:,.0f} tokens are refused by the engine")]


def _wasted(asked: AskedLaunch, values: Mapping[str, float]) -> list[str]:
    """What is paid for and not used, in lines for people."""
    out = []
    for name, text in marked("wasted").items():
        value, unit = values.get(name, 0.0), asked.question.unit(name)
        if value >= (LITTLE if unit == "%" else 1):
            out.append(str(text).format(human(value, unit)))
    used, room = values.get(MEASURED.allocated), values.get(MEASURED.usable)
    if used and room and used < FULL * room:
        left = f"{human(room - used, 'byte')} of {human(room, 'byte')} ({percent(1 - used / room)})"
        out.append(f"{left} of each device hold nothing")
    if asked.cap is not None and asked.room is not None and asked.room < asked.cap:
        out.append(
            f"of the {asked.cap:,} sequences that a replica may hold, its memory has room for {asked.room:,}:"
            " the rest waits"
        )
    return out
