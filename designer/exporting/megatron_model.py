"""A model of the catalog in the options of Megatron-LM."""

from __future__ import annotations

from catalogs.schema.model import Architecture
from designer.exporting.launch import Launch, Refused
from designer.exporting.text import Option


def model_options(launch: Launch) -> list[Option]:
    """Options of the model; refused by name where it has a part that Megatron's GPT has not."""
    a = launch.model.shape
    _check(launch, a)
    learned = a.position_embeddings
    out = [
        Option("num-layers", a.layers),
        Option("hidden-size", a.hidden),
        Option("num-attention-heads", a.heads),
        Option("ffn-hidden-size", a.ffn or a.expert_ffn or 0),
        Option("vocab-size", a.vocab),
        Option("max-position-embeddings", learned or max(a.max_context, launch.sequence_length)),
        Option("position-embedding-type", "learned_absolute" if learned else "rope"),
        Option("normalization", "RMSNorm" if a.norm == "rmsnorm" else "LayerNorm"),
    ]
    out += _attention(a)
    if a.ffn_matrices == 3:
        out.append(Option("swiglu", None))
    if not a.mlp_bias:
        out.append(Option("disable-bias-linear", None))
    if a.attention_bias == "qkv":
        out.append(Option("add-qkv-bias", None))
    if not a.tied_embeddings:
        out.append(Option("untie-embeddings-and-output-weights", None))
    return [*out, *_experts(a)]


def _check(launch: Launch, a: Architecture) -> None:
    biases = (a.attention_bias, a.mlp_bias)
    missing = {
        "is no decoder": launch.model.kind != "decoder",
        "has layers that are not attention": a.attention_blocks or a.mamba_blocks,
        "attends to a window in some layers": a.sliding_window,
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


def _attention(a: Architecture) -> list[Option]:
    if a.kv_lora_rank:
        query = [Option("q-lora-rank", a.q_lora_rank)] if a.q_lora_rank else []
        return [
            Option("multi-latent-attention", None),
            *query,
            Option("kv-lora-rank", a.kv_lora_rank),
            Option("qk-head-dim", a.nope_dim),
            Option("qk-pos-emb-head-dim", a.rope_dim),
            Option("v-head-dim", a.v_dim),
        ]
    out = [Option("kv-channels", a.head_dim)]
    if a.kv_heads < a.heads:
        out += [Option("group-query-attention", None), Option("num-query-groups", a.kv_heads)]
    return out


def _experts(a: Architecture) -> list[Option]:
    if not a.experts:
        return []
    shared = a.shared_expert_ffn or (a.shared_experts or 0) * (a.expert_ffn or 0)
    dense, every = a.dense_layers or 0, a.moe_every or 1
    frequency = (
        f"[0]*{dense}+[1]*{a.layers - dense}" if every == 1 else f"([0]*{every - 1}+[1])*{a.layers // every}"
    )
    out = [
        Option("num-experts", a.experts),
        Option("moe-router-topk", a.experts_per_token),
        Option("moe-ffn-hidden-size", a.expert_ffn),
        Option("moe-token-dispatcher-type", "alltoall"),
        Option("moe-grouped-gemm", None),
    ]
    if shared:
        out.append(Option("moe-shared-expert-intermediate-size", shared))
    if dense or every > 1:
        if (dense and every > 1) or a.layers % every:
            raise Refused(
                f"{a.layers} layers of which every {every}th has experts after {dense} have no frequency"
            )
        out.append(Option("moe-layer-freq", frequency))
    return out
