"""A model of the catalog in the options of Megatron-LM."""

from __future__ import annotations

from catalogs.schema.model import Architecture
from designer.exporting.launch import Launch, Refused
from designer.exporting.text import Flag


def model_options(launch: Launch) -> list[Flag]:
    """Options of the model; refused by name where it has a part that Megatron's GPT has not."""
    a = launch.model.shape
    _check(launch, a)
    learned = a.position_embeddings
    out = [
        Flag("num-layers", a.layers),
        Flag("hidden-size", a.hidden),
        Flag("num-attention-heads", a.heads),
        Flag("ffn-hidden-size", a.ffn or a.expert_ffn or 0),
        Flag("vocab-size", a.vocab),
        Flag("max-position-embeddings", learned or max(a.max_context, launch.sequence_length)),
        Flag("position-embedding-type", "learned_absolute" if learned else "rope"),
        Flag("normalization", "RMSNorm" if a.norm == "rmsnorm" else "LayerNorm"),
    ]
    out += _attention(a)
    if a.ffn_matrices == 3:
        out.append(Flag("swiglu", None))
    if not a.mlp_bias:
        out.append(Flag("disable-bias-linear", None))
    if a.attention_bias == "qkv":
        out.append(Flag("add-qkv-bias", None))
    if not a.tied_embeddings:
        out.append(Flag("untie-embeddings-and-output-weights", None))
    return [*out, *_experts(a)]


def _check(launch: Launch, a: Architecture) -> None:
    biases = (a.attention_bias, a.mlp_bias)
    missing = {
        "is no decoder": launch.model.kind != "decoder",
        "has layers that are not attention": a.attention_blocks or a.mamba_blocks or a.linear_layers,
        "attends to a window in some layers": a.sliding_window,
        "attends to chunks in some layers": a.attention_chunk,
        "has a gate on the output of attention": a.output_gate,
        "has values that are no keys' size": a.keys_as_values or (a.v_dim and not a.kv_lora_rank),
        "has feed-forward blocks of several widths": a.ffn_sum,
        "has an indexer of attention": a.index_heads,
        "has attention and MLP side by side": a.parallel_blocks,
        "has norms without bias": a.norm == "layernorm_nobias",
        "has experts behind a latent": a.expert_latent,
        "has biases that no option gives": biases not in {("none", False), ("qkv", False), ("qkvo", True)},
    }
    for what, there in missing.items():
        if there:
            raise Refused(f"{launch.model.id} {what}")
    if (a.position_embeddings or launch.sequence_length) < launch.sequence_length:
        raise Refused(f"{launch.model.id} knows {a.position_embeddings:,} positions, sequences are longer")


def _attention(a: Architecture) -> list[Flag]:
    if a.kv_lora_rank:
        query = [Flag("q-lora-rank", a.q_lora_rank)] if a.q_lora_rank else []
        return [
            Flag("multi-latent-attention", None),
            *query,
            Flag("kv-lora-rank", a.kv_lora_rank),
            Flag("qk-head-dim", a.nope_dim),
            Flag("qk-pos-emb-head-dim", a.rope_dim),
            Flag("v-head-dim", a.v_dim),
        ]
    out = [Flag("kv-channels", a.head_dim)]
    if a.kv_heads < a.heads:
        out += [Flag("group-query-attention", None), Flag("num-query-groups", a.kv_heads)]
    return out


def _experts(a: Architecture) -> list[Flag]:
    if not a.experts:
        return []
    shared = a.shared_expert_ffn or (a.shared_experts or 0) * (a.expert_ffn or 0)
    dense, every = a.dense_layers or 0, a.moe_every or 1
    frequency = (
        f"[0]*{dense}+[1]*{a.layers - dense}" if every == 1 else f"([0]*{every - 1}+[1])*{a.layers // every}"
    )
    out = [
        Flag("num-experts", a.experts),
        Flag("moe-router-topk", a.experts_per_token),
        Flag("moe-ffn-hidden-size", a.expert_ffn),
        Flag("moe-token-dispatcher-type", "alltoall"),
        Flag("moe-grouped-gemm", None),
    ]
    if shared:
        out.append(Flag("moe-shared-expert-intermediate-size", shared))
    if dense or every > 1:
        if (dense and every > 1) or a.layers % every:
            raise Refused(
                f"{a.layers} layers of which every {every}th has experts after {dense} have no frequency"
            )
        out.append(Flag("moe-layer-freq", frequency))
    return out
