"""What differs between families of models, as data."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from catalogs.errors import nearest
from designer.importing.config import Config, short

Keys = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """Models whose configurations are read the same way.

    The defaults are those of Llama: RMSNorm, three matrices, no biases, rotary positions.
    """

    # Values of `model_type` in the part that describes the language model.
    types: tuple[str, ...]
    # What the catalog calls them; the `model_type` where it is empty.
    name: str = ""
    matrices: Literal[2, 3] = 3
    norm: Literal["rmsnorm", "layernorm", "layernorm_nobias"] = "rmsnorm"
    parallel: bool = False
    # Whether the output shares the input embedding where the configuration says nothing.
    tied: bool = False
    # Rows of learned positions above the longest context; None for rotary or no positions.
    positions_above: int | None = None
    # Biases of attention: where no key says it, and where a key says that there are some.
    bias: Literal["none", "qkv", "qkvo"] = "none"
    biased: Literal["qkv", "qkvo"] = "qkvo"
    mlp_bias: bool = False
    # Keys of the width of a dense block, and its multiple of the hidden size where they are absent.
    width: tuple[str, ...] = ("intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "d_ff")
    times: int | None = None
    expert_width: tuple[str, ...] = ("moe_intermediate_size",)
    # Dense first layers, and shared experts, of a mixture where the configuration says nothing.
    dense_first: int = 0
    shared: int = 0
    # Layers that see a window where no list says it: all, all but every n-th, or "" for not known.
    windows: Literal["all", ""] | int = ""
    # Layers of linear attention where no list says it: all but every n-th.
    full_every: int | None = None
    # Whether the last layer attends fully as well.
    full_at_end: bool = False
    # What "linear_attention" is in these models, and whether its heads are those of the other layers.
    linear: str = ""
    linear_as_attention: bool = False
    # What only these models have: reads keys of its own, and completes or corrects those of the catalog.
    own: Callable[[Config, Keys], None] | None = None


@cache
def families() -> dict[str, Family]:
    """Every family by each of its values of `model_type`; found by walking `families`."""
    from designer.importing import families as folder

    modules = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    found = [f for m in modules for f in importlib.import_module(f"{folder.__name__}.{m}").FAMILIES]
    return {t: family for family in found for t in family.types}


def family_of(text: Config, outer: Config) -> tuple[str, Family]:
    """The `model_type` of a configuration, and its family; raises InputError for one that is not known."""
    outside = outer.word("model_type")
    type_ = text.word("model_type") or outside
    known = families()
    if type_ is None:
        text.fail("model_type", "missing; a configuration says which class of models reads it")
    if type_ not in known:
        text.fail("model_type", f"no family of models is called {short(type_)}{nearest(type_[:80], known)}")
    return type_, known[type_]
