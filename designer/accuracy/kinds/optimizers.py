"""Memory and rate of training under optimizers by name: what they keep, and where."""

from __future__ import annotations

from catalogs import Catalog
from designer.accuracy.finetuned import configured, state_bytes, trained
from designer.accuracy.held import GIB
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow
from designer.jobs.training import MEASURED

KIND = FactsKind(
    marks=frozenset({"states", "optimizer_in_backward", "grads_dtype"}),
    needs=frozenset({"model"}),
    called="measurements of optimizers",
)
_WIDTHS = {"bf16": 2.0, "fp16": 2.0, "fp32": 4.0}


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`peak_memory` and `throughput` of a device, or why there are none."""
    if row.text("kind") not in ("", "measured"):
        return Skip(f"not a measurement: {row.text('kind')}")
    if not row.text("method").startswith("full"):
        return Skip(f"method not described: {row.text('method') or 'blank'}")
    states = state_bytes(row.text("states"), row.text("optimizer"))
    if states is None:
        return Skip(f"states of the optimizer not stated: {row.text('optimizer') or 'blank'}")
    weights = _WIDTHS.get(row.text("weights_dtype").split(" ")[0])
    gradients = _WIDTHS.get((row.text("grads_dtype") or row.text("weights_dtype")).split(" ")[0])
    if weights is None or gradients is None:
        return Skip("format of weights or gradients not stated")
    away = row.text("offload").lower()
    if "parameters" in away or "part of" in away:
        return Skip(f"weights that are streamed from the host: {away}")
    found = configured(row, catalog)
    if isinstance(found, Skip):
        return found
    if "states" in away or "paged" in row.text("optimizer").lower():
        states = 0.0
    if "gradients" in away or row.text("optimizer_in_backward") == "yes":
        gradients = 0.0
    if "activations" in away:
        found.values["host_share"] = 1.0
    values = trained(found, weights, gradients, states)
    return measured(row, values, found.chosen)


def measured(
    row: MeasuredRow, values: dict[str, float], chosen: list[str], more: float = 0.0
) -> list[Prediction] | Skip:
    """Predictions of what a row measures; `more` is memory beside that of the configuration."""
    stat = row.text("memory_stat").lower()
    out = []
    memory = row.number("memory_gib_per_gpu")
    if memory and "nvml" not in stat and "total" not in stat:
        kind = MEASURED.reserved if "reserved" in stat else MEASURED.allocated
        out.append(Prediction(LedgerMetric.peak_memory, (values[kind] + more) / GIB, memory, tuple(chosen)))
    rate = row.number("tokens_per_s_per_gpu")
    if rate and row.text("hardware"):
        tokens = values["global_batch"] * values["sequence_length"] / values["dp"]
        out.append(Prediction(LedgerMetric.throughput, tokens / values[MEASURED.time], rate, tuple(chosen)))
    return out or Skip("nothing measured that is predicted")
