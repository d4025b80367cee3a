"""Adapters of low rank: memory and rate of training them, memory of serving many."""

from __future__ import annotations

from catalogs import Catalog
from constraints.rules.library.finetuning import adapter_parameters, adapter_slot_bytes
from designer.accuracy.finetuned import adapted_widths, configured, frozen_bytes, state_bytes, trained
from designer.accuracy.held import GIB, held
from designer.accuracy.kinds import FactsKind
from designer.accuracy.kinds.optimizers import measured
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow
from designer.jobs.serving import PARTS

KIND = FactsKind(
    marks=frozenset({"rank", "targets", "adapters_total"}),
    needs=frozenset({"model", "method"}),
    called="measurements of adapters",
)
# Tokens an engine leaves room for that an adapter may add to the vocabulary (vLLM, lora_extra_vocab_size).
_ADDED_TOKENS = 256
# An adapter's weights and gradients in the format it is trained in, with Adam's two moments in fp32.
_MASTER = {True: 4 + 4 + 8.0, False: 2 + 2 + 4.0}


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`peak_memory` and `throughput` of a device, or why there are none."""
    if row.text("max_loras") or row.text("isl"):  # slots, or prompts: a server's
        return _served(row, catalog)
    if row.text("kind") == "rule of thumb":
        return Skip("not a measurement: rule of thumb")
    method = row.text("method").lower()
    if method not in ("lora", "qlora", "full"):
        return Skip(f"method not described: {row.text('method')}")
    if row.text("offload").lower() not in ("", "no", "none", "activations"):
        return Skip(f"weights that are streamed from the host: {row.text('offload')}")
    found = configured(row, catalog)
    if isinstance(found, Skip):
        return found
    weights = frozen_bytes(row.text("base_format"), found.values)
    if weights is None:
        return Skip(f"format of the frozen weights not described: {row.text('base_format')}")
    if row.text("offload") == "activations":
        found.values["host_share"] = 1.0
    if method == "full":
        states = state_bytes("", row.text("optimizer"))
        # weights in 16 bit whose optimizer nobody names are trained in it alone: no table here has masters
        return measured(row, trained(found, weights, weights, states or 2 * weights), found.chosen)
    trainable = row.number("trainable_params")
    if not trainable:
        rank = row.number("rank")
        if not rank:
            return Skip("neither the rank nor the trained parameters are stated")
        trainable = float(adapter_parameters(rank, adapted_widths(found.values, row.text("targets"))))
    wide = "float32" in row.text("notes") or row.text("base_format").startswith("fp32")
    values = trained(found, weights, 0.0, 0.0)
    return measured(row, values, found.chosen, trainable * _MASTER[wide] / values["dp"])


def _served(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """Memory of weights and slots at start-up; what adapters cost a batch is not described."""
    memory, slots, rank = row.number("memory_gib_per_gpu"), row.number("max_loras"), row.number("rank")
    if not memory:
        return Skip("batches over several adapters: what their kernels cost is not described")
    if "loading" not in row.text("memory_stat").lower() or not slots or not rank:
        return Skip("slots and rank of the adapters, or what memory was measured, not stated")
    cells = dict(
        weight_precision=row.text("base_format").replace("bfloat16", "bf16"), kv_precision="bf16", framework="vLLM",
        hardware="H100-SXM-80GB", notes="", gpu_memory_utilization="", tp="1",
    )  # fmt: skip
    found = held(row, catalog, 8192.0, **cells)
    if isinstance(found, Skip):
        return found
    widths = adapted_widths(found, "all linear")
    slot = adapter_slot_bytes(rank, widths, found["hidden"], found["vocab"], _ADDED_TOKENS, 2)
    return [Prediction(LedgerMetric.peak_memory, (found[PARTS.weights] + slots * slot) / GIB, memory)]
