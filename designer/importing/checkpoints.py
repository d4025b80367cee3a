"""Which parts of a model a checkpoint stores in which format, by `quantization_config` or hf_quant_config.json."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from designer.importing.config import Config
from designer.importing.formats import KEPT, group_of, quantization_of

# Names of modules by the part of a model they belong to, the first that matches.
_PARTS = (
    ("", re.compile(r"index|norm|conv|router|vision|visual|mtp|embed|gate$|[._]gate\b(?!_)|in_proj_[ab]$")),
    ("ends", re.compile(r"lm_head|^head$")),
    ("ffn", re.compile(r"shared_expert")),
    ("experts", re.compile(r"experts")),
    # the whole block, or its large projections
    (
        "attention",
        re.compile(r"(?:attn|attention|mixer)(?:[.*]*$|.*\b(?:[qkvo]|qkv|in|out)_proj|.*_proj_(?:qkv|z))"),
    ),
    ("attention", re.compile(r"(?:attn|attention)\.(?:q|kv)_[ab]_proj")),
    ("ffn", re.compile(r"(?:mlp|ffn)(?:[.*]*$|.*(?:gate|up|down)\b.*_proj|.*(?:gate|up|down)_proj)")),
)
# What a table of algorithms calls a format, and what the catalog does.
_NAMES = {
    "nvfp4": "fp4", "nvfp4-pack-quantized": "fp4", "w4a16_nvfp4": "nvfp4-w4a16", "mxfp4": "mxfp4",
    "mxfp4-pack-quantized": "mxfp4", "mxfp8": "mxfp8", "fp8": "fp8", "fbgemm_fp8": "fp8", "fp8_pb_wo": "fp8-block",
}  # fmt: skip
_OF_GROUP = {32: "int4-g32", 64: "int4-g64", 128: "int4"}


def checkpoint_of(whole: Config, text: Config, present: Iterable[str]) -> dict[str, Any] | None:
    """An item of `checkpoints` of an entry, None where nothing is narrower than 16 bit or it is not understood.

    `present` are the parts the model has.
    """
    found = quantization_of(whole, text)
    if found is None:
        return None
    base = _format(found)
    experts = str(text.data.get("expert_dtype") or found.data.get("expert_dtype") or "").lower()
    stored: dict[str, str | None] = dict.fromkeys(present, base)
    if experts == "fp4":
        stored["experts"] = "mxfp4"
    for part in _kept(found, text.data.get("num_hidden_layers")):
        stored[part] = None if base != "mxfp4" or part != "experts" else base
    stored |= _listed(found)
    return _item({p: f for p, f in stored.items() if p in present or (p == "ends" and f)})


def _format(c: Config) -> str | None:
    """The catalog's name of the format of most weights."""
    algorithm, method = (str(c.data.get(k) or "").lower() for k in ("quant_algo", "quant_method"))
    bits, group = group_of(c)
    if c.data.get("weight_block_size"):
        return "fp8-block"
    if algorithm == "mixed_precision":
        return "fp8" if method == "fp8" else None
    packed = str(c.data.get("format") or "").lower()
    if bits == 4 and (method in ("awq", "gptq") or packed == "pack-quantized"):
        return _OF_GROUP.get(group or 128)
    return next((_NAMES[n] for n in (algorithm, packed, method) if n in _NAMES), None)


def _kept(c: Config, layers: object) -> set[str]:
    """The parts that keep 16 bit: those of a pattern over all layers, or of half of the layers and more.

    A mixture on top of an 8-bit checkpoint leaves out what stays as that has it.
    """
    if str(c.data.get("quant_algo")).lower() == "mixed_precision":
        return set()
    names = next((v for k in KEPT if isinstance(v := c.data.get(k), list)), [])
    seen: dict[str, set[str]] = {}
    for name in map(str, names):
        part = part_of(name)
        if part:
            layer = re.search(r"\.(\d+)\.", name)
            at = layer[1] if layer else "all" if "*" in name else "one"
            seen.setdefault(part, set()).add(at)
    half = layers / 2 if isinstance(layers, int) else 1
    return {p for p, at in seen.items() if "all" in at or len(at) >= half}


def _listed(c: Config) -> dict[str, str | None]:
    """The formats of parts whose modules are listed one by one with their algorithms."""
    counts: dict[str, Counter[str]] = {}
    listed = c.data.get("quantized_layers")
    for name, algorithm, modules in _modules(listed if isinstance(listed, Mapping) else {}):
        if part := part_of(name):
            counts.setdefault(part, Counter())[algorithm.lower()] += modules
    return {p: _NAMES.get(of.most_common(1)[0][0]) for p, of in counts.items()}


def _modules(listed: Mapping[str, Any]) -> Iterable[tuple[str, str, int]]:
    for name, of in listed.items():
        if isinstance(of, dict) and isinstance(of.get("quant_algo"), str):
            yield name, of["quant_algo"], 1


def part_of(module: str) -> str:
    """The part a module belongs to, or the empty string.

    >>> [part_of(m) for m in ("model.layers.3.self_attn.q_proj", "re:.*shared_experts.*", "*.mlp.experts", "lm_head")]
    ['attention', 'ffn', 'experts', 'ends']
    >>> [part_of(m) for m in ("model.layers.*.mlp.router", "model.layers.0.mlp.gate", "model.layers.0.mlp.gate_proj")]
    ['', '', 'ffn']
    """
    name = module.removeprefix("re:").replace("\\", "")
    return next((part for part, pattern in _PARTS if pattern.search(name)), "")


def _item(stored: Mapping[str, str | None]) -> dict[str, Any] | None:
    """The narrowest format with the parts it covers, and what the other linear layers are kept in."""
    order = ("experts", "ffn", "attention", "ends")
    main = next((stored[p] for p in order if stored.get(p)), None)
    if main is None:
        return None
    others = [stored[p] for p in ("attention", "ffn", "experts") if p in stored and stored[p] != main]
    rest = next((f for f in others if f), None)
    covers = [p for p in ("attention", "ffn", "experts", "ends") if stored.get(p) == main]
    return {"format": main, "covers": covers, **({"rest": rest} if rest else {})}
