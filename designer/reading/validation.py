"""What is well written and still makes no sense: workloads, prices and sites that contradict themselves."""

from __future__ import annotations

import math

from catalogs.schema import Model
from constraints.bundles import Bundle
from constraints.records import record
from designer.documents.fields import Samples
from designer.documents.scenario import Batch, Dataset, Scenario, Training, Workload
from designer.evaluating.design import values_of
from designer.question.data_pipeline import dataset_of
from designer.question.question import Question
from designer.reading.domains import MAX_COUNT
from designer.reading.source_map import Path
from designer.reading.unknowns import UnknownReader


class SenseReader(UnknownReader):
    """Checks a scenario against its model and against itself."""

    def _mistake(self, path: Path, message: str, *, key: bool = False) -> None:
        self.problems.append(self.problem(path, message, key=key))

    def check_open_choices(self, scenario: Scenario) -> None:
        """The model and the tokens of a training run are given once: by the workload or as candidates."""
        w = scenario.workload
        if not isinstance(w, Training):
            return
        for key, name in (("model", "model"), ("dataset", "dataset_tokens")):
            said, open_ = getattr(w, key) is not None, name in scenario.candidates
            if said and open_:
                self._mistake(
                    ("candidates", name),
                    f"give either workload.{key} or candidates.{name}, not both",
                    key=True,
                )
            elif not said and not open_:
                self._mistake(("workload",), f"missing key {key!r}")
        self.check_privacy(scenario)
        self.raise_problems()

    def check_privacy(self, scenario: Scenario) -> None:
        """A privacy budget that means nothing, and clipping without one."""
        w = scenario.workload
        if not isinstance(w, Training):
            return
        if w.privacy is None:
            if "clipping" in scenario.candidates:
                self._mistake(
                    ("candidates", "clipping"), "unused, as workload.privacy is not given", key=True
                )
            return
        if w.privacy.delta >= 1:
            self._mistake(("workload", "privacy", "delta"), f"{w.privacy.delta:g} must be below 1")

    def check_workload(self, scenario: Scenario, entry: Model, model: Bundle) -> None:
        """A context longer than the model was made for is a mistake, not a layout."""
        w = scenario.workload
        if "max_context" not in model:
            self._network(w, entry)
            return
        most = model["max_context"].si
        if isinstance(w, Training):
            self._training(w, entry.id, most)
            return
        encoder = entry.kind == "encoder"
        for i, length in enumerate(w.lengths):
            path: Path = ("workload", "lengths", i)
            if encoder and length.generated:
                self._mistake(
                    (*path, "output"), f"{w.model} is an encoder and generates nothing; write 0 token"
                )
            if length.input + length.generated > most:
                self._mistake(
                    path,
                    f"{count(length.input + length.generated)} token of input and output is longer than the context"
                    f" of {w.model}: {most:,.0f} token",
                )

    def _network(self, w: Workload, entry: Model) -> None:
        """A network without an architecture is trained, on samples, whole on every device."""
        name, kind = entry.id, entry.kind
        if w.model is None:
            self._mistake(
                ("candidates", "model"),
                f"{name} is a {kind} known by its totals; give it as workload.model",
            )
            return
        if not isinstance(w, Training):
            self._mistake(("workload", "model"), f"{name} is a {kind}; only its training is planned")
            return
        if w.sequence_length is not None:
            self._mistake(
                ("workload", "sequence_length"),
                f"{name} is a {kind} and has no tokens; leave it out",
                key=True,
            )
        if not isinstance(w.global_batch, Samples):
            self._mistake(
                ("workload", "global_batch"),
                f"{name} is a {kind} and has no tokens; write it like '2048 sample'",
            )
        elif not w.global_batch.is_integer() or w.global_batch > MAX_COUNT:
            self._mistake(
                ("workload", "global_batch"),
                f"{count(w.global_batch)} is not a whole number of samples up to {MAX_COUNT:,}",
            )
        if not isinstance(w.dataset, Dataset):
            self._mistake(
                ("workload", "dataset"),
                f"{name} is a {kind} and has no tokens; describe its samples, for example "
                "{name: imagenet-1k, epochs: 90, storage: 2 GB/s/node, decode_rate: 500 sample/s}",
            )

    def _training(self, w: Training, model: str, most: float) -> None:
        length, batch = w.sequence_length, w.global_batch
        if length is None:
            self._mistake(("workload",), "missing key 'sequence_length'")
            return
        place: Path = ("workload", "sequence_length")
        if length > most:
            self._mistake(
                place, f"{count(length)} token is longer than the context of {model}: {most:,.0f} token"
            )
            return
        if not length.is_integer():
            self._mistake(place, f"{count(length)} token is not a whole number of tokens")
            return
        sequences = w.sequences
        if isinstance(batch, Samples):
            batch = batch * length
        if sequences > MAX_COUNT:
            self._mistake(
                ("workload", "global_batch"),
                f"{count(batch)} token is more than {MAX_COUNT:,} sequences of {count(length)}",
            )
        elif abs(sequences - round(sequences)) > 1e-6 or sequences < 1:
            below = max(1, math.floor(sequences)) * length
            self._mistake(
                ("workload", "global_batch"),
                f"{count(batch)} token is not a whole number of sequences of {count(length)};"
                f" nearest {count(below)} token",
            )

    def check_feeding(self, q: Question) -> None:
        """Whoever decodes has a rate to decode at, and a host that prepares samples has cores."""
        dataset = dataset_of(q.scenario.workload)
        if dataset is None:
            return
        where = q.domains["decode"]
        if "gpu" in where and dataset.device_decode_rate is None:
            raise self.fail(
                ("candidates", "decode"), "decoding on the devices needs workload.dataset.device_decode_rate"
            )
        if "cpu" not in where or "host_cores" in q.given:
            return
        for i, id in enumerate(q.domains["node"]):
            if self.catalog.get("nodes", str(id)).cores is None:
                path: Path = ("candidates", "node")
                raise self.fail(
                    self._item(path, q.scenario.candidates.get("node"), i),
                    f"the catalog does not say how many cores {id} has for workers; give assume.host_cores",
                )

    def check_money_and_place(self, scenario: Scenario) -> None:
        """A price that the tenure leaves unused would be a number nobody reads."""
        p, site = scenario.pricing, scenario.site
        owned = p.tenure == "owned"
        for name in ("price", "provider") if owned else ("purchase", "electricity", "model"):
            if getattr(p, name) is not None:
                kind = "owned" if owned else f"rented ({p.tenure})"
                self._mistake(("pricing", name), f"unused, as pricing.tenure says the hardware is {kind}")
        if not owned and p.price is not None and p.provider is not None:
            self._mistake(("pricing", "provider"), "unused, as pricing.price is given")
        if p.model is not None and p.purchase is not None:
            self._mistake(("pricing", "purchase"), "unused, as pricing.model says what a part costs")
        if site and site.pue < 1:
            self._mistake(
                ("site", "pue"),
                f"{site.pue:g} must be at least 1: energy of the site per energy of the machines",
            )
        if site and "region" in scenario.candidates:
            self._mistake(("candidates", "region"), "give either a site or a region, not both", key=True)

    def check_outputs(self, q: Question) -> None:
        """Time per output token of requests that put nothing out, and latencies that nobody waits for."""
        w = q.scenario.workload
        if isinstance(w, Training):
            return
        refused = {} if any(m.generated for m in w.lengths) else {"output": "requests without output"}
        if isinstance(w, Batch):
            refused["waiting"] = "a batch job, whose requests wait their turn"
        asked: list[tuple[Path, str]] = [
            (("objectives", i) if q.scenario.objectives else ("workload", "job"), o.quantity)
            for i, o in enumerate(q.objectives)
        ]
        asked += [(self.origin.get(c.name, ()), n) for c in q.constraints for n in sorted(c.inputs)]
        for path, name in asked:
            if why := refused.get(record(name).needs):
                self._mistake(path, f"{name} of {why}; name another quantity")
        self.raise_problems()

    def check_zeros(self, q: Question) -> None:
        """An assumed zero that some equation divides by."""
        zeros = [n for n in q.scenario.assume if q.given[n].si == 0]
        if zeros:
            try:
                values_of(q, q.first_design())
            except ZeroDivisionError:
                raise self.fail(("assume", zeros[0]), "must be above 0: an equation divides by it") from None


def count(x: float) -> str:
    """A count for a message, however large.

    >>> count(8192), count(1e300)
    ('8,192', '1e+300')
    """
    return f"{x:,.0f}" if x < 1e15 and float(x).is_integer() else f"{x:g}"
