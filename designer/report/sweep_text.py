"""What a sweep says when it is done."""

from __future__ import annotations

import shlex
from collections import Counter

from designer.sweeping.declaration import Plan
from designer.sweeping.progress import duration
from designer.sweeping.running import Summary
from designer.sweeping.store import Store
from designer.words.numbers import digits
from designer.words.text import wrap

_WORDS = {
    "found": "with designs",
    "infeasible": "infeasible",
    "time_limit": "out of time",
    "invalid": "of scenarios that make no sense",
}
# Limits and conflicts named at most.
MOST = 5


def dry(plan: Plan, seconds: float, jobs: int, width: int) -> str:
    """The number of points of a sweep, and the time they should take."""
    axes = [f"{' + '.join(a.paths)} ({len(a):,})" for a in plan.axes]
    spaces = plan.count // plan.inner
    on = "1 process" if jobs == 1 else f"{jobs} processes"
    return "\n".join(
        [
            f"{plan.sweep.name}   {plan.count:,} points in {spaces:,} search {_plural('space', spaces)}",
            *wrap(f"axes     {' x '.join(axes)}", width, hanging=9),
            f"time     {'about ' * (seconds >= 1)}{duration(seconds)} on {on}, measured on a few points",
        ]
    )


def render(plan: Plan, s: Summary, width: int) -> str:
    """What a run did, what stops its points, and where the results are."""
    parts = [f"{s.status[k]:,} {words}" for k, words in _WORDS.items() if s.status[k]]
    rate = f", {digits(s.made / s.seconds)} points/s" if s.made and s.seconds > 0 else ""
    share = f" of {s.count:,}" if s.mine != s.count else ""
    again = f"{s.kept:,} kept from before, " if s.kept else ""
    lines = [
        *wrap(f"{plan.sweep.name}   {s.mine:,}{share} points: {', '.join(parts)}", width, hanging=9),
        f"time     {again}{s.made:,} answered in {duration(s.seconds)}{rate}",
    ]
    if s.binds:
        lines += wrap(f"binds    {_shares(s.binds, s.status['found'])}", width, hanging=9)
    if s.conflicts:
        lines += wrap(f"conflict {_shares(s.conflicts, s.status['infeasible'])}", width, hanging=9)
    where = shlex.quote(str(s.folder))
    lines += [f"table    {where}/points/*.parquet", f"next     designer sweep report {where}"]
    return "\n".join(lines)


def merged(store: Store) -> str:
    """What a folder holds after merging."""
    m, have = store.manifest(), len(store.done())
    rest = f"; {m.count - have:,} are missing" if have < m.count else ""
    where = shlex.quote(str(store.folder))
    return f"{m.name}   {have:,} of {m.count:,} points{rest}\nnext     designer sweep report {where}"


def _shares(of: Counter[str], whole: int) -> str:
    """The commonest with their share of points, one point counting for each limit that binds it."""
    named = [f"{n} {100 * k / whole:.0f} %" for n, k in of.most_common(MOST)]
    more = len(of) - len(named)
    return "; ".join(named) + (f"; {more} more" if more > 0 else "")


def _plural(word: str, n: int) -> str:
    return word if n == 1 else f"{word}s"
