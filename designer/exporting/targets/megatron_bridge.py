"""Megatron-Bridge: a script that lays a recipe of yours out, and the Slurm job that runs it."""

from __future__ import annotations

from designer.exporting import megatron_options as megatron
from designer.exporting.launch import Launch
from designer.exporting.target import TRAINING, Files, Target
from designer.exporting.text import brief, comments, header, with_reasons
from designer.exporting.training import ranks_of, schedule
from designer.exporting.training_job import batch_script, start_script

TITLE = "Megatron-Bridge"
CHECKED = "megatron-core 0.19.2, which has the same settings (Megatron-Bridge 0.6 itself was not run)"
# Where the configuration has what Megatron-LM has an option for. Of its other options the recipe says the model,
# the data and the optimizer.
_HOMES = {
    "tensor-model-parallel-size": "model.tensor_model_parallel_size",
    "sequence-parallel": "model.sequence_parallel",
    "context-parallel-size": "model.context_parallel_size",
    "pipeline-model-parallel-size": "model.pipeline_model_parallel_size",
    "num-virtual-stages-per-pipeline-rank": "model.virtual_pipeline_model_parallel_size",
    "pipeline-model-parallel-layout": "model.pipeline_model_parallel_layout",
    "expert-model-parallel-size": "model.expert_model_parallel_size",
    "expert-tensor-parallel-size": "model.expert_tensor_parallel_size",
    "moe-token-dispatcher-type": "model.moe_token_dispatcher_type",
    "seq-length": "model.seq_length",
    "micro-batch-size": "train.micro_batch_size",
    "global-batch-size": "train.global_batch_size",
    "train-iters": "train.train_iters",
    "use-distributed-optimizer": "ddp.use_distributed_optimizer",
    "overlap-grad-reduce": "ddp.overlap_grad_reduce",
    "overlap-param-gather": "ddp.overlap_param_gather",
    "use-megatron-fsdp": "ddp.use_megatron_fsdp",
    "data-parallel-sharding-strategy": "ddp.data_parallel_sharding_strategy",
    "no-gradient-accumulation-fusion": "model.gradient_accumulation_fusion",
    "bf16": "model.bf16",
    "fp16": "model.fp16",
    "fp8-format": "model.fp8",
    "fp8-recipe": "model.fp8_recipe",
    "fp4-format": "model.fp4",
    "fp4-recipe": "model.fp4_recipe",
    "recompute-granularity": "model.recompute_granularity",
    "recompute-modules": "model.recompute_modules",
    "recompute-method": "model.recompute_method",
    "recompute-num-layers": "model.recompute_num_layers",
    "save-interval": "checkpoint.save_interval",
    "save": "checkpoint.save",
    "load": "checkpoint.load",
    "ckpt-format": "checkpoint.ckpt_format",
}
# Groups of options that the recipe says.
_OF_RECIPE = ("the model", "not in the plan")
_RUN = '''

def main() -> None:
    """Train by the recipe that is named as module:function, laid out."""
    module, _, function = sys.argv[1].partition(":")
    pretrain(laid_out(getattr(importlib.import_module(module), function)()), forward_step)


if __name__ == "__main__":
    main()
'''


def write(launch: Launch) -> Files:
    """`megatron_bridge.py`, `megatron_bridge.sh`, whose $RECIPE names the model's, and a Slurm job."""
    ranks = ranks_of(launch)
    groups = [g for g in megatron.megatron_options(launch) if not g[0].startswith(_OF_RECIPE)]
    text = comments(header(launch, TITLE, CHECKED, *schedule(launch, ranks)))
    text += (
        "import importlib\nimport sys\n\nfrom megatron.bridge.training.gpt_step import forward_step\n"
        "from megatron.bridge.training.pretrain import pretrain\n\n\n"
        'def laid_out(cfg):\n    """A recipe\'s configuration with the layout of the plan."""\n'
    )
    for title, options in groups:
        text += comments([title], "    # ")
        text += with_reasons(
            [(f"    cfg.{_HOMES[o.name]} = {_value(o.name, o.value)}", o.why) for o in options]
        )
    text += "    return cfg\n" + _RUN
    short = brief(launch, TITLE, CHECKED)
    arguments = 'ARGS=("${RECIPE:?names a recipe as module:function}")\n'
    return {
        "megatron_bridge.py": text,
        "megatron_bridge.sh": start_script(short, ranks, arguments, "megatron_bridge.py"),
        "megatron_bridge.sbatch": batch_script(launch, short, ranks, "megatron_bridge.sh"),
    }


def _value(name: str, value: object) -> str:
    if name.startswith("no-"):
        return "False"
    return repr(list(value)) if isinstance(value, tuple) else "True" if value is None else repr(value)


TARGET = Target("megatron-bridge", TITLE, CHECKED, TRAINING, megatron.VENDORS, megatron.READS, write)
