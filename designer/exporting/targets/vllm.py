"""`vllm serve`: its configuration, a script that starts one replica, and a batch job for the fleet."""

from __future__ import annotations

from designer.exporting import vllm_options as vllm
from designer.exporting.launch import Launch
from designer.exporting.serving import fleet
from designer.exporting.serving_job import batch_script, start_script
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import brief, comments, header, with_reasons, yaml_value


def write(launch: Launch) -> Files:
    """`vllm.yaml`, which `vllm.sh` starts a replica with and `vllm.sbatch` every replica."""
    options = vllm.vllm_options(launch)
    said = header(launch, vllm.TITLE, vllm.CHECKED, *fleet(launch))
    settings = [("model: " + yaml_value(launch.model.checkpoint), "model")]
    settings += [(f"{o.name}: {yaml_value(o.value)}", o.why) for o in options]
    short = brief(launch, vllm.TITLE, vllm.CHECKED)
    start = ["vllm", "serve", "--config", "vllm.yaml"]
    spans = (
        '--nnodes "$NODES" --node-rank "$RANK" --master-addr "$HEAD" $([ "$RANK" = 0 ] || echo --headless)'
    )
    return {
        "vllm.yaml": comments(said) + with_reasons(settings),
        "vllm.sh": start_script(launch, short, start, spans, 8000),
        "vllm.sbatch": batch_script(launch, short, "vllm.sh"),
    }


TARGET = Target("vllm", vllm.TITLE, vllm.CHECKED, INFERENCE, vllm.VENDORS, vllm.READS, write, vllm.ENGINES)
