"""Arguments of the Transformers example `run_clm.py`, which DeepSpeed and accelerate launch."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.text import Flag
from designer.exporting.training import microbatches, save_steps, saved

SCRIPT = '"${TRANSFORMERS:-.}/examples/pytorch/language-modeling/run_clm.py"'
_PRECISION = {"bf16": "bf16", "fp16": "fp16"}


def trainer_options(launch: Launch) -> list[Flag]:
    """What the script is told of the model, the batch, the steps and the checkpoints."""
    d = launch.decisions
    if launch.model.kind != "decoder":
        raise Refused(f"{launch.model.id} is no decoder")
    precision = d.name("precision")
    narrow = [Flag(_PRECISION[precision], None, "precision")] if precision in _PRECISION else []
    full = [Flag("gradient_checkpointing", None, "recompute full")] if d.name("recompute") == "full" else []
    return [
        Flag("model_name_or_path", launch.model.checkpoint, "or --config_name, to begin with random weights"),
        Flag("block_size", launch.sequence_length, "sequence_length"),
        Flag("per_device_train_batch_size", d.count("micro_batch"), "micro_batch, in sequences"),
        Flag("gradient_accumulation_steps", microbatches(launch), "global_batch / (micro_batch * dp)"),
        Flag("max_steps", launch.steps, "steps of the whole data set"),
        Flag("save_steps", save_steps(launch), saved(launch)),
        *narrow,
        *full,
        Flag("do_train", None, ""),
        Flag("output_dir", "checkpoints", "a folder of yours"),
        Flag("dataset_name", "wikitext", "your data"),
        Flag("dataset_config_name", "wikitext-103-raw-v1", "your data"),
    ]


def whole_layers(launch: Launch) -> None:
    """Refuse to recompute a part of a layer: Transformers recomputes whole ones."""
    if (mode := launch.decisions.name("recompute")) not in ("none", "full"):
        raise Refused(f"recompute {mode} cannot be said: layers are recomputed whole or not at all")
