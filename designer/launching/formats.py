"""Formats of weights, products and cache, from what engines call them and from the names of checkpoints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalogs.errors import InputError

# What a name of a checkpoint says of its weights, most particular first: stored format, format of products.
_NAMED = (
    (re.compile(r"[-_.]mxfp4(?=[-_.]|$)", re.I), ("mxfp4", "bf16")),
    (re.compile(r"[-_.](nvfp4|fp4|w4a4)(?=[-_.]|$)", re.I), ("fp4", "fp4")),
    (
        re.compile(r"[-_.](fp8([-_.](dynamic|block|kv|tensorwise))*|w8a8-fp8|fbgemm-fp8)(?=[-_.]|$)", re.I),
        ("fp8", "fp8"),
    ),
    (
        re.compile(
            r"[-_.](awq([-_.](int4|4bit))?|gptq([-_.](int4|4bit))?|w4a16|int4|4bit|quantized\.w4a16)(?=[-_.]|$)",
            re.I,
        ),
        ("int4", "bf16"),
    ),
    (re.compile(r"[-_.](w8a16|gptq-int8|8bit)(?=[-_.]|$)", re.I), ("w8a16", "bf16")),
    (re.compile(r"[-_.](quantized\.w8a8|w8a8|int8)(?=[-_.]|$)", re.I), ("int8", "int8")),
)
_PRUNED = re.compile(r"[-_.](sparse[-_.])?2of4(?=[-_.]|$)", re.I)
# What engines call the way weights are kept.
_METHODS = {
    "fp8": ("fp8", "fp8"),
    "fbgemm_fp8": ("fp8", "fp8"),
    "w8a8_fp8": ("fp8", "fp8"),
    "ptpc_fp8": ("fp8", "fp8"),
    "modelopt": ("fp8", "fp8"),
    "modelopt_fp8": ("fp8", "fp8"),
    "modelopt_fp4": ("fp4", "fp4"),
    "nvfp4": ("fp4", "fp4"),
    "mxfp4": ("mxfp4", "bf16"),
    "awq": ("int4", "bf16"),
    "awq_marlin": ("int4", "bf16"),
    "gptq": ("int4", "bf16"),
    "gptq_marlin": ("int4", "bf16"),
    "w8a8_int8": ("int8", "int8"),
}
_TYPES = {"bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32", "float": "fp32", "bf16": "bf16",
          "fp16": "fp16", "fp32": "fp32"}  # fmt: skip
_CACHES = {
    "fp8": "fp8", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8", "fp8_inc": "fp8", "nvfp4": "fp4", "mxfp8": "fp8",
    "int8_per_token_head": "int8", "bfloat16": "bf16", "float16": "fp16", "bf16": "bf16", "fp16": "fp16",
}  # fmt: skip


@dataclass(frozen=True)
class Formats:
    """Stored weights, products and cache; `model` is the name without what it says of them."""

    model: str
    weights: str
    precision: str
    kv: str
    sparsity: str = "none"
    # Whether the line itself says how weights are kept; else only the published checkpoint does.
    said: bool = False


def formats_of(model: str, dtype: str, method: str, cache: str, where: str) -> Formats:
    """Formats from the name of a checkpoint, the type of activations, the method of quantisation and the cache.

    Raises InputError for a word that no format here stands for.

    >>> formats_of("org/Llama-3.1-70B-Instruct-FP8-dynamic", "auto", "", "auto", "vllm")
    Formats(model='org/Llama-3.1-70B-Instruct', weights='fp8', precision='fp8', kv='bf16', sparsity='none', said=True)
    >>> formats_of("Qwen/Qwen2.5-72B-Instruct-AWQ", "half", "awq_marlin", "fp8", "vllm").weights
    'int4'
    """
    wide = _TYPES.get(dtype, "bf16" if dtype == "auto" else "")
    if not wide:
        raise InputError(f"{where}: dtype {dtype!r} is none of {', '.join(_TYPES)}")
    named = next(((rx, f) for rx, f in _NAMED if rx.search(model)), None)
    plain = named[0].sub("", model) if named else model
    found: tuple[str, str] | None = named[1] if named else None
    if method:
        # These say how a checkpoint is packed, and its name or configuration what its weights are.
        packed = method in ("compressed-tensors", "modelopt_mixed", "bitsandbytes", "gguf")
        if method not in _METHODS and not packed:
            raise InputError(f"{where}: quantization {method!r} is not known (has: {', '.join(_METHODS)})")
        if packed and found is None:
            raise InputError(
                f"{where}: quantization {method} says how weights are packed and not in what format; give"
                " --set candidates.weights and --set candidates.precision, and --ignore quantization"
            )
        # An 8-bit GPTQ is told by its name only.
        found = (
            _METHODS[method]
            if not packed and (found is None or _METHODS[method] != ("int4", "bf16"))
            else found
        )
    weights, precision = found or (wide, wide)
    precision = wide if precision == "bf16" else precision
    if cache != "auto" and cache not in _CACHES:
        raise InputError(f"{where}: cache of {cache!r} is none of auto, {', '.join(_CACHES)}")
    pruned = _PRUNED.search(plain)
    kept = wide if cache == "auto" else _CACHES[cache]
    return Formats(
        _PRUNED.sub("", plain), weights, precision, kept, "2:4" if pruned else "none", said=found is not None
    )
