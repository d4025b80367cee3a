"""Nemotron: layers that are one mixer each (nemotron_h), and layers pruned one by one (nemotron-nas)."""

from __future__ import annotations

from typing import Any

from designer.importing.config import Config
from designer.importing.family import Family, Keys

_LETTERS = {"*": "attention", "M": "mamba", "-": "mlp", "E": "moe"}


def _mixers(c: Config, keys: Keys) -> None:
    """Attention, state space, dense block or experts, by a letter or a word for each layer."""
    pattern = c.word("hybrid_override_pattern")
    listed: list[Any] = (
        [_LETTERS.get(letter) for letter in pattern or ""] or c.items("layers_block_type") or []
    )
    c.items("layers_block_type")
    if len(listed) != keys["layers"] or not set(listed) <= set(_LETTERS.values()):
        c.fail("hybrid_override_pattern", f"does not say what each of the {keys['layers']} layers is")
    for kind in _LETTERS.values():
        keys[f"{kind}_blocks"] = listed.count(kind) or (0 if kind in ("mlp", "moe") else None)
    if not keys["mlp_blocks"] and keys.get("experts"):
        keys["ffn"] = None
    for ours, theirs in {
        "mamba_heads": "mamba_num_heads", "mamba_head_dim": "mamba_head_dim", "mamba_state": "ssm_state_size",
        "mamba_groups": "n_groups", "mamba_conv": "conv_kernel",
    }.items():  # fmt: skip
        keys[ours] = c.number(theirs)
    for derived in ("chunk_size", "expand"):
        c.number(derived)


def _pruned(c: Config, keys: Keys) -> None:
    """Layers of which some have no attention, and feed-forward blocks of several widths."""
    blocks = [b for b in c.items("block_configs") or [] if isinstance(b, dict)]
    if len(blocks) != keys["layers"]:
        c.fail("block_configs", f"does not describe each of the {keys['layers']} layers")
    parts = [Config(b, c.file, f"block_configs[{i}].") for i, b in enumerate(blocks)]
    attentions = [p.part("attention") or p for p in parts]
    attending = [a for a in attentions if not a.flag("no_op")]
    groups = {a.number("n_heads_in_group") for a in attending} - {None}
    shares = {str(f.data.get("ffn_mult")) for p in parts if (f := p.part("ffn")) is not None}
    if len(groups) != 1 or not shares:
        c.fail("block_configs", "attention layers with several numbers of key-value heads")
    keys["kv_heads"] = keys["heads"] // groups.pop()
    keys["attention_blocks"] = len(attending)
    if len(attending) < len(parts):
        keys["layers_without_attention"] = len(parts) - len(attending)
    widths = _widths(c, keys["hidden"], parts)
    keys["ffn"] = max(widths)
    keys["ffn_sum"] = sum(widths) if set(widths) != {max(widths)} or len(widths) < len(parts) else None


def _widths(c: Config, hidden: int, parts: list[Config]) -> list[int]:
    """Widths of the blocks: two thirds of a multiple of the hidden size, rounded up to 256, as Llama has it."""
    blocks = [f for p in parts if (f := p.part("ffn")) is not None and not f.flag("no_op")]
    found = [f.data.get("ffn_mult") for f in blocks]
    widths = [m for m in found if isinstance(m, int | float) and not isinstance(m, bool) and 0 < m < 1000]
    if not widths or len(widths) < len(blocks):
        c.fail("block_configs", "no ffn_mult says how wide a block is")
    return [-(-int(2 * m * hidden / 3) // 256) * 256 for m in widths]


FAMILIES = (
    Family(types=("nemotron_h",), matrices=2, own=_mixers),
    Family(types=("nemotron-nas",), name="nemotron_nas", own=_pruned),
)
