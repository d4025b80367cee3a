"""Shell and Slurm scripts that put the replicas of an engine onto nodes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from designer.exporting.launch import Launch
from designer.exporting.serving import spread_of
from designer.exporting.text import comments


def start_script(
    launch: Launch, said: Sequence[str], start: Sequence[str], spans: str, port: int, arguments: str = ""
) -> str:
    """A script that starts one replica, or one node's part of a replica that is wider than a node.

    `spans` is what the engine is told besides when a replica is on several nodes; `arguments` sets the array
    ARGS, which it is told too.
    """
    s = spread_of(launch)
    words = shlex.join(start) + (' "${ARGS[@]}"' if arguments else "")
    top = "#!/bin/bash\n" + comments(said) + "set -euo pipefail\n" + 'cd "$(dirname "$0")"\n' + arguments
    if s.nodes == 1:
        return top + (
            f"# {s.on_node} replicas share a node: $1, from 0, is which of them this is.\n"
            "SLOT=${1:-0}\n"
            f"FIRST=$((SLOT * {s.devices}))\n"
            f"export CUDA_VISIBLE_DEVICES=$(seq -s, $FIRST $((FIRST + {s.devices - 1})))\n"
            f"exec {words} --port $(({port} + SLOT))\n"
        )
    return top + (
        f"# A replica is on {s.nodes} nodes, {s.each_node} devices each: $1 is this node's rank, $2 the address of\n"
        "# the node with rank 0.\n"
        f"NODES={s.nodes}\n"
        "RANK=$1\n"
        "HEAD=$2\n"
        f"export CUDA_VISIBLE_DEVICES=$(seq -s, 0 {s.each_node - 1})\n"
        f"exec {words} --port {port} {spans}\n"
    )


def batch_script(launch: Launch, said: Sequence[str], script: str) -> str:
    """A Slurm job that runs the whole fleet with `script`, one task a replica or a node of one."""
    s = spread_of(launch)
    tasks = min(s.on_node, s.replicas) if s.nodes == 1 else 1
    top = (
        "#!/bin/bash\n"
        + comments(said)
        + f"#SBATCH --job-name={launch.slug}\n"
        + f"#SBATCH --nodes={s.all_nodes}\n"
        + f"#SBATCH --ntasks-per-node={tasks}\n"
        + f"#SBATCH --gpus-per-node={launch.machine.devices}\n"
        + "#SBATCH --exclusive\n"
        + "set -euo pipefail\n"
    )
    if s.nodes == 1:
        return top + (
            f"# {s.replicas} replicas, {tasks} to a node: each task is one, and takes its own devices.\n"
            f"srun --ntasks={s.replicas} bash -c './{script} $SLURM_LOCALID'\n"
        )
    return top + (
        f"# {s.replicas} replicas of {s.nodes} nodes: node i belongs to replica i / {s.nodes}.\n"
        'export NODES_OF_JOB=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | tr "\\n" " ")\n'
        f"srun bash -c 'nodes=($NODES_OF_JOB); rank=$((SLURM_NODEID % {s.nodes}));"
        f" ./{script} $rank ${{nodes[SLURM_NODEID - rank]}}'\n"
    )
