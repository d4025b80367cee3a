"""Small configurations: the keys that published ones of a family have, and the entry each must become."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]

# id of the entry -> keys as the publisher writes them; whatever the shape does not need is left out.
LIKE: dict[str, Config] = {
    "llama-3.1-8b": {
        "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
        "max_position_embeddings": 131072, "attention_bias": False, "mlp_bias": False,
        "tie_word_embeddings": False,
    },
    "mistral-7b-v0.1": {
        "model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
        "max_position_embeddings": 32768, "sliding_window": 4096,
    },
    "mistral-7b-v0.3": {
        "model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32768,
        "max_position_embeddings": 32768, "sliding_window": None,
    },
    "mixtral-8x22b": {
        "model_type": "mixtral", "hidden_size": 6144, "intermediate_size": 16384, "num_hidden_layers": 56,
        "num_attention_heads": 48, "num_key_value_heads": 8, "vocab_size": 32000,
        "max_position_embeddings": 65536, "num_local_experts": 8, "num_experts_per_tok": 2,
        "sliding_window": None,
    },
    "qwen2-7b": {
        "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
        "max_position_embeddings": 131072, "sliding_window": 131072, "use_sliding_window": False,
        "max_window_layers": 28,
    },
    "qwen2-57b-a14b": {
        "model_type": "qwen2_moe", "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
        "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 151936,
        "max_position_embeddings": 131072, "num_experts": 64, "num_experts_per_tok": 8,
        "moe_intermediate_size": 2560, "shared_expert_intermediate_size": 20480, "decoder_sparse_step": 1,
    },
    "deepseek-v2-lite": {
        "model_type": "deepseek_v2", "hidden_size": 2048, "intermediate_size": 10944,
        "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16,
        "vocab_size": 102400, "max_position_embeddings": 163840, "n_routed_experts": 64,
        "n_shared_experts": 2, "num_experts_per_tok": 6, "moe_intermediate_size": 1408,
        "first_k_dense_replace": 1, "moe_layer_freq": 1, "q_lora_rank": None, "kv_lora_rank": 512,
        "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
    },
    "glm-4.5-air": {
        "model_type": "glm4_moe", "hidden_size": 4096, "intermediate_size": 10944, "num_hidden_layers": 46,
        "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151552,
        "max_position_embeddings": 131072, "n_routed_experts": 128, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "moe_intermediate_size": 1408, "first_k_dense_replace": 1,
        "attention_bias": True, "num_nextn_predict_layers": 1,
    },
    "gpt-oss-20b": {
        "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 201088,
        "max_position_embeddings": 131072, "num_local_experts": 32, "num_experts_per_tok": 4,
        "attention_bias": True, "sliding_window": 128,
        "layer_types": ["sliding_attention", "full_attention"] * 12,
        "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]},
    },
    "llama-4-maverick-17b-128e": {
        "model_type": "llama4",
        "vision_config": {"num_hidden_layers": 34, "hidden_size": 1408},
        "text_config": {
            "model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192,
            "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "num_attention_heads": 40,
            "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 202048,
            "max_position_embeddings": 1048576, "num_local_experts": 128, "num_experts_per_tok": 1,
            "interleave_moe_layer_step": 2, "attention_chunk_size": 8192,
        },
    },
    "gemma-2-9b": {
        "model_type": "gemma2", "hidden_size": 3584, "intermediate_size": 14336, "num_hidden_layers": 42,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256, "vocab_size": 256000,
        "max_position_embeddings": 8192, "sliding_window": 4096,
    },
    "gemma-3-27b": {
        "model_type": "gemma3",
        "vision_config": {"num_hidden_layers": 27, "hidden_size": 1152},
        "text_config": {
            "model_type": "gemma3_text", "hidden_size": 5376, "intermediate_size": 21504,
            "num_hidden_layers": 62, "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128,
            "vocab_size": 262144, "max_position_embeddings": 131072, "sliding_window": 1024,
            "sliding_window_pattern": 6,
        },
    },
    "phi-2": {
        "model_type": "phi", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 51200,
        "max_position_embeddings": 2048, "tie_word_embeddings": False,
    },
    "phi-3.5-moe": {
        "model_type": "phimoe", "hidden_size": 4096, "intermediate_size": 6400, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32064,
        "max_position_embeddings": 131072, "num_local_experts": 16, "num_experts_per_tok": 2,
        "attention_bias": True, "sliding_window": None,
    },
    "falcon-7b": {
        "model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32, "num_attention_heads": 71,
        "vocab_size": 65024, "multi_query": True, "new_decoder_architecture": False, "parallel_attn": True,
        "bias": False,
    },
    "falcon-40b": {
        "model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128,
        "num_kv_heads": 8, "vocab_size": 65024, "new_decoder_architecture": True, "parallel_attn": True,
        "bias": False,
    },
    "gpt-neox-20b": {
        "model_type": "gpt_neox", "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 44,
        "num_attention_heads": 64, "vocab_size": 50432, "max_position_embeddings": 2048,
        "tie_word_embeddings": False, "use_parallel_residual": True,
    },
    "bloom-176b": {
        "model_type": "bloom", "n_embed": 14336, "n_layer": 70, "num_attention_heads": 112,
        "vocab_size": 250880, "seq_length": 2048,
    },
    "opt-13b": {
        "model_type": "opt", "hidden_size": 5120, "ffn_dim": 20480, "num_hidden_layers": 40,
        "num_attention_heads": 40, "vocab_size": 50272, "max_position_embeddings": 2048,
    },
    "gpt-2": {
        "model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "n_inner": None,
        "vocab_size": 50257,
    },
    "gpt-j-6b": {
        "model_type": "gptj", "n_embd": 4096, "n_layer": 28, "n_head": 16, "n_positions": 2048, "n_inner": None,
        "vocab_size": 50400, "tie_word_embeddings": False,
    },
    "mpt-7b": {
        "model_type": "mpt", "d_model": 4096, "n_layers": 32, "n_heads": 32, "expansion_ratio": 4,
        "max_seq_len": 2048, "vocab_size": 50432, "attn_config": {"alibi": True},
    },
    "nemotron-nano-9b-v2": {
        "model_type": "nemotron_h", "hidden_size": 4480, "intermediate_size": 15680, "num_hidden_layers": 56,
        "hybrid_override_pattern": "M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-",
        "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 131072,
        "max_position_embeddings": 131072, "mamba_num_heads": 128, "mamba_head_dim": 80,
        "ssm_state_size": 128, "n_groups": 8, "conv_kernel": 4,
    },
}  # fmt: skip

TINY: Config = {
    "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1000, "max_position_embeddings": 512,
    "torch_dtype": "bfloat16",
}  # fmt: skip

_LATENT: Config = {
    "kv_lora_rank": 16,
    "q_lora_rank": 16,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 8,
    "v_head_dim": 8,
}

# keys on top of the small model -> the part that plans must refuse by name, and the layers that have it
UNDESCRIBED: list[tuple[Config, str, int]] = [
    ({"model_type": "deepseek_v4", "compress_ratios": [0, 4, 128, 4, 0]}, "compressed_attention", 3),
    ({"model_type": "gemma4_text", "num_kv_shared_layers": 2}, "shared_cache", 2),
    ({"num_attention_heads_per_layer": [4, 2, 4, 2]}, "heads_by_layer", 4),
    ({"model_type": "glm5_next_text", "index_kpool": 4, **_LATENT}, "pooled_index", 4),
    ({"attn_res_block_size": 2}, "attention_residuals", 4),
    ({"attention_chunk_size": 128}, "unstated_window", 4),
    ({"model_type": "laguna", "sliding_window": 8}, "unstated_window", 4),
    (
        {"model_type": "deepseek_v4", "compress_ratios": [0, 4, 128, 4], "sliding_window": 8},
        "compressed_attention",
        3,
    ),
    ({"hc_mult": 4}, "hyper_connections", 4),
    ({"engram_layer_ids": [1, 2]}, "lookup_tables", 2),
]

# keys on top of the small model -> keys of the catalog that they become
KINDS: list[tuple[Config, Config]] = [
    (
        {"model_type": "qwen3_next", "linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 8,
         "linear_value_head_dim": 8, "linear_conv_kernel_dim": 4},
        {"linear_attention": "gated_delta_net", "linear_layers": 3, "attention_blocks": 1, "linear_heads": 4,
         "linear_key_heads": 2, "linear_key_dim": 8, "linear_conv": 4, "output_gate": "channel"},
    ),
    (
        {"model_type": "kimi_linear", **_LATENT, "linear_attn_config": {
            "kda_layers": [1, 2, 3], "full_attn_layers": [4], "head_dim": 8, "num_heads": 2,
            "short_conv_kernel_size": 4}},
        {"linear_attention": "kimi_delta_attention", "linear_layers": 3, "linear_heads": 2, "linear_key_dim": 8,
         "kv_lora_rank": 16},
    ),
    (
        {"model_type": "minimax_m2", "attn_type_list": [0, 0, 0, 1]},
        {"linear_attention": "lightning_attention", "linear_layers": 3, "linear_heads": 4, "linear_key_dim": 16},
    ),
    (
        {"model_type": "minimax_m3", "dense_intermediate_size": 9, "intermediate_size": None,
         "sparse_attention_config": {"sparse_attention_freq": [0, 1, 1, 1], "sparse_num_index_heads": 2,
                                     "sparse_index_dim": 8, "sparse_topk_blocks": 4, "sparse_block_size": 16}},
        {"sparse_layers": 3, "index_heads": 2, "index_head_dim": 8, "index_topk": 64},
    ),
    (
        {"model_type": "glm_moe_dsa", "indexer_types": ["full", "shared", "shared", "full"], "index_n_heads": 2,
         "index_head_dim": 8, "index_topk": 64, **_LATENT},
        {"index_layers": 2, "index_heads": 2, "index_topk": 64},
    ),
    (
        {"model_type": "gemma4_text", "global_head_dim": 32, "num_global_key_value_heads": 1, "sliding_window": 8,
         "attention_k_eq_v": True, "layer_types": ["sliding_attention"] * 3 + ["full_attention"]},
        {"head_dim": 32, "kv_heads": 1, "local_head_dim": 16, "local_kv_heads": 2, "sliding_layers": 3,
         "keys_as_values": True},
    ),
    (
        {"model_type": "mimo_v2_flash", "hybrid_layer_pattern": [0, 1, 1, 1], "sliding_window": 8,
         "swa_num_key_value_heads": 4, "v_head_dim": 8},
        {"local_kv_heads": 4, "kv_heads": 2, "v_dim": 8, "sliding_layers": 3},
    ),
    (
        {"model_type": "llama4_text", "attention_chunk_size": 128},
        {"attention_chunk": 128, "chunked_layers": 3},
    ),
    (
        {"attention_chunk_size": 128, "layer_types": ["chunked_attention"] * 3 + ["full_attention"]},
        {"attention_chunk": 128, "chunked_layers": 3},
    ),
    ({"attn_output_gate": True}, {"output_gate": "channel"}),
    ({"gating": "per-head"}, {"output_gate": "head"}),
]  # fmt: skip
