"""The answer of a sizing in a few sentences: whether the base part is enough, what it lacks, what else would do."""

from __future__ import annotations

from designer.answers.size import SizeResult
from designer.question.specifications import SPEC
from designer.report.size_needs import at_least


def headline(result: SizeResult) -> list[str]:
    """Whether the base part is enough, what it lacks where it is not, and which parts of the catalog are."""
    if result.status == "infeasible":
        stops = ", ".join(o.name for o in result.obstacles)
        why = f": {stops}" if stops else ""
        return [
            f"No device like {result.base} was found that meets the targets, whatever it offers more of{why}."
        ]
    out = []
    enough = [r for r in result.rows if r.base_meets]
    if enough:
        fewest = min(r.devices for r in enough)
        meet = "meets" if fewest == 1 else "meet"
        out.append(f"{_many(fewest)} in {result.base} {meet} every target, the fewest of those asked for.")
    elif result.rows:
        row = max(result.rows, key=lambda r: r.devices)
        least = [n for n in row.needs if n.status == "least" and n.value]
        needs = ", or ".join(f"{SPEC[n.spec].title} of {at_least(n.value or 0.0, n.unit)}" for n in least)
        if needs:
            out.append(
                f"{result.base} is not enough; with {_many(row.devices)} any one of these is: {needs}."
            )
    good = [p for p in result.parts if p.qualifies and p.devices]
    if good:
        named = ", ".join(
            f"{_many(p.devices or 0)} in {p.node}" for p in sorted(good, key=lambda p: p.devices or 0)[:4]
        )
        more = f", and {len(good) - 4} more" if len(good) > 4 else ""
        out.append(f"Parts of the catalog that meet everything: {named}{more}.")
    return out or [f"What one device must offer, held at {result.base}, is below."]


def _many(devices: int) -> str:
    return f"{devices:,} device{'' if devices == 1 else 's'}"
