"""A model as numbers."""

from __future__ import annotations

from catalogs.errors import InputError
from catalogs.schema import Architecture, Model
from catalogs.schema.undescribed import UNDESCRIBED
from constraints.bundles import Bundle, Known, same
from constraints.bundles.network import NETWORK_NAMES, missing, network_bundle

# Every name a model gives, for whoever wants to hold the architecture fixed.
MODEL_NAMES = frozenset(
    {
        "layers", "hidden", "heads", "kv_heads", "vocab", "max_context", "ffn", "ffn_matrices", "untied",
        "causal_share", "windowed_layers", "window", "position_embeddings", "latent", "kv_repeats",
        "query_down", "query_up_in", "query_width", "kv_down", "kv_up_in", "kv_width", "kv_expanded_width",
        "kv_cache_width", "attention_width", "qk_width", "v_width", "cached_layers", "dense_layers",
        "moe_layers", "experts", "experts_per_token", "shared_experts", "expert_ffn", "attention_extra",
        "ffn_bias", "expert_bias", "residual_blocks", "router_bias", "norm_parameters", "final_norm_parameters",
        "embedding_extra", "extra_parameters",
    }
) | NETWORK_NAMES  # fmt: skip


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
        layers=a.layers,
        hidden=a.hidden,
        heads=a.heads,
        kv_heads=a.kv_heads,
        vocab=a.vocab,
        max_context=a.max_context,
        ffn=a.ffn or 0,
        ffn_matrices=a.ffn_matrices,
        untied=0 if a.tied_embeddings or a.vocab == 0 else 1,
        causal_share=1.0 if kind == "encoder" else 0.5,
        windowed_layers=a.sliding_layers or 0,
        window=a.sliding_window or 0,
        position_embeddings=a.position_embeddings or 0,
        residual_blocks=1 if a.parallel_blocks else 2,
    )
    return numbers | _attention(a) | _mixture(a) | _small_parts(a, kind)


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
    if a.mamba_blocks:
        parts.append(f"state-space layers ({_share(a.mamba_blocks, a.layers)})")
    elif a.attention_blocks not in (None, a.layers) and not parts:
        others = _share(a.layers - a.attention_blocks, a.layers)
        parts.append(f"what {others} have instead of attention")
    if a.index_heads:
        parts.append("sparse attention with an indexer")
    if a.expert_latent:
        parts.append("latent experts")
    *first, last = parts or [""]
    return (
        f"no equations here describe {' or '.join([', '.join(first), last] if first else [last])}"
        if last
        else ""
    )


def _share(some: int, layers: int) -> str:
    return f"all {layers} layers" if some == layers else f"{some} of {layers} layers"


def _attention(a: Architecture) -> dict[str, float]:
    """Attention as up to five projections; see `constraints.rules.shared.architecture`."""
    if a.kv_lora_rank and a.rope_dim is not None and a.nope_dim and a.v_dim:
        return dict(
            latent=1,
            kv_repeats=1,
            query_down=a.q_lora_rank or 0,
            query_up_in=a.q_lora_rank or a.hidden,
            query_width=a.heads * (a.nope_dim + a.rope_dim),
            kv_down=a.kv_lora_rank + a.rope_dim,
            kv_up_in=a.kv_lora_rank,
            kv_width=a.heads * (a.nope_dim + a.v_dim),
            kv_expanded_width=a.heads * (a.nope_dim + a.rope_dim + a.v_dim),
            kv_cache_width=a.kv_lora_rank + a.rope_dim,
            attention_width=a.heads * a.v_dim,
            qk_width=a.nope_dim + a.rope_dim,
            v_width=a.v_dim,
            cached_layers=a.layers,
        )
    kv = 2 * a.kv_heads * a.head_dim
    return dict(
        latent=0,
        kv_repeats=0,
        query_down=0,
        query_up_in=a.hidden,
        query_width=a.heads * a.head_dim,
        kv_down=0,
        kv_up_in=a.hidden,
        kv_width=kv,
        kv_expanded_width=kv,
        kv_cache_width=kv,
        attention_width=a.heads * a.head_dim,
        qk_width=a.head_dim,
        v_width=a.head_dim,
        cached_layers=a.layers,
    )


def _mixture(a: Architecture) -> dict[str, float]:
    """Layer counts by kind, and the experts; a dense model has none of them."""
    if not a.experts:
        return dict(
            dense_layers=a.layers,
            moe_layers=0,
            experts=0,
            experts_per_token=0,
            shared_experts=0,
            expert_ffn=0,
        )
    expert_ffn = a.expert_ffn or 0
    moe = (a.layers - (a.dense_layers or 0)) // (a.moe_every or 1)
    # A shared expert wider than a routed one counts as several.
    shared = (a.shared_experts or 0) * (a.shared_expert_ffn or expert_ffn) / max(1, expert_ffn)
    return dict(
        dense_layers=a.layers - moe,
        moe_layers=moe,
        experts=a.experts,
        experts_per_token=a.experts_per_token or 0,
        shared_experts=shared,
        expert_ffn=expert_ffn,
    )


def _small_parts(a: Architecture, kind: str) -> dict[str, float]:
    """Norms and biases: a thousandth of a model, needed to meet its official parameter count."""
    per_norm = a.hidden * (2 if a.norm == "layernorm" else 1)
    query = a.heads * a.head_dim
    kv = 2 * a.kv_heads * a.head_dim
    bias = {"none": 0, "qkv": query + kv, "qkvo": query + kv + a.hidden}[a.attention_bias]
    latent_norms = (a.q_lora_rank or 0) + (a.kv_lora_rank or 0)
    ffn_bias = ((a.ffn_matrices - 1) * (a.ffn or 0) + a.hidden) if a.mlp_bias else 0
    expert_bias = ((a.ffn_matrices - 1) * (a.expert_ffn or 0) + a.hidden) if a.mlp_bias else 0
    return dict(
        attention_extra=bias + latent_norms,
        ffn_bias=ffn_bias,
        expert_bias=expert_bias,
        router_bias=(a.experts or 0) if a.mlp_bias or latent_norms else 0,
        norm_parameters=per_norm * (1 if a.parallel_blocks else 2),
        final_norm_parameters=per_norm,
        embedding_extra=per_norm if kind == "encoder" else 0,
    )
