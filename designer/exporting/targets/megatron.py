"""Megatron-LM's `pretrain_gpt.py`: its arguments in a file, and the Slurm job that runs it."""

from __future__ import annotations

from designer.exporting import megatron_options as megatron
from designer.exporting.launch import Launch
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import brief, header, shell_array
from designer.exporting.training import ranks_of, schedule
from designer.exporting.training_job import batch_script, start_script


def write(launch: Launch) -> Files:
    """`megatron.sh`, which starts the ranks of a node, and `megatron.sbatch`, which runs it on all."""
    ranks = ranks_of(launch)
    said = header(launch, megatron.TITLE, megatron.CHECKED, *schedule(launch, ranks))
    # Where weights are gathered, or from Blackwell on, one queue would put transfers behind products.
    sharded = launch.decisions.name("sharding") in ("zero2", "zero3")
    queues = 8 if sharded or launch.machine.generation.startswith("Blackwell") else 1
    return {
        "megatron.sh": start_script(
            said,
            ranks,
            shell_array(megatron.megatron_options(launch)),
            '"${MEGATRON:-.}/pretrain_gpt.py"',
            f"CUDA_DEVICE_MAX_CONNECTIONS={queues}",
        ),
        "megatron.sbatch": batch_script(
            launch, brief(launch, megatron.TITLE, megatron.CHECKED), ranks, "megatron.sh"
        ),
    }


TARGET = Target(
    "megatron", megatron.TITLE, megatron.CHECKED, TRAINING, megatron.VENDORS, megatron.READS, write
)
