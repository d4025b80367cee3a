"""accelerate with FSDP 2: its YAML, a script that starts the ranks of a node, and the Slurm job of all nodes."""

from __future__ import annotations

from designer.exporting.hugging_face import SCRIPT, trainer_options, whole_layers
from designer.exporting.launch import Launch, Refused
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import brief, comments, header, manifest, shell_array
from designer.exporting.training import Ranks, ranks_of, schedule
from designer.exporting.training_job import batch_script

TITLE, CHECKED = "accelerate", "accelerate 1.15.0"
# Where weights are gathered again for the backward pass, by sharding.
_RESHARD = {"zero2": False, "zero3": True}


def write(launch: Launch) -> Files:
    """`accelerate.yaml`, `accelerate.sh` and `accelerate.sbatch`."""
    whole_layers(launch)
    ranks = ranks_of(launch)
    said = header(launch, TITLE, CHECKED, *schedule(launch, ranks))
    short = brief(launch, TITLE, CHECKED)
    start = (
        "#!/bin/bash\n"
        + comments(short)
        + "set -euo pipefail\n"
        + shell_array([("the Transformers example run_clm.py", trainer_options(launch))])
        + 'exec accelerate launch --config_file accelerate.yaml --machine_rank "${SLURM_NODEID:-0}" \\\n'
        + f'  --main_process_ip "${{HEAD:-localhost}}" --main_process_port 29500 {SCRIPT} "${{ARGS[@]}}"\n'
    )
    return {
        "accelerate.yaml": comments(said) + manifest([_config(launch, ranks)]),
        "accelerate.sh": start,
        "accelerate.sbatch": batch_script(launch, short, ranks, "accelerate.sh"),
    }


def _config(launch: Launch, ranks: Ranks) -> dict[str, object]:
    d = launch.decisions
    tp, cp, sharding = d.count("tp"), d.count("cp"), d.name("sharding")
    sharded = sharding in _RESHARD
    if sharding == "zero1":
        raise Refused("sharding zero1 cannot be said with FSDP; --to deepspeed has it")
    if not sharded and tp * cp > 1:
        raise Refused(f"sharding {sharding} cannot be said beside tp * cp = {tp * cp}: that needs FSDP")
    if launch.sequence_length % (2 * cp):
        raise Refused(f"cp {cp} needs sequences that are a multiple of {2 * cp} tokens")
    return {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": "FSDP" if sharded else "MULTI_GPU",
        "mixed_precision": _precision(d.name("precision")),
        "num_machines": ranks.nodes,
        "num_processes": ranks.world,
        "rdzv_backend": "c10d",
        "same_network": True,
        **({"fsdp_config": _sharded(launch)} if sharded else {}),
        "parallelism_config": {
            "parallelism_config_dp_replicate_size": 1 if sharded else d.count("dp"),
            "parallelism_config_dp_shard_size": d.count("dp") if sharded else 1,
            "parallelism_config_tp_size": tp,
            "parallelism_config_cp_size": cp,
        },
    }


def _sharded(launch: Launch) -> dict[str, object]:
    d = launch.decisions
    return {
        "fsdp_version": 2,
        "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "fsdp_reshard_after_forward": _RESHARD[d.name("sharding")],
        "fsdp_activation_checkpointing": d.name("recompute") == "full",
        "fsdp_state_dict_type": "SHARDED_STATE_DICT",
    }


def _precision(precision: str) -> str:
    if precision not in ("bf16", "fp16", "fp8", "fp32"):
        raise Refused(f"precision {precision} has no value of mixed_precision")
    return "no" if precision == "fp32" else precision


TARGET = Target(
    name="accelerate",
    title=TITLE,
    checked=CHECKED,
    jobs=TRAINING,
    vendors=frozenset({"NVIDIA", "AMD"}),
    reads=frozenset({
        "precision", "global_batch", "tp", "cp", "micro_batch", "recompute", "dp", "sharding",
        "checkpoint_interval",
    }),
    write=write,
)  # fmt: skip
