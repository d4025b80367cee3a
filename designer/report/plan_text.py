"""The answer of `plan` as text."""

from __future__ import annotations

from constraints.records import record
from designer.answers.plan import Binding, Design, Metric, PlanResult
from designer.question.decisions import SPECIFICATIONS
from designer.question.question import quantity_of
from designer.question.shown import decided
from designer.report.infeasible_text import infeasible
from designer.words.numbers import digits, human, percent
from designer.words.text import Column, bar, shorten, table, unit_in_head, wrap

EPSILON = 0.02
MAX_ROWS = 12

# Decisions in the order people say them, with short titles.
_DECISIONS = {
    "model": "model", "node": "node", "engine": "engine", "precision": "prec",
    "weights": "wts", "kv": "KV", "tp": "TP", "pp": "PP", "vpp": "VPP",
    "dp": "DP", "cp": "CP", "ep": "EP", "micro_batch": "MB", "batch": "batch", "prefill_batch": "pre\nbatch",
    "global_batch": "GBS", "recompute": "recompute", "sharding": "shard", "replicas": "×", "decode": "decode",
    "workers": "workers",
    "node_count": "nodes", "checkpoint_interval": "ckpt", "region": "region",
    "dataset_tokens": "tokens", "samples": "samples",
    "sparsity": "sparsity", "clipping": "clipping",
    **{d.name: d.title.replace(" ", "\n", 1) for d in SPECIFICATIONS},
}  # fmt: skip
# Decisions that are names, which read best from the left.
_NAMED = ("model", "node", "engine", "sparsity", "clipping", "region", "recompute", "sharding", "decode")
# What a single design is told apart by.
_CORE = (
    "model",
    "engine",
    "dataset_tokens",
    "tp",
    "pp",
    "dp",
    "ep",
    "batch",
    "samples",
    "replicas",
    "workers",
)
_SHOWN = {
    "training": (
        "time_to_train",
        "cost",
        "carbon",
        "mfu",
        "fed_share",
        "sample_rate",
        "device_memory",
        "idle_devices",
        "power",
    ),
    "serving": (
        "accuracy_loss",
        "cost_per_token",
        "carbon_per_token",
        "ttft_p99",
        "tpot_p99",
        "devices",
        "device_memory",
    ),
    "concurrent": ("cost_per_token", "carbon_per_token", "ttft", "tpot", "devices", "device_memory"),
    "batch": ("time_to_complete", "cost", "carbon", "devices", "device_memory"),
}


def render(
    result: PlanResult,
    job: str,
    width: int,
    units: dict[str, str],
    epsilon: float = EPSILON,
    file: str = "FILE",
) -> str:
    """The whole answer, no line wider than `width` unless a single word is."""
    if result.status == "infeasible":
        return "\n".join([*_head(result, width, units), "", *infeasible(result, units, width)])
    if not result.frontier:
        return "\n".join(
            [*_head(result, width, units), "", "No design found within the time limit; nothing is proven."]
        )
    shown = _thinned(result, epsilon)
    lines = [*_head(result, width, units), ""]
    lines += _table(result, shown, job, width, units)
    lines += [""] + _same_everywhere(shown, width)
    lines += _budgets(result, shown, width, units)
    lines += _turning(result, width, units)
    lines += _moved(shown, width, units)
    lines += _notes(result, shown, width, file)
    return "\n".join(lines)


def _head(result: PlanResult, width: int, units: dict[str, str]) -> list[str]:
    p = result.proof
    proof = "complete" if p.complete else "NOT PROVEN COMPLETE"
    if p.solver_closure and p.complete:
        proof = "proven complete"
    early = f" and {p.dominated:,} left out as dominated" if p.dominated else ""
    lines = [f"{result.scenario}   {', '.join(result.objectives)}"]
    text = (
        f"search   {p.raw_designs:,} designs, {p.feasible:,} feasible{early}, {p.frontier:,} on the Pareto"
        f" frontier, {proof}, {p.seconds:.1f} s"
    )
    lines += wrap(text, width, 0, 9)
    if p.bounds:
        ends = [f"{n} {human(x, units.get(n, ''))}" for n, x in p.bounds.items()]
        lines += wrap(f"bounds   no design can be better than {', '.join(ends)}", width, 0, 9)
    if p.verified:
        lines += wrap(f"verified {p.verified}", width, 0, 9)
    if p.cut:
        cuts = ", ".join(f"{k}: {_share(v, p.raw_designs)}" for k, v in list(p.cut.items())[:6])
        lines += wrap(f"cut by   {cuts}", width, 0, 9)
    if result.defaults:
        text = "; ".join(f"{k} {shorten(v, 30)}" for k, v in result.defaults.items())
        lines += wrap(f"default  {text}", width, 0, 9)
    return lines


def _share(n: int, total: int) -> str:
    share = 100 * n / total
    return f"{share:.0f} %" if share >= 1 else "<1 %"


def _thinned(result: PlanResult, epsilon: float) -> list[Design]:
    """Designs to print: near twins of a printed one are left out."""
    designs = result.frontier
    if len(designs) <= 3:
        return designs
    import numpy as np

    from designer.search.pareto import thin

    names = [o.split()[1] for o in result.objectives]
    points = np.array([[d.metrics[n].value for n in names] for d in designs], dtype=float)
    signs = np.array([-1.0 if o.startswith("max") else 1.0 for o in result.objectives])
    kept = thin(points * signs, epsilon)
    if len(kept) > MAX_ROWS:
        ends = {int(i) for i in np.argmin(points * signs, axis=0)}
        even = np.linspace(0, len(kept) - 1, MAX_ROWS - len(ends)).round().astype(int)
        kept = np.array(sorted(ends | {int(kept[i]) for i in even}))
    return [designs[int(i)] for i in kept]


def _table(result: PlanResult, shown: list[Design], job: str, width: int, units: dict[str, str]) -> list[str]:
    names = _columns_of(shown)
    columns = [Column("", [d.id for d in shown], right=False)]
    for n in names:
        title, cells = _DECISIONS[n], [decided(n, d.design[n]) for d in shown]
        # Tokens say their unit once; a time keeps it beside each number, as people write intervals.
        if n == "dataset_tokens":
            title, cells = unit_in_head(title, cells)
        columns.append(Column(title, cells, n not in _NAMED))
    objectives = [o.split()[1] for o in result.objectives]
    metrics = list(dict.fromkeys([*objectives, *_SHOWN[job]]))
    for i, n in enumerate(m for m in metrics if m in shown[0].metrics):
        cells = [_metric(n, d.metrics[n], d, units) for d in shown]
        known = quantity_of(job, n)
        if known.quiet and all(c == "0" for c in cells):
            continue
        title, cells = unit_in_head(known.heading, cells)
        columns.append(Column(title, cells, True, 0 if n in objectives else 3 + i))
    columns.append(Column("binds", [" ".join(b.name for b in d.binds) or "–" for d in shown], False))
    return table(columns, width)


def _columns_of(shown: list[Design]) -> list[str]:
    """Decisions that get a column: those that differ, or the layout where there is one row only."""
    first = shown[0].design
    if len(shown) == 1:
        return [n for n in _DECISIONS if n in first and n in _CORE]
    return [n for n in _DECISIONS if n in first and len({str(d.design[n]) for d in shown}) > 1]


def _metric(name: str, m: Metric, design: Design, units: dict[str, str]) -> str:
    q, unit = record(name), units.get(name, m.unit)
    if m.value and (whole := design.metrics.get(q.share_of)) and whole.value:
        return f"{human(m.value, unit)} {100 * m.value / whole.value:.0f}%"
    if m.value and q.scale != 1:
        return f"{digits(m.value / q.scale)} {q.scale:.0e}".replace("e+0", "e")
    return human(m.value, unit)


def _same_everywhere(shown: list[Design], width: int) -> list[str]:
    """Decisions no column shows, because they are the same in every row."""
    same = [
        f"{_DECISIONS[n].replace(chr(10), ' ')} {decided(n, v)}"
        for n, v in shown[0].design.items()
        if n in _DECISIONS and n not in _columns_of(shown)
    ]
    return wrap(f"all      {', '.join(same)}", width, 0, 9) if same else []


def _budgets(result: PlanResult, shown: list[Design], width: int, units: dict[str, str]) -> list[str]:
    """Use of each budget by the first design, and what its removal was found to do."""
    found: dict[str, tuple[Design, Binding]] = {}
    for d in shown:
        for b in d.binds:
            found.setdefault(b.name, (d, b))
    if not found:
        return []
    lines = ["", "What stops these designs from being better, each found by solving without it"]
    for d, b in found.values():
        if b.slack is not None and b.value is not None and b.bound:
            unit = units.get(b.quantity, b.unit)
            used = f"{bar(1 - b.slack)} {human(b.value, unit)} of {human(b.bound, unit)}"
        else:
            used = b.text
        first = ""
        if b.breakpoint is not None:
            first = f", the first gain at {human(b.breakpoint, units.get(b.quantity, b.unit))}"
        elif b.loosened is not None:
            first = f", the first gain with {percent(b.loosened)} more room"
        lines += wrap(
            f"{b.name}: {used}. Without it {d.id} could have {b.effect}{first}.   [{b.place}]", width, 2, 4
        )
    return lines


def _turning(result: PlanResult, width: int, units: dict[str, str]) -> list[str]:
    """At which bounds the frontier changes, of budgets and rules whose removal changes it."""
    lines: list[str] = []
    for t in result.turning:
        if not t.new_designs:
            continue
        unit = units.get(t.quantity, t.unit)
        parts = [f"{t.new_designs} more design{'s' if t.new_designs > 1 else ''} without it"]
        if t.looser is not None and t.loosened is not None:
            bound = human(t.looser, unit)
            near = human(t.looser / (1 + t.loosened), unit) == bound
            parts.append(
                f"the first {'just beyond' if near else 'at'} {bound} ({percent(t.loosened, signed=True)})"
            )
        elif t.loosened is not None:
            parts.append(f"the first with {percent(t.loosened)} more room")
        if t.tighter is not None:
            parts.append(f"one less beyond {human(t.tighter, unit)}")
        lines += wrap(f"{t.limit if t.quantity not in t.text else t.text}: {', '.join(parts)}", width, 2, 4)
    return (
        ["", "Where the frontier changes, each found by solving without the limit", *lines] if lines else []
    )


def _moved(shown: list[Design], width: int, units: dict[str, str]) -> list[str]:
    """What the objectives of the first design turn on, and where its candidates end."""
    first = shown[0]
    lines = (
        ["", f"What moves design {first.id}, in percent per percent of each input"] if first.levers else []
    )
    for objective, found in first.levers.items():
        parts = [
            f"{v.input} {v.elasticity:+.2f} ({human(v.value, units.get(v.input, v.unit))}, {v.kind})"
            for v in found[:5]
        ]
        lines += wrap(f"{objective}: {', '.join(parts)}", width, 2, 4) if parts else []
    ends: dict[str, list[str]] = {}
    for d in shown:
        for e in d.edges:
            ends.setdefault(e, []).append(d.id)
    if ends:
        text = ", ".join(e + ("" if len(i) == len(shown) else f" ({' '.join(i)})") for e, i in ends.items())
        lines += wrap(
            f"At the end of the candidates, so that wider ones might do better: {text}.", width, 0, 2
        )
    return lines


def _notes(result: PlanResult, shown: list[Design], width: int, file: str) -> list[str]:
    lines = [""]
    if len(shown) < len(result.frontier):
        lines += wrap(
            f"{len(shown)} of {len(result.frontier):,} frontier designs shown, near twins left out;"
            " --json has all of them.",
            width,
        )
    for n in result.notes:
        lines += wrap(f"note: {n}", width, hanging=6)
    lines.append(f"next  designer explain {file} {shown[0].id}")
    return lines
