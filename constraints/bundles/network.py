"""A network known by its totals per sample as numbers: it is trained whole on every device."""

from __future__ import annotations

from catalogs.errors import InputError
from catalogs.schema import Model
from constraints.bundles import Bundle, Known, same

# What the rules of such a network need beside its operations and parameters.
_NEEDED = ("forward_flops", "forward_traffic", "forward_kernels", "kept_activations")
# Numbers of the network itself, held fixed when levers are looked for.
_WHOLE = dict(
    tp=1,
    pp=1,
    cp=1,
    ep=1,
    etp=1,
    stage_expert_parameters=0,
    inner_stage_state=0,
    last_stage_state=0,
    bubble_time=0,
)
NETWORK_NAMES = frozenset({*_NEEDED, *_WHOLE, "parameters", "stage_dense_parameters", "half_precision_bytes"})


def missing(model: Model) -> str:
    """The first total that planning needs and the catalog does not state, or the empty string."""
    return next((n for n in _NEEDED if getattr(model, n) is None), "")


def network_bundle(model: Model) -> Bundle:
    """Totals of a network; raises InputError where one is not stated.

    Tensor, pipeline, context and expert parallelism split layers, which totals do not describe.
    """
    absent = missing(model)
    if absent:
        raise InputError(f"{model.id} cannot be planned: the catalog states no {absent}")
    where = f"models/{model.id}"
    out: Bundle = {n: Known.of(getattr(model, n), where) for n in _NEEDED}
    out["parameters"] = out["stage_dense_parameters"] = Known.of(model.parameters, where)
    return {
        **out,
        **same("datasheet", "definition: data parallel only, the network is whole on every device", _WHOLE),
        **same(
            "datasheet",
            "definition: no expert traffic, nothing recomputed",
            dict(network_taken=0, forward_repeats=0),
        ),
        **same("datasheet", "definition: 16 bit", dict(half_precision_bytes=2)),
    }
