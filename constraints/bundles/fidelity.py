"""A scaling law and the scores of compressed models as numbers."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.schema import Model
from constraints.bundles import Bundle, Known, same, unknown


def scaling_bundle(catalog: Catalog, name: str, model: Model) -> Bundle:
    """Constants of the loss surface of a model trained from scratch; unknown for a mixture of experts."""
    law = catalog.get("scaling", name)
    where = f"scaling/{law.id}"
    if model.architecture and model.architecture.experts:
        why = unknown(f"{where} was fitted on dense models, {model.id} is a mixture of experts")
        names = ("floor", "parameter_scale", "parameter_exponent", "token_scale", "token_exponent")
        return {f"loss_{n}": why for n in names}
    return {
        "loss_floor": Known.of(law.loss_floor, where),
        "loss_parameter_scale": Known.of(law.parameter_scale, where),
        "loss_parameter_exponent": Known.of(law.parameter_exponent, where),
        "loss_token_scale": Known.of(law.token_scale, where),
        "loss_token_exponent": Known.of(law.token_exponent, where),
    }


# Formats whose scores are the reference: nothing was compressed.
PLAIN = ("bf16", "fp16", "fp32", "tf32", "fp64")


def score_bundle(
    catalog: Catalog, model: str, benchmark: str, weights: str, products: str, cache: str, sparsity: str
) -> Bundle:
    """Scores of a model before and after compression; unknown where nobody has published that pair."""
    if {weights, products, cache} <= set(PLAIN) and sparsity == "none":
        return same("datasheet", "definition: not compressed", dict.fromkeys(SCORES, 1.0))
    known = catalog.get("formats", weights).scored_as or weights
    for id in catalog.ids("fidelity"):
        if not id.startswith(model):
            continue
        table = catalog.get("fidelity", id)
        if (table.model, table.benchmark) != (model, benchmark):
            continue
        for s in table.scores:
            formats = (_class(s.weights), _class(s.products), _class(s.cache), s.sparsity)
            if formats == (_class(known), _class(products), _class(cache), sparsity):
                where = f"fidelity/{id}"
                return {
                    "score_before": Known.of(s.before, where),
                    "score_after": Known.of(s.after, where),
                    "score_sense": Known(1.0 if table.better == "higher" else -1.0, "datasheet", where),
                }
    sparse = f", {sparsity} sparse" if sparsity != "none" else ""
    said = f"weights {weights}, products {products}, cache {cache}{sparse}"
    return dict.fromkeys(SCORES, unknown(f"no score of {model} on {benchmark} with {said} in the catalog"))


SCORES = ("score_before", "score_after", "score_sense")


def _class(name: str) -> str:
    """All formats of 16 bit and more are one: they store what was trained."""
    return "plain" if name in PLAIN else name


def benchmarks(catalog: Catalog) -> list[str]:
    """Benchmarks that some table of scores is on."""
    return sorted({catalog.get("fidelity", id).benchmark for id in catalog.ids("fidelity")})
