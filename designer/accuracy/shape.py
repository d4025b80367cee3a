"""The model a row means: one of the catalog, adapted, or the architecture its columns describe."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Architecture, Model, Source
from constraints.bundles.model import model_bundle
from constraints.counting import parameters
from designer.accuracy.asking import given_numbers
from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow

# How far the parameters of a described shape may be from those stated.
TOLERANCE = 0.06
# What a published checkpoint's name says beside its architecture's: how it was tuned, and its format.
_TUNED = re.compile(
    r"[-_ .](instruct|chat|it|base|hf|thinking|reasoning|\d{4}|fp8|nvfp4|fp4|mxfp4|mxfp8|bf16|fp16|int[48]|awq|gptq|"
    r"w[48]a(?:4|8|16)|4bit|8bit|bnb|gguf|dynamic|block|kv|int8mix|autoround|qat|dq|quantized|w8a8)$"
)
# A cut-down copy of a model is named after it.
_CUT = re.compile(r"[-_ ](proxy)?-?\d+l$|[-_ ]l\d+$|[-_ ]proxy.*$|\(.*\)")


def model_numbers(row: MeasuredRow, catalog: Catalog) -> tuple[dict[str, float], list[str]] | Skip:
    """Numbers of the row's model for the rules, and the names of those it leaves open.

    Columns of the row win over the catalog, so that a model cut to fewer layers or given another
    vocabulary is the one that ran.
    """
    key = tuple(
        (c, row.number(c))
        for c in (
            "params_b", "active_params_b", "layers", "hidden", "ffn", "heads", "kv_heads", "vocab", "experts",
            "experts_per_token",
        )
    )  # fmt: skip
    return _numbers(row.text("model"), key, row.number("seq_len") or 2048.0, catalog)


@lru_cache(maxsize=4096)
def _numbers(
    name: str, columns: tuple[tuple[str, float | None], ...], context: float, catalog: Catalog
) -> tuple[dict[str, float], list[str]] | Skip:
    stated = {k: v for k, v in columns if v is not None}
    base = catalog_model(name, catalog)
    if base is not None and base.architecture is not None:
        a = base.architecture
        if stated.get("hidden", a.hidden) == a.hidden and stated.get("heads", a.heads) == a.heads:
            changed: dict[str, Any] = {
                k: round(stated[k]) for k in ("layers", "kv_heads", "vocab") if k in stated
            }
            if "ffn" in stated and not a.experts:
                changed["ffn"] = round(stated["ffn"])
            return _of(base.model_copy(update={"architecture": a.model_copy(update=changed)}))
    if not {"layers", "hidden"} <= stated.keys():
        return Skip("model unknown and its shape is not stated")
    return described(name, stated, context, catalog)


def catalog_model(name: str, catalog: Catalog) -> Model | None:
    """The catalog's model of this name: letters and digits count, and a cut-down copy has its original's."""
    known = _index(catalog)
    low = name.lower().rpartition("/")[2]
    tried = [low, _CUT.sub("", low)]
    while _TUNED.search(tried[-1]):
        tried.append(_TUNED.sub("", tried[-1]))
    for text in tried:
        wanted = _plain(text)
        if wanted in known:
            return catalog.get("models", known[wanted])
        longer = {
            id for k, id in known.items() if k.startswith(wanted) and not k[len(wanted) :][:1].isdigit()
        }
        if len(wanted) > 4 and len(longer) == 1:
            return catalog.get("models", longer.pop())
    return None


@lru_cache(maxsize=8)
def _index(catalog: Catalog) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, id in catalog.names("models").items():
        out.setdefault(_plain(name.rpartition("/")[2]), id)
    return out


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def described(
    name: str, stated: dict[str, float], context: float, catalog: Catalog
) -> tuple[dict[str, float], list[str]] | Skip:
    """The plain transformer with the stated shape whose parameter count is nearest to the stated one.

    What a table rarely says is settled by that count: two or three feed-forward matrices, tied or
    own output projection, the head size, and for a mixture the number of experts.
    """
    guessed = [c for c in ("heads", "ffn") if c not in stated]
    hidden = stated["hidden"]
    heads = stated.get("heads") or max(1, round(hidden / 128))
    total = stated.get("params_b", 0.0) * 1e9
    vocab = stated.get("vocab", 51_200.0)
    ffn = stated.get("ffn") or 4 * hidden
    active = stated.get("active_params_b", 0.0) * 1e9
    mixture = bool(stated.get("experts")) or (0 < active < 0.95 * total)
    sizes = dict.fromkeys((hidden / heads, 128.0, 64.0, 256.0))
    best: tuple[float, dict[str, Any]] | None = None
    for size, matrices, tied in product([s for s in sizes if s == round(s)], (2, 3), (True, False)):
        shape: dict[str, Any] = dict(
            layers=stated["layers"], hidden=hidden, ffn=ffn, ffn_matrices=matrices, heads=heads,
            kv_heads=stated.get("kv_heads") or heads, head_dim=size, vocab=vocab, max_context=max(1.0, context),
            tied_embeddings=tied,
        )  # fmt: skip
        if mixture and not _mixture(shape, stated, total, active, catalog):
            continue
        count = _parameters(shape, catalog)
        off = abs(count / total - 1) if total else 0.0
        # the usual head size wins unless another explains the count clearly better
        off += 0.02 * (size != hidden / heads)
        if best is None or off < best[0] - 1e-9:
            best = (off, shape)
    if best is None:
        return Skip("mixture of experts whose shape is not stated")
    if total and best[0] > TOLERANCE + 0.02:
        return Skip("the stated shape does not make the stated number of parameters")
    found = _of(_model(name, best[1]))
    return found if isinstance(found, Skip) else (found[0], guessed)


def _mixture(
    shape: dict[str, Any], stated: dict[str, float], total: float, active: float, catalog: Catalog
) -> bool:
    """Add the experts that explain total and active parameters; False where no whole number does."""
    expert = shape["ffn_matrices"] * shape["hidden"] * shape["ffn"] * shape["layers"]
    rest = _parameters(shape, catalog) - expert
    experts = stated.get("experts") or (total - rest) / expert
    each = stated.get("experts_per_token") or (active - rest) / expert
    if round(experts) < 2 or round(each) < 1 or abs(experts / round(experts) - 1) > TOLERANCE:
        return False
    shape |= dict(
        experts=round(experts), experts_per_token=round(each), shared_experts=0, expert_ffn=shape["ffn"]
    )
    return True


def _parameters(shape: dict[str, Any], catalog: Catalog) -> float:
    numbers, _ = _of(_model("described", shape))  # type: ignore[misc]
    return parameters({**given_numbers(catalog, "training"), **numbers}).total


_SOURCE = Source(ref="the table", date="2026")


def _model(name: str, shape: dict[str, Any]) -> Model:
    whole: dict[str, Any] = {k: v if isinstance(v, bool) else round(v) for k, v in shape.items()}
    architecture = Architecture.model_construct(
        source=_SOURCE, **whole, attention_bias="none", mlp_bias=False, norm="rmsnorm", parallel_blocks=False
    )
    return Model.model_construct(
        id=name, name=name, sources={"table": _SOURCE}, family="described", kind="decoder",
        attention="mha", architecture=architecture, extra_parameters=None,
    )  # fmt: skip


def _of(model: Model) -> tuple[dict[str, float], list[str]] | Skip:
    try:
        return {k: v.si for k, v in model_bundle(model).items()}, []
    except InputError as e:
        return Skip(str(e).partition(": ")[2] or str(e))
