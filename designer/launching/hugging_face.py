"""Arguments of training scripts of Hugging Face: what the trainer is told of batch, precision and steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalogs.errors import InputError
from designer.launching.options import Words, grammar, parsed
from designer.question.context import Value

GRAMMAR = grammar(
    "the Transformers trainer",
    read="""model-name-or-path|model-name|model-id config-name
    block-size|max-seq-length|max-seq-len|max-length|cutoff-len|model-max-length
    per-device-train-batch-size|per-gpu-train-batch-size gradient-accumulation-steps max-steps save-steps bf16?
    fp16? fp8? gradient-checkpointing? deepspeed|deepspeed-config fsdp fsdp-config learning-rate torch-dtype""",
    quiet="""output-dir do-train? do-eval? dataset-name dataset-config-name train-file validation-file dataset
    dataset-dir logging-steps eval-steps eval-strategy evaluation-strategy save-strategy save-total-limit
    overwrite-output-dir? num-train-epochs weight-decay warmup-ratio warmup-steps lr-scheduler-type report-to
    seed tokenizer-name trust-remote-code? per-device-eval-batch-size logging-dir preprocessing-num-workers
    dataloader-num-workers ddp-timeout adam-beta1 adam-beta2 adam-epsilon max-grad-norm low-cpu-mem-usage?
    use-fast-tokenizer? token use-auth-token? cache-dir data-path hub-model-id push-to-hub? run-name
    attn-implementation use-flash-attn? tf32? stage template finetuning-type local-rank log-level
    remove-unused-columns? dataset-text-field ignore-data-skip? include-num-input-tokens-seen? streaming?
    learning-rate-end lazy-preprocess? evaluation_strategy""",
    beside={
        "packing?": "sequences are counted as full",
        "group-by-length?": "sequences are counted as full",
        "torch-compile?": "kernels are those that were measured, however they are compiled",
        "use-liger-kernel?": "kernels are those that were measured",
        "gradient-checkpointing-kwargs": "layers are counted as recomputed whole",
    },
    refused={
        "use-peft?": "adapters are not modelled: fine-tuning is of all parameters",
        "use-lora?": "adapters are not modelled: fine-tuning is of all parameters",
        "lora-r": "adapters are not modelled: fine-tuning is of all parameters",
        "lora-rank": "adapters are not modelled: fine-tuning is of all parameters",
        "lora-target": "adapters are not modelled: fine-tuning is of all parameters",
        "load-in-4bit?": "training on quantised weights is not modelled",
        "load-in-8bit?": "training on quantised weights is not modelled",
        "use-4bit-quantization?": "training on quantised weights is not modelled",
        "optim": "only Adam with states in fp32 is modelled",
    },
)  # fmt: skip
_ADAM = ("adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_apex_fused", "adam")


def script_words(words: Sequence[str]) -> Words:
    """The arguments of a training script by the trainer's names."""
    out = parsed(GRAMMAR, words)
    if "optim" in out and out.text("optim") in _ADAM:
        del out.given["optim"]
    return out


def on(words: Words, name: str) -> bool:
    """Whether a truth value is given and true."""
    return name in words and words.on(name)


def decisions_of(words: Words) -> tuple[dict[str, Value], dict[str, int]]:
    """Decisions and facts that the arguments of a script give."""
    decisions: dict[str, Value] = {
        "precision": "bf16" if on(words, "bf16") else "fp16" if on(words, "fp16") else "fp32",
        "recompute": "full" if on(words, "gradient-checkpointing") else "none",
        "micro_batch": words.count("per-device-train-batch-size", 8),
    }  # fmt: skip
    work = {"accumulation": words.count("gradient-accumulation-steps")}
    for name, option in (
        ("sequence_length", "block-size"),
        ("iterations", "max-steps"),
        ("save_steps", "save-steps"),
    ):
        if option in words and words.text(option) != "-1":
            work[name] = words.count(option)
    return decisions, work


def model_of(words: Words, script: str) -> str:
    """The model of a script; raises InputError where it names none."""
    for name in ("model-name-or-path", "config-name"):
        if name in words:
            return words.text(name)
    raise InputError(f"{script} names no model: --model_name_or_path NAME, or --set workload.model=NAME")


def number(data: Any, *where: str) -> int | None:
    """A count of a file of settings; None where it is "auto" or not there."""
    value = data
    for key in where:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
