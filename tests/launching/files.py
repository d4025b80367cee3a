"""Files of settings and scripts as people write them."""

MEGATRON_LLAMA_3_8B = """#!/bin/bash
export CUDA_DEVICE_MAX_CONNECTIONS=1
GPUS_PER_NODE=8
NUM_NODES=4
MASTER_ADDR=${MASTER_ADDR:-localhost}
WORLD_SIZE=$(($GPUS_PER_NODE*$NUM_NODES))
TP_SIZE=2
DISTRIBUTED_ARGS=(
    --nproc_per_node $GPUS_PER_NODE
    --nnodes $NUM_NODES
    --master_addr $MASTER_ADDR
)
MODEL_ARGS=(
    --use-mcore-models
    --num-layers 32
    --hidden-size 4096
    --ffn-hidden-size 14336   # the gated width
    --num-attention-heads 32
    --group-query-attention --num-query-groups 8
    --kv-channels 128
    --seq-length 8192
    --max-position-embeddings 8192
    --position-embedding-type rope
    --untie-embeddings-and-output-weights
    --swiglu --disable-bias-linear --normalization RMSNorm
)
TRAINING_ARGS=(--micro-batch-size 1 --global-batch-size 128 --train-iters 10000 --lr 1e-4 --bf16
    --use-distributed-optimizer
    --overlap-grad-reduce --overlap-param-gather)
torchrun "${DISTRIBUTED_ARGS[@]}" pretrain_gpt.py \\
    "${MODEL_ARGS[@]}" \\
    "${TRAINING_ARGS[@]}" \\
    --tensor-model-parallel-size $TP_SIZE --sequence-parallel \\
    --context-parallel-size 2 --data-path $1 --save $CHECKPOINT_PATH 2>&1 | tee train.log
"""
MEGATRON_OLD = """GPT_ARGS="--num-layers 96 --hidden-size 12288 \\
   --num-attention-heads 96 --seq-length 2048 --max-position-embeddings 2048"
python -m torch.distributed.launch --nproc_per_node 8 --nnodes 128 --node_rank $RANK \\
   --master_addr localhost pretrain_gpt.py \\
   $GPT_ARGS --tensor-model-parallel-size 8 --pipeline-model-parallel-size 16 --micro-batch-size 1 \\
   --global-batch-size 1536 --num-layers-per-virtual-pipeline-stage 2 --train-iters 1000 --fp16 \\
   --recompute-granularity full --recompute-method uniform --recompute-num-layers 1 --vocab-file v.json
"""
TITAN = """[job]
dump_folder = "./outputs"
[model]
name = "llama3"
flavor = "8B"
[optimizer]
name = "AdamW"
lr = 3e-4
[training]
local_batch_size = 1
seq_len = 8192
max_norm = 1.0
steps = 1000
dataset = "c4"
[parallelism]
data_parallel_replicate_degree = 1
data_parallel_shard_degree = -1
tensor_parallel_degree = 1
pipeline_parallel_degree = 1
context_parallel_degree = 1
[checkpoint]
enable = false
folder = "checkpoint"
interval = 500
[compile]
enable = true
[activation_checkpoint]
mode = "full"
"""
ZERO3 = """{
  "bf16": {"enabled": "auto"},
  "zero_optimization": {"stage": 3, "overlap_comm": true, "contiguous_gradients": true, "reduce_bucket_size": "auto"},
  "gradient_accumulation_steps": "auto",
  "train_batch_size": "auto",
  "train_micro_batch_size_per_gpu": "auto"
}"""
FSDP = """compute_environment: LOCAL_MACHINE
debug: false
distributed_type: FSDP
downcast_bf16: 'no'
fsdp_config:
  fsdp_activation_checkpointing: true
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_offload_params: false
  fsdp_reshard_after_forward: true
  fsdp_state_dict_type: SHARDED_STATE_DICT
  fsdp_version: 2
machine_rank: 0
main_training_function: main
mixed_precision: bf16
num_machines: 1
num_processes: 8
rdzv_backend: static
same_network: true
tpu_env: []
use_cpu: false
"""
DEPLOYMENT = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: models}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 50Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: mistral-7b
spec:
  replicas: 3
  selector: {matchLabels: {app: mistral-7b}}
  template:
    metadata: {labels: {app: mistral-7b}}
    spec:
      nodeSelector:
        node.kubernetes.io/instance-type: p4de.24xlarge
      volumes:
      - name: shm
        emptyDir: {medium: Memory, sizeLimit: "2Gi"}
      containers:
      - name: mistral-7b
        image: vllm/vllm-openai:latest
        command: ["/bin/sh", "-c"]
        args:
        - >-
          vllm serve mistralai/Mistral-7B-Instruct-v0.3 --trust-remote-code --enable-chunked-prefill
          --max_num_batched_tokens 1024
        resources:
          limits: {cpu: "10", memory: 20G, nvidia.com/gpu: "1"}
"""
RAY = """applications:
- name: llm
  route_prefix: /
  import_path: ray.serve.llm:build_openai_app
  args:
    llm_configs:
    - model_loading_config: {model_id: qwen, model_source: Qwen/Qwen2.5-7B-Instruct}
      accelerator_type: H100
      deployment_config: {num_replicas: 2}
      engine_kwargs: {tensor_parallel_size: 2, max_model_len: 8192}
"""
KSERVE = """apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: q}
spec:
  replicas: 2
  model: {uri: hf://Qwen/Qwen3-32B, name: Qwen/Qwen3-32B}
  parallelism: {tensor: 4}
  template:
    containers:
    - name: main
      env: [{name: VLLM_ADDITIONAL_ARGS, value: --max-model-len 8192}]
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: s}
spec:
  containers:
  - name: s
    image: lmsysorg/sglang:latest
    command: [python3, -m, sglang.launch_server]
    args: [--model-path, meta-llama/Llama-3.1-8B-Instruct, --tp, '2']
    resources: {limits: {nvidia.com/gpu: 2}}
"""
ZERO3_WHOLE = """{
  "train_batch_size": 32,
  "train_micro_batch_size_per_gpu": 4,
  "bf16": {"enabled": true},
  "zero_optimization": {"stage": 3}
}"""
