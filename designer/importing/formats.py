"""The format of the stored weights, by `quantization_config` or a hf_quant_config.json, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from designer.importing.config import Config, read, short

# quant_method -> what it is called; formats of modelopt and compressed-tensors say more.
_METHODS = {
    "fp8": "FP8",
    "fbgemm_fp8": "FP8",
    "mxfp4": "MXFP4 in groups of 32",
    "awq": "AWQ",
    "gptq": "GPTQ",
    "bitsandbytes": "bitsandbytes",
    "modelopt": "",
    "compressed-tensors": "",
    "quark": "Quark",
    "hqq": "HQQ",
}
_DTYPES = {"bfloat16": "BF16", "float16": "FP16", "float32": "FP32"}
KEPT = ("modules_to_not_convert", "ignore", "exclude_modules", "ignored_layers")


def stored_format(whole: Config, text: Config) -> str:
    """The format weights are stored in, what keeps another one, and the cache's; one line of text."""
    dtype = text.word("dtype", "torch_dtype") or whole.word("dtype", "torch_dtype") or ""
    plain = _DTYPES.get(dtype, dtype if dtype.isidentifier() and len(dtype) < 20 else "")
    found = quantization_of(whole, text)
    expert = text.word("expert_dtype") or (found.word("expert_dtype") if found is not None else None)
    if found is None:
        return plain or "not stated"
    kept = next((len(v) for k in KEPT if isinstance(v := found.data.get(k), list) and v), 0)
    parts = [_weights(found)]
    if expert:
        parts.append(f"experts {_plain(expert).upper()}")
    if kept:
        parts.append(f"except {kept} named module{'s' * (kept > 1)}{f' ({plain})' if plain else ''}")
    cache = _cache(found)
    if cache:
        parts.append(f"cache {cache}")
    return ", ".join(parts)


def quantization_of(whole: Config, text: Config) -> Config | None:
    """What says how weights are quantised, None where nothing does."""
    return whole.part("quantization_config") or text.part("quantization_config") or _beside(whole)


def _beside(whole: Config) -> Config | None:
    """The mapping of a hf_quant_config.json that stands beside config.json, or beside X_config.json."""
    file = Path(whole.file)
    name = file.name.removesuffix("config.json") + "hf_quant_config.json"
    beside = file.with_name(name)
    if not file.name.endswith("config.json") or not beside.is_file():
        return None
    return read(beside).part("quantization")


def _weights(c: Config) -> str:
    """The format of most weights."""
    method = c.word("quant_method") or ""
    algorithm = c.word("quant_algo") or ""
    if algorithm == "MIXED_PRECISION":
        return f"mixed: {_mixed(c, _METHODS.get(method, ''))}"
    packed = c.word("format") or ""
    name = (
        algorithm or packed.removesuffix("-quantized").removesuffix("-pack").upper() or _METHODS.get(method)
    )
    name = _METHODS["mxfp4"] if name == "MXFP4" else name or _plain(method).upper() or "not stated"
    bits, group = group_of(c)
    if name == "PACK":
        name = f"INT{bits}" if bits else "integers"
    elif name in ("AWQ", "GPTQ", "bitsandbytes") and bits:
        name = f"{name} {bits} bit"
    block = c.items("weight_block_size")
    if block and all(isinstance(n, int) for n in block):
        return f"{_plain(name)} in blocks of {' x '.join(map(str, block))}"
    return f"{_plain(name)} in groups of {group}" if group and "groups" not in name else _plain(name)


def _mixed(c: Config, base: str) -> str:
    """The formats of a mixture, each once, with that of all other tensors."""
    layers = c.part("quantized_layers")
    found = {str(v["quant_algo"]) for v in _values(layers.data if layers else {}) if "quant_algo" in v}
    found |= {base} if base else set()
    return " and ".join(sorted(_plain(f) for f in found)) or "not stated"


def _values(data: Any) -> list[dict[str, Any]]:
    """All mappings below a value."""
    if isinstance(data, dict):
        return [data, *(m for v in data.values() for m in _values(v))]
    return [m for v in data for m in _values(v)] if isinstance(data, list) else []


def group_of(c: Config) -> tuple[int | None, int | None]:
    """Bits of a weight and how many share a scale, at the top or in the first group of tensors."""
    groups = c.part("config_groups")
    weights: dict[str, Any] = {}
    for group in groups.data.values() if groups is not None else ():
        if isinstance(group, dict) and isinstance(group.get("weights"), dict):
            weights = group["weights"]
            break
    bits, size = (
        next((v for v in (c.data.get(k), c.data.get(also), weights.get(k)) if isinstance(v, int)), None)
        for k, also in (("num_bits", "bits"), ("group_size", "q_group_size"))
    )
    return bits, size if size and size > 0 else None


def _cache(c: Config) -> str:
    scheme: Any = c.raw("kv_cache_quant_algo")[1] or c.raw("kv_cache_scheme")[1]
    if isinstance(scheme, dict):
        kind = {"float": "FP", "int": "INT"}.get(str(scheme.get("type")))
        bits = scheme.get("num_bits")
        return f"{kind}{bits}" if kind and isinstance(bits, int) else ""
    return _plain(scheme) if isinstance(scheme, str) else ""


def _plain(text: str) -> str:
    """A word of the file as it may be printed and written."""
    return text if text.isascii() and text.isprintable() and len(text) <= 40 else short(text)
