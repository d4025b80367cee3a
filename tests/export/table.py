"""The table of docs/exports.md: what of the frontiers and of random designs each launcher takes.

python tests/export/table.py [TARGET ...]
"""

from __future__ import annotations

import re
import sys
from collections import Counter

from judging import INPUTS, interpreter, verdicts
from launches import Drawn, frontiers, random_launches, written

from designer.exporting.target import Target, targets

RANDOM = 200


def main() -> None:
    """Print the table, with the parsers that are installed."""
    print("| target | read by | frontiers: taken of | random: taken of | accepted | refused, most often |")
    print("|---|---|---|---|---|---|")
    for name, target in targets().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        front = tuple(d for d in frontiers() if d.launch.job in target.jobs)
        drawn = random_launches(name, RANDOM)
        taken = [sum(isinstance(written(target, d.launch), dict) for d in group) for group in (front, drawn)]
        version, accepted = _judged(name, target, (*front, *drawn))
        print(
            f"| `{name}` | {version} | {taken[0]} of {len(front)} | {taken[1]} of {RANDOM} | {accepted}"
            f" | {_reasons(target, (*front, *drawn))} |",
            flush=True,
        )


def _judged(name: str, target: Target, launches: tuple[Drawn, ...]) -> tuple[str, str]:
    if name not in INPUTS or not interpreter(INPUTS[name][0])[0]:
        return "nothing here; golden text", ""
    gate, given = INPUTS[name]
    files = [(d.launch, written(target, d.launch)) for d in launches]
    inputs = [given(launch, f) for launch, f in files if isinstance(f, dict)]
    found = verdicts(gate, inputs)
    return f"{gate} {interpreter(gate)[1]}", f"{found.count(None)} of {len(found)}"


def _reasons(target: Target, launches: tuple[Drawn, ...]) -> str:
    """The three commonest reasons, without their numbers."""
    said = Counter(_plain(why) for d in launches if isinstance(why := written(target, d.launch), str))
    return "; ".join(f"{why} ({n})" for why, n in said.most_common(3))


def _plain(why: str) -> str:
    """A reason by the decision it names.

    >>> _plain("vllm: ep 8 cannot be said: experts are spread"), _plain("vllm has no way to say cp 2, workers 4")
    ('ep', 'cp, workers')
    """
    if found := re.search(r"has no way to say (.*)", why):
        return ", ".join(part.split()[0] for part in found[1].split(", "))
    if " is wider than " in why:
        return "replicas wider than a node"
    if " is none of its models" in why:
        return "no model of its own"
    if found := re.search(r": (weights|sparsity|kv|precision|recompute|sharding|ep|dp|pp|sp|cp|vpp) ", why):
        return found[1]
    return re.sub(r"[\d,.]*\d", "n", why.partition(": ")[2] or why)[:70]


if __name__ == "__main__":
    main()
