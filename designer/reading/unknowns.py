"""Numbers nobody states: an answer that would rest on one is refused, never guessed."""

from __future__ import annotations

import itertools

from constraints.bundles.device import base_precision, has_rate
from constraints.graph import Graph
from designer.question import Question
from designer.reading.places import Path
from designer.reading.terms import TermReader

_HOW = {
    "rental_rate": "give pricing.price, or another provider or tenure",
    "purchase_price": "give pricing.purchase",
    "electricity_price": "give pricing.electricity or a site with electricity",
    "water_usage": "give a site with water_usage",
}
# Where these are unknown a limit keeps every design that would need them out.
_LIMITED = {"scale_out_bandwidth", "scale_up_bandwidth", "compute_rate"}


class UnknownReader(TermReader):
    """Checks that every budget and objective can be computed for every candidate."""

    def check_rates(self, q: Question) -> None:
        """Nothing left that a device or a region cannot say."""
        accs = {self.catalog.get("nodes", str(n)).accelerator for n in q.domains["node"]}
        for a in sorted(accs):
            acc = self.catalog.get("accelerators", a)
            base_precision(acc)
            if not any(has_rate(acc, str(p)) for p in q.domains["precision"]):
                has = ", ".join(acc.compute.rates())
                wanted = ", ".join(map(str, q.domains["precision"]))
                raise self.fail(
                    ("candidates", "precision"), f"{a} multiplies in none of {wanted} (has: {has})"
                )

    def check_known(self, q: Question) -> None:
        """A budget or objective that rests on an unknown number is an error, never a free pass."""
        asked: list[tuple[Path, str]] = []
        for i, o in enumerate(q.objectives):
            asked.append((("objectives", i) if q.scenario.objectives else ("workload", "job"), o.quantity))
        for c in q.constraints:
            asked.extend((self.origin.get(c.name, ()), n) for n in sorted(c.inputs))
        # Only one of the two ways to pay is ever computed with.
        unpaid = "rental_cost" if q.scenario.pricing.tenure == "owned" else "ownership_cost"
        used = Graph({n: r for n, r in q.graph.rules.items() if n != unpaid})
        groups = [g for g in q.groups if g.axes in (("node", "region"), ("region",), ("node",))]
        for path, name in asked:
            leaves = used.inputs_of([name]) - set(q.given) - _LIMITED
            for g in groups:
                for combo in itertools.product(*(q.domains[a] for a in g.axes)):
                    for leaf, known in g.build(*combo).items():
                        if leaf in leaves and known.si != known.si:
                            default = (
                                "" if path[0] != "workload" else ", an objective unless you name others,"
                            )
                            raise self.fail(
                                path,
                                f"{name}{default} needs {leaf} of {' in '.join(map(str, combo))}, which is unknown"
                                f" ({known.source}); {_HOW.get(leaf, f'give assume.{leaf}')}",
                            )
