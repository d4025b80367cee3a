"""Models: the integers of an architecture, and the totals their publisher states."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import Bytes, Count, CountOrZero, Flop, Number, Source, SourceKey, Text, Wrong
from catalogs.schema.format import Checkpoint
from catalogs.schema.undescribed import LayersByPart
from catalogs.yaml import KeyPath

_KINDS = ("sliding", "chunked", "linear", "sparse", "index")


class Architecture(Block):
    """A transformer as its configuration states it; an absent key is a part the model does not have."""

    source: Annotated[Source, SourceKey]
    layers: Count
    hidden: Count
    ffn: Count | None = None
    ffn_matrices: Literal[2, 3]
    heads: Count
    kv_heads: Count
    head_dim: Count
    vocab: CountOrZero
    max_context: Count
    decoder_layers: Count | None = None

    # mixture of experts
    experts: Count | None = None
    experts_per_token: Count | None = None
    shared_experts: CountOrZero | None = None
    expert_ffn: Count | None = None
    shared_expert_ffn: Count | None = None
    expert_latent: Count | None = None
    dense_layers: Count | None = None
    moe_every: Count | None = None

    # multi-head latent attention, and the indexer of sparse attention
    q_lora_rank: Count | None = None
    kv_lora_rank: Count | None = None
    rope_dim: CountOrZero | None = None
    nope_dim: Count | None = None
    v_dim: Count | None = None
    index_heads: Count | None = None
    index_head_dim: Count | None = None
    index_topk: Count | None = None
    index_layers: Count | None = None  # with an indexer of their own, if not all that attend to chosen tokens
    sparse_layers: Count | None = None  # that attend to chosen tokens, if not all

    # attention whose output has a gate, for each head or channel; values made of the projection of keys
    output_gate: Literal["head", "channel"] | None = None
    keys_as_values: StrictBool | None = None

    # layers that see only a window, or the chunk they are in, and their heads where these are others
    sliding_window: Count | None = None
    sliding_layers: Count | None = None
    attention_chunk: Count | None = None
    chunked_layers: Count | None = None
    local_heads: Count | None = None
    local_kv_heads: Count | None = None
    local_head_dim: Count | None = None
    local_v_dim: Count | None = None

    # layers with a state of fixed size instead of a cache
    linear_attention: Literal["gated_delta_net", "kimi_delta_attention", "lightning_attention"] | None = None
    linear_layers: Count | None = None
    linear_heads: Count | None = None  # of values
    linear_key_heads: Count | None = None  # if not as many
    linear_key_dim: Count | None = None
    linear_value_dim: Count | None = None
    linear_conv: Count | None = None
    linear_full_gate: StrictBool | None = None  # an output gate that is not of low rank

    # layers that mix no tokens; the sum of the widths of dense blocks, where layers differ (`ffn` is the widest)
    layers_without_attention: Count | None = None
    ffn_sum: Count | None = None

    # hybrids, where a layer is one mixer: attention, state space, MLP or experts
    attention_blocks: Count | None = None
    mamba_blocks: Count | None = None
    mlp_blocks: CountOrZero | None = None
    moe_blocks: CountOrZero | None = None
    mamba_heads: Count | None = None
    mamba_head_dim: Count | None = None
    mamba_state: Count | None = None
    mamba_groups: Count | None = None
    mamba_conv: Count | None = None

    # parts that no equation describes, with the layers that have them
    undescribed: LayersByPart = Field(default_factory=dict)

    tied_embeddings: StrictBool
    position_embeddings: Count | None = None
    attention_bias: Literal["none", "qkv", "qkvo"]
    mlp_bias: StrictBool
    norm: Literal["rmsnorm", "layernorm", "layernorm_nobias"]
    parallel_blocks: StrictBool

    @model_validator(mode="after")
    def _consistent(self) -> Architecture:
        together = (
            ("experts", "experts_per_token"),
            ("experts", "expert_ffn"),
            ("kv_lora_rank", "rope_dim"),
            ("kv_lora_rank", "nope_dim"),
            ("sliding_window", "sliding_layers"),
            ("attention_chunk", "chunked_layers"),
            ("index_heads", "index_head_dim"),
            ("index_heads", "index_topk"),
            ("linear_attention", "linear_layers"),
            ("linear_attention", "linear_heads"),
            ("linear_attention", "linear_key_dim"),
            *(("mamba_blocks", f"mamba_{size}") for size in ("heads", "head_dim", "state", "groups", "conv")),
        )
        for a, b in together:
            if (getattr(self, a) is None) != (getattr(self, b) is None):
                raise Wrong(((), f"{a} and {b} go together; only one is given"))
        if self.kv_lora_rank and not self.v_dim:
            raise Wrong(((), "kv_lora_rank and v_dim go together; only one is given"))
        if self.sliding_layers and self.chunked_layers:
            raise Wrong((("chunked_layers",), "windows and chunks in one model are not described"))
        if self.heads % self.kv_heads:
            raise Wrong((("kv_heads",), f"{self.heads} heads are not divisible by {self.kv_heads} kv_heads"))
        if self.experts and self.experts_per_token and self.experts_per_token > self.experts:
            raise Wrong((("experts_per_token",), f"more than the {self.experts} experts there are"))
        counted: list[tuple[KeyPath, int | None]] = [
            *(((f"{kind}_layers",), getattr(self, f"{kind}_layers")) for kind in _KINDS),
            (("attention_blocks",), self.attention_blocks),
            (("layers_without_attention",), self.layers_without_attention),
            *((("undescribed", part), n) for part, n in self.undescribed.items()),
        ]
        for path, layers in counted:
            if (layers or 0) > self.layers:
                raise Wrong((path, f"more than the {self.layers} layers there are"))
        if self.ffn is None and self.experts is None:
            raise Wrong(((), "missing key 'ffn'"))
        return self


class Model(Entry):
    """One model: a transformer with its architecture, or a network with its FLOPs per sample."""

    family: Text
    kind: Literal["decoder", "encoder", "encoder-decoder", "cnn"]
    attention: Literal["mha", "gqa", "mqa", "mla", "hybrid", "none"]
    architecture: Architecture | None = None
    # a network without an architecture: totals of one forward pass of one sample
    forward_flops: Flop | None = None
    forward_traffic: Bytes | None = None  # to and from device memory, elements of 16 bit
    forward_kernels: Number | None = None
    kept_activations: Number | None = None  # elements kept for the backward pass
    parameters: Number
    active_parameters: Number | None = None
    extra_parameters: Number | None = None
    # published in narrower formats than 16 bit: first the publisher's own, if it is one of them
    checkpoints: tuple[Checkpoint, ...] = ()

    @model_validator(mode="after")
    def _one_shape(self) -> Model:
        if (self.architecture is None) == (self.forward_flops is None):
            raise Wrong(((), "a model has either an architecture or forward_flops"))
        return self
