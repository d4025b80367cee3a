"""A model as numbers."""

from __future__ import annotations

from catalogs.errors import InputError
from catalogs.schema import Architecture, Model
from catalogs.schema.mixers import counts
from catalogs.schema.undescribed import UNDESCRIBED
from constraints.bundles import Bundle, Known, same
from constraints.bundles.layers import KIND_NAMES, layer_numbers
from constraints.bundles.network import NETWORK_NAMES, missing, network_bundle

# Every name a model gives, for whoever wants to hold the architecture fixed.
MODEL_NAMES = frozenset(
    {
        "layers", "hidden", "heads", "kv_heads", "vocab", "max_context", "ffn", "ffn_matrices", "untied",
        "causal_share", "position_embeddings", "latent", "kv_repeats",
        "query_down", "query_up_in", "query_width", "kv_down", "kv_up_in", "kv_width", "kv_expanded_width",
        "kv_cache_width", "attention_width", "qk_width", "v_width", "cached_layers", "dense_layers",
        "moe_layers", "experts", "experts_per_token", "shared_experts", "expert_ffn", "expert_hidden", "expert_latent",
        "attention_extra",
        "ffn_bias", "expert_bias", "router_bias", "norm_parameters", "final_norm_parameters",
        "embedding_extra", "extra_parameters",
    }
) | NETWORK_NAMES | KIND_NAMES  # fmt: skip


def model_bundle(model: Model) -> Bundle:
    """Numbers of a model; raises InputError for one that no equations describe."""
    a = model.architecture
    if a is None:
        return network_bundle(model)
    reason = uncovered(model)
    if reason:
        raise InputError(f"{model.id} cannot be planned: {reason}")
    where = f"models/{model.id}"
    extra = model.extra_parameters
    bundle = same("datasheet", f"{where}: {a.source.ref} ({a.source.date})", shape_numbers(a, model.kind))
    bundle["extra_parameters"] = (
        Known.of(extra, where) if extra else Known(0.0, "datasheet", f"{where}: none stated")
    )
    return bundle


def shape_numbers(a: Architecture, kind: str) -> dict[str, float]:
    """Numbers of an architecture; `kind` is the model's."""
    numbers: dict[str, float] = dict(
        hidden=a.hidden,
        vocab=a.vocab,
        max_context=a.max_context,
        ffn=a.ffn or 0,
        ffn_matrices=a.ffn_matrices,
        untied=0 if a.tied_embeddings or a.vocab == 0 else 1,
        causal_share=1.0 if kind == "encoder" else 0.5,
        position_embeddings=a.position_embeddings or 0,
    )
    return numbers | layer_numbers(a) | _mixture(a) | _small_parts(a, kind)


def uncovered(model: Model) -> str:
    """Why no equations describe this model, or the empty string."""
    a = model.architecture
    if a is None:
        absent = missing(model)
        return f"the catalog states no {absent}" if absent else ""
    if model.kind == "encoder-decoder":
        return "encoder-decoder models need two stacks"
    return not_described(a)


def not_described(a: Architecture) -> str:
    """Which parts of an architecture no equations describe, or the empty string."""
    parts = [f"{UNDESCRIBED[part]} ({_share(n, a.layers)})" for part, n in a.undescribed.items()]
    mixers = (
        a.attention_blocks,
        a.linear_layers,
        a.layers_without_attention,
        a.mamba_blocks,
        a.mlp_blocks,
        a.moe_blocks,
    )
    others = a.layers - sum(n or 0 for n in mixers) if a.attention_blocks else 0
    if others and not parts:
        parts.append(f"what {_share(others, a.layers)} have instead of attention")
    *first, last = parts or [""]
    return (
        f"no equations here describe {' or '.join([', '.join(first), last] if first else [last])}"
        if last
        else ""
    )


def _share(some: int, layers: int) -> str:
    return f"all {layers} layers" if some == layers else f"{some} of {layers} layers"


def _mixture(a: Architecture) -> dict[str, float]:
    """The experts; a dense model has none."""
    if not a.experts:
        names = ("experts", "experts_per_token", "shared_experts", "expert_ffn", "expert_latent")
        return {"expert_hidden": a.hidden, **dict.fromkeys(names, 0)}
    expert_ffn = a.expert_ffn or 0
    # A shared expert wider than a routed one counts as several.
    shared = (a.shared_experts or 0) * (a.shared_expert_ffn or expert_ffn) / max(1, expert_ffn)
    return dict(
        experts=a.experts,
        experts_per_token=a.experts_per_token or 0,
        shared_experts=shared,
        expert_ffn=expert_ffn,
        expert_hidden=a.expert_latent or a.hidden,
        expert_latent=a.expert_latent or 0,
    )


def _small_parts(a: Architecture, kind: str) -> dict[str, float]:
    """Norms and biases: a thousandth of a model, needed to meet its official parameter count."""
    per_norm = a.hidden * (2 if a.norm == "layernorm" else 1)
    n = counts(a)
    blocks = n.full + n.local + n.recurrent + n.dense_blocks + n.moe
    latent_norms = (a.q_lora_rank or 0) + (a.kv_lora_rank or 0)
    ffn_bias = ((a.ffn_matrices - 1) * (a.ffn or 0) + a.hidden) if a.mlp_bias else 0
    expert_bias = ((a.ffn_matrices - 1) * (a.expert_ffn or 0) + a.hidden) if a.mlp_bias else 0
    return dict(
        ffn_bias=ffn_bias,
        expert_bias=expert_bias,
        router_bias=(a.experts or 0) if a.mlp_bias or latent_norms else 0,
        norm_parameters=per_norm * (1 if a.parallel_blocks else blocks / n.layers),
        final_norm_parameters=per_norm,
        embedding_extra=per_norm if kind == "encoder" else 0,
    )
