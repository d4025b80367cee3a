"""Launch lines as people write them in documentation and issues, and what each says of the decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from files import (
    DEPLOYMENT,
    FSDP,
    KSERVE,
    MEGATRON_LLAMA_3_8B,
    MEGATRON_OLD,
    POD,
    RAY,
    TITAN,
    ZERO3,
    ZERO3_WHOLE,
)


@dataclass(frozen=True)
class Line:
    """A text, the node it is asked on, what it decides, and options that must be named beside the answer."""

    text: str
    says: dict[str, Any]
    model: str
    node: str = "p5.48xlarge"
    named: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


LINES = {
    "vllm, a model": Line(
        "vllm serve meta-llama/Llama-3.1-8B-Instruct", {"tp": 1, "precision": "bf16"}, "llama-3.1-8b"
    ),
    "vllm, the issue's": Line(
        "vllm serve meta-llama/Llama-3.1-70B-Instruct --tensor-parallel-size 8 --max-model-len 16384",
        {"tp": 8, "dp": 1},
        "llama-3.1-70b",
    ),
    "vllm, the module": Line(
        "python -m vllm.entrypoints.openai.api_server --model mistralai/Mixtral-8x7B-Instruct-v0.1 "
        "--trust-remote-code --device cuda"
        " --tensor-parallel-size 4 --gpu-memory-utilization 0.95 --swap-space 1 --dtype auto --api-key secret",
        {"tp": 4},
        "mixtral-8x7b",
        named=("--swap-space", "--device"),
    ),
    "vllm, an environment": Line(
        "CUDA_VISIBLE_DEVICES=0,1 VLLM_USE_V1=1 VLLM_WORKER_MULTIPROC_METHOD=spawn vllm serve "
        "/home/me/Qwen/Qwen2.5-7B-Instruct"
        " --gpu-memory-utilization 0.9 --swap-space 16 --max-model-len 4096 --tensor-parallel-size 2 "
        "--port 8091 --disable-custom-all-reduce",
        {"tp": 2},
        "qwen2.5-7b",
        named=("--swap-space", "--disable-custom-all-reduce"),
    ),
    "vllm, a container": Line(
        "docker run --runtime nvidia --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface "
        "--env HF_TOKEN=$HF_TOKEN -p 8000:8000"
        " --ipc=host vllm/vllm-openai:latest --model Qwen/Qwen3-0.6B",
        {"tp": 1},
        "qwen3-0.6b",
    ),
    "vllm, deepseek": Line(
        "vllm serve deepseek-ai/DeepSeek-V3 --tensor-parallel-size 8 --enable-expert-parallel -q fp8 "
        "--max-num-seqs 128",
        {"tp": 8, "ep": 8, "weights": "fp8", "batch": 128},
        "deepseek-v3",
        node="p5en.48xlarge",
    ),
    "vllm, data parallel": Line(
        "vllm serve deepseek-ai/DeepSeek-V3 -tp 1 -dp 8 -ep --quantization fp8 --max-num-seqs=64 "
        "--kv-cache-dtype fp8_e4m3",
        {"tp": 1, "dp": 8, "ep": 8, "batch": 512, "kv": "fp8"},
        "deepseek-v3",
        node="p5en.48xlarge",
    ),
    "vllm, AWQ": Line(
        "vllm serve Qwen/Qwen2.5-72B-Instruct-AWQ --quantization awq_marlin --dtype half --tensor-parallel-size 2",
        {"weights": "int4", "precision": "fp16", "tp": 2},
        "qwen2.5-72b",
    ),
    "vllm, FP8 of a name": Line(
        "vllm serve RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8-dynamic -tp 4 --max-model-len 32k",
        {"weights": "fp8", "precision": "fp8", "tp": 4},
        "llama-3.1-70b",
    ),
    "vllm, two stages": Line(
        "vllm serve meta-llama/Llama-3.1-405B-Instruct --tensor-parallel-size 8 "
        "--pipeline-parallel-size 2 --distributed-executor-backend ray",
        {"tp": 8, "pp": 2},
        "llama-3.1-405b",
    ),
    "vllm, speculation left out": Line(
        "vllm serve meta-llama/Llama-3.3-70B-Instruct -tp 4 "
        '--speculative-config \'{"method": "eagle3", "num_speculative_tokens": 3}\'',
        {"tp": 4},
        "llama-3.3-70b",
        ignore=("speculative-config",),
        named=("--speculative-config",),
    ),
    "vllm, tools": Line(
        "vllm serve Qwen/Qwen3-32B --enable-auto-tool-choice --tool-call-parser hermes "
        "--reasoning-parser qwen3 -tp 2"
        ' --rope-scaling \'{"rope_type":"yarn","factor":4.0}\'',
        {"tp": 2},
        "qwen3-32b",
        named=("--rope-scaling",),
    ),
    "vllm, compiled": Line(
        "VLLM_ATTENTION_BACKEND=FLASHINFER vllm serve openai/gpt-oss-120b --tensor-parallel-size 2 "
        "--async-scheduling -O3 --no-enable-prefix-caching",
        {"tp": 2},
        "gpt-oss-120b",
        named=("--async-scheduling",),
    ),
    "vllm, a prompt and a comment": Line(
        "$ vllm serve Qwen/Qwen3-30B-A3B --max-num-batched-tokens 8192 --max_num_seqs 256  # the docs",
        {"batch": 256},
        "qwen3-30b-a3b",
    ),
    "vllm, a Slurm job": Line(
        "#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH "
        "--gpus-per-node=8\nMODEL=meta-llama/Llama-3.1-405B-Instruct\nTP=8\n"
        'srun vllm serve "$MODEL" --tensor-parallel-size $TP --pipeline-parallel-size $SLURM_NNODES --nnodes 2',
        {"tp": 8, "pp": 2},
        "llama-3.1-405b",
    ),
    "sglang, a model": Line(
        "python -m sglang.launch_server --model-path meta-llama/Meta-Llama-3-8B-Instruct --port 30000",
        {"tp": 1},
        "llama-3-8b",
    ),
    "sglang, a prefix": Line(
        "python3 -m sglang.launch_server --model meta-llama/Llama-3.1-70B-Instruct --tp 4 --dp 2 "
        "--mem-fraction-static 0.85 --host 0.0.0.0",
        {"tp": 4, "dp": 1, "replicas": 2},
        "llama-3.1-70b",
    ),
    "sglang, two nodes": Line(
        "python3 -m sglang.launch_server --model-path deepseek-ai/DeepSeek-V3 --tp 16 "
        "--dist-init-addr 10.0.0.1:5000 --nnodes 2 --node-rank 0"
        " --trust-remote-code --quantization fp8",
        {"tp": 16, "weights": "fp8"},
        "deepseek-v3",
    ),
    "sglang, attention apart": Line(
        "python -m sglang.launch_server --model-path /data2/deepseek-ai/DeepSeek-R1 --port 2233 "
        "--trust-remote-code --dist-init-addr 10.0.0.2:1235"
        " --nnodes 2 --node-rank $1 --tp-size 16 --dp-size 8 --enable-dp-attention "
        "--mem-fraction-static 0.7 --disable-radix-cache --quantization fp8 --ep-size 16",
        {"tp": 2, "dp": 8, "ep": 16, "etp": 1},
        "deepseek-r1",
        node="p5en.48xlarge",
    ),
    "sglang, experts": Line(
        "sglang serve --model-path Qwen/Qwen3-235B-A22B --tp 8 --ep 8 --kv-cache-dtype fp8_e5m2 "
        "--max-running-requests 256 --enable-torch-compile",
        {"tp": 8, "ep": 8, "kv": "fp8", "batch": 256},
        "qwen3-235b-a22b",
        named=("--enable-torch-compile",),
    ),
    "sglang, deepep": Line(
        "python -m sglang.launch_server --model deepseek-ai/DeepSeek-V3 --tp 8 --moe-a2a-backend "
        "deepep --quantization fp8 --cuda-graph-max-bs 128",
        {"tp": 8, "ep": 8},
        "deepseek-v3",
        node="p5en.48xlarge",
        named=("--cuda-graph-max-bs",),
    ),
    "sglang, a container": Line(
        "docker run --gpus all --shm-size 32g -p 30000:30000 --ipc=host lmsysorg/sglang:latest "
        "python3 -m sglang.launch_server"
        " --model-path meta-llama/Llama-3.1-8B-Instruct --host 0.0.0.0 --chunked-prefill-size 4096",
        {"tp": 1},
        "llama-3.1-8b",
    ),
    "trtllm": Line(
        "trtllm-serve nvidia/Llama-3.3-70B-Instruct-FP8 --backend pytorch --tp_size 4 "
        "--max_batch_size 256 --max_num_tokens 8192 --port 8000",
        {"tp": 4, "weights": "fp8", "batch": 256},
        "llama-3.3-70b",
    ),
    "trtllm, a file": Line(
        "trtllm-serve deepseek-ai/DeepSeek-V3 --tp_size 8 --ep_size 8 --max_batch_size 64 "
        "--extra_llm_api_options extra.yml",
        {"tp": 1, "dp": 8, "ep": 8, "batch": 512, "kv": "fp8"},
        "deepseek-v3",
        node="p6-b200.48xlarge",
        files={
            "extra.yml": (
                "enable_attention_dp: true\nkv_cache_config:\n  dtype: fp8\ncuda_graph_config:\n  "
                "max_batch_size: 64\n"
            )
        },
        named=("--extra_llm_api_options: cuda_graph_config",),
    ),
    "kubernetes": Line(
        DEPLOYMENT, {"replicas": 3, "tp": 1}, "mistral-7b-v0.3", node="", files={"d.yaml": DEPLOYMENT}
    ),
    "ray": Line(RAY, {"replicas": 2, "tp": 2}, "qwen2.5-7b", files={"r.yaml": RAY}),
    "kserve": Line(
        "",
        {"replicas": 2, "tp": 4},
        "qwen3-32b",
        files={"k.yaml": KSERVE},
    ),
    "pod": Line(
        "",
        {"tp": 2},
        "llama-3.1-8b",
        files={"p.yaml": POD},
    ),
    "vllm, a file": Line(
        "",
        {"tp": 4, "batch": 64},
        "llama-3.1-70b",
        files={
            "c.yaml": (
                "model: meta-llama/Llama-3.1-70B-Instruct\ntensor-parallel-size: 4\nmax_num_seqs: "
                "64\nuvicorn-log-level: info\n"
            )
        },
    ),
    "megatron, llama 3 8B": Line(
        MEGATRON_LLAMA_3_8B,
        {
            "tp": 2,
            "cp": 2,
            "sp": "on",
            "sharding": "zero1",
            "global_batch": 128,
            "precision": "bf16",
            "recompute": "none",
            "dp": 8,
        },
        "llama-3-8b",
    ),
    "megatron, GPT-3": Line(
        MEGATRON_OLD,
        {
            "tp": 8,
            "pp": 16,
            "vpp": 3,
            "sp": "off",
            "sharding": "zero0",
            "precision": "fp16",
            "recompute": "full",
            "dp": 8,
        },
        "gpt-3-175b",
        node="dgx-a100",
    ),
    "megatron, only options": Line(
        "--tensor-model-parallel-size 4 --pipeline-model-parallel-size 2 --num-layers 32 "
        "--hidden-size 4096 --num-attention-heads 32"
        " --group-query-attention --num-query-groups 8 --ffn-hidden-size 14336 --swiglu --seq-length "
        "4096 --micro-batch-size 2"
        " --global-batch-size 64 --bf16 --use-distributed-optimizer "
        "--untie-embeddings-and-output-weights --recompute-activations --nodes-of-mine 3",
        {"tp": 4, "pp": 2, "sp": "off", "recompute": "none", "dp": 2},
        "llama-3-8b",
        named=("--nodes-of-mine", "recompute of core_attn"),
    ),
    "megatron, fp8 and FSDP": Line(
        MEGATRON_LLAMA_3_8B.replace(
            "--use-distributed-optimizer",
            "--use-megatron-fsdp --data-parallel-sharding-strategy optim_grads_params",
        ).replace("--bf16", "--bf16 --fp8-format hybrid --tp-comm-overlap"),
        {"sharding": "zero3", "precision": "fp8"},
        "llama-3-8b",
        named=("--tp-comm-overlap",),
    ),
    "torchtitan": Line(
        "",
        {"sharding": "zero3", "dp": 8, "recompute": "full", "micro_batch": 1},
        "llama-3.1-8b",
        files={"llama3_8b.toml": TITAN},
        named=("compile.enable",),
    ),
    "torchtitan, a line": Line(
        "torchrun --nproc_per_node=8 --nnodes=2 --rdzv_backend c10d -m torchtitan.train "
        "--job.config_file llama3_8b.toml"
        " --parallelism.tensor_parallel_degree 2 --training.steps=50 --compile.no_enable",
        {"tp": 2, "dp": 8, "sharding": "zero3"},
        "llama-3.1-8b",
        files={"llama3_8b.toml": TITAN},
    ),
    "deepspeed": Line(
        "deepspeed --num_gpus=8 run_clm.py --deepspeed ds.json --model_name_or_path "
        "meta-llama/Llama-3.1-8B --block_size 4096"
        " --per_device_train_batch_size 2 --gradient_accumulation_steps 4 --bf16 "
        "--gradient_checkpointing True --max_steps 100 --learning_rate 1e-5",
        {
            "sharding": "zero3",
            "micro_batch": 2,
            "global_batch": 64,
            "recompute": "full",
            "precision": "bf16",
            "dp": 8,
        },
        "llama-3.1-8b",
        files={"ds.json": ZERO3},
    ),
    "deepspeed, its JSON": Line(
        "",
        {"sharding": "zero3", "global_batch": 32, "micro_batch": 4, "precision": "bf16"},
        "llama-3.1-8b",
        files={"ds.json": ZERO3_WHOLE},
        sets=(
            "workload.model=llama-3.1-8b",
            "workload.sequence_length=4096 token",
            "workload.global_batch=131072 token",
        ),
    ),
    "accelerate": Line(
        "accelerate launch --config_file fsdp.yaml train.py --model_name_or_path Qwen/Qwen2.5-7B "
        "--max_seq_length 2048"
        " --per_device_train_batch_size 1 --gradient_accumulation_steps 8 --packing True "
        "--attn_implementation flash_attention_2",
        {"sharding": "zero3", "recompute": "full", "precision": "bf16", "global_batch": 64, "dp": 8},
        "qwen2.5-7b",
        files={"fsdp.yaml": FSDP},
        named=("--packing True",),
    ),
    "accelerate, deepspeed inside": Line(
        "accelerate launch --num_processes 8 --use_deepspeed --zero_stage 2 --mixed_precision bf16 "
        "sft.py --model_name_or_path Qwen/Qwen3-4B"
        " --max_length 4096 --per_device_train_batch_size 2",
        {"sharding": "zero2", "precision": "bf16", "recompute": "none", "dp": 8},
        "qwen3-4b",
    ),
    "accelerate, FSDP 1": Line(
        "accelerate launch --num_machines 1 --num_processes 8 --use_fsdp --fsdp_sharding_strategy "
        "SHARD_GRAD_OP --mixed_precision bf16 train.py"
        " --model_name_or_path mistralai/Mistral-7B-v0.1 --block_size 2048 --per_device_train_batch_size 4",
        {"sharding": "zero2", "dp": 8},
        "mistral-7b-v0.1",
    ),
}
