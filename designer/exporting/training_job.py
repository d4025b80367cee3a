"""The Slurm job that starts a training script on every node."""

from __future__ import annotations

from collections.abc import Sequence

from designer.exporting.launch import Launch
from designer.exporting.text import comments
from designer.exporting.training import Ranks


def start_script(
    said: Sequence[str], ranks: Ranks, arguments: str, script: str, environment: str = ""
) -> str:
    """A script that starts every rank of its node with torchrun; a job on several nodes says which node it is.

    `arguments` sets the array ARGS, which `script` is given.
    """
    return (
        "#!/bin/bash\n"
        + comments(said)
        + "set -euo pipefail\n"
        + arguments
        + (f"export {environment}\n" if environment else "")
        + f"exec torchrun --nnodes={ranks.nodes} --nproc-per-node={ranks.each_node}"
        + ' --node-rank="${SLURM_NODEID:-0}" \\\n'
        + '  --rdzv-backend=c10d --rdzv-id="${SLURM_JOB_ID:-0}" --rdzv-endpoint="${HEAD:-localhost}:29500" \\\n'
        + f'  {script} "${{ARGS[@]}}"\n'
    )


def batch_script(launch: Launch, said: Sequence[str], ranks: Ranks, script: str) -> str:
    """A Slurm job that runs `script` once on every node, and again where it failed."""
    failure = launch.quantities.get("mtbf")
    again = (
        f"# A failure is expected every {failure / 3600:.3g} h: the job starts again by itself.\n"
        if failure
        else ""
    )
    return (
        "#!/bin/bash\n"
        + comments(said)
        + f"#SBATCH --job-name={launch.slug}\n"
        + f"#SBATCH --nodes={ranks.nodes}\n"
        + "#SBATCH --ntasks-per-node=1\n"
        + f"#SBATCH --gpus-per-node={ranks.each_node}\n"
        + "#SBATCH --exclusive\n"
        + "#SBATCH --requeue\n"
        + again
        + "set -euo pipefail\n"
        + 'export HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)\n'
        + f"srun --kill-on-bad-exit=1 ./{script}\n"
    )
