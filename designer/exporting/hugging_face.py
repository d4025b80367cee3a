"""Arguments of the Transformers example `run_clm.py`, which DeepSpeed and accelerate launch."""

from __future__ import annotations

from designer.exporting.launch import Launch, Refused
from designer.exporting.text import Option
from designer.exporting.training import microbatches, save_steps, saved

SCRIPT = '"${TRANSFORMERS:-.}/examples/pytorch/language-modeling/run_clm.py"'
_PRECISION = {"bf16": "bf16", "fp16": "fp16"}


def trainer_options(launch: Launch) -> list[Option]:
    """What the script is told of the model, the batch, the steps and the checkpoints."""
    d = launch.decisions
    if launch.model.kind != "decoder":
        raise Refused(f"{launch.model.id} is no decoder")
    precision = d.name("precision")
    narrow = [Option(_PRECISION[precision], None, "precision")] if precision in _PRECISION else []
    full = [Option("gradient_checkpointing", None, "recompute full")] if d.name("recompute") == "full" else []
    return [
        Option(
            "model_name_or_path", launch.model.checkpoint, "or --config_name, to begin with random weights"
        ),
        Option("block_size", launch.sequence_length, "sequence_length"),
        Option("per_device_train_batch_size", d.count("micro_batch"), "micro_batch, in sequences"),
        Option("gradient_accumulation_steps", microbatches(launch), "global_batch / (micro_batch * dp)"),
        Option("max_steps", launch.steps, "steps of the whole data set"),
        Option("save_steps", save_steps(launch), saved(launch)),
        *narrow,
        *full,
        Option("do_train", None, ""),
        Option("output_dir", "checkpoints", "a folder of yours"),
        Option("dataset_name", "wikitext", "your data"),
        Option("dataset_config_name", "wikitext-103-raw-v1", "your data"),
    ]


def whole_layers(launch: Launch) -> None:
    """Refuse to recompute a part of a layer: Transformers recomputes whole ones."""
    if launch.decisions.name("recompute") == "selective":
        raise Refused("recompute selective cannot be said: layers are recomputed whole or not at all")
