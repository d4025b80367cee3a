"""Stored weights as numbers: bytes of each part of a model, and the arithmetic its products are made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from catalogs import Catalog
from catalogs.schema import Accelerator, Format, Model
from catalogs.schema.format import Part
from constraints.bundles import Bundle, Known, plain
from constraints.bundles.device import ELEMENT_BYTES, INDEX_BYTES, SPARSITY, base_precision
from constraints.rules.library.compression import structured_sparse_bytes

# What everything is kept in that a format does not cover.
PLAIN = "bf16"
# The parts of a model, and what the quantities of each begin with; those of `ffn` have no beginning.
_BEGINS: Mapping[Part, str] = {"attention": "projection_", "ffn": "", "experts": "expert_", "ends": "end_"}
PARTS: tuple[Part, ...] = tuple(_BEGINS)
_LINEAR: tuple[Part, ...] = ("attention", "ffn", "experts")

Stored = Mapping[Part, Format]


def stored_as(catalog: Catalog, model: Model | None, weights: str) -> Stored:
    """The format of each part of a model whose weights are in one that covers some parts.

    A checkpoint of the model that is published in it says which ones, else the format does. Raises
    InputError, with the nearest name, for a format that is not in the catalog.
    """
    named = catalog.get("formats", weights)
    published = next((c for c in model.checkpoints if c.format == named.id), None) if model else None
    covers, rest = (published.covers, published.rest) if published else (named.covers, named.rest or PLAIN)
    other, ends = catalog.get("formats", rest), catalog.get("formats", named.rest or PLAIN)
    # Plain formats of 16 bit and more are one and the same for all parts.
    if named.bits.si >= 16:
        return dict.fromkeys(PARTS, named)
    return {p: named if p in covers else ends if p == "ends" else other for p in PARTS}


def narrowest(stored: Stored) -> Format:
    """The format of fewest bits among the linear layers."""
    return min((stored[p] for p in _LINEAR), key=lambda f: f.bits.si)


def multiplied_in(stored: Format, precision: str, acc: Accelerator) -> str:
    """The arithmetic of products with weights in a format, where `precision` is what is chosen.

    A device reads weights as they are in arithmetic of their own kind that is no narrower, if it has that
    of the weights at all (an FP4 weight may enter FP8 products on a device with FP4 units). Weights it
    has no units for, and those that are only stored so, are expanded to 16 bit: weight-only kernels.
    """
    rates = acc.compute.rates()
    if precision not in rates:
        return precision
    own = stored.products if stored.products in rates else None
    if own and ELEMENT_BYTES[own] > ELEMENT_BYTES[precision]:
        return own
    if (own and _kind(own) == _kind(precision)) or ELEMENT_BYTES[precision] >= ELEMENT_BYTES[PLAIN]:
        return precision
    return base_precision(acc)


def _kind(dtype: str) -> str:
    return dtype.rstrip("0123456789")


def runs_in(stored: Stored, acc: Accelerator) -> str:
    """The narrowest arithmetic a device can make some product of these weights in."""
    rates = acc.compute.rates()
    ways = [str(own) for p in _LINEAR if (own := stored[p].products) in rates]
    return min((*ways, base_precision(acc)), key=ELEMENT_BYTES.__getitem__)


def fits(stored: Stored, precision: str) -> bool:
    """Whether some device may multiply some of these weights in this precision.

    Products of 16 bit read anything narrower; narrower ones only what has such arithmetic.
    """
    wide = ELEMENT_BYTES[precision]
    for part in _LINEAR:
        own = stored[part].products
        if own is None:
            if wide >= ELEMENT_BYTES[PLAIN]:
                return True
        elif ELEMENT_BYTES[own] <= wide and (wide >= ELEMENT_BYTES[PLAIN] or _kind(own) == _kind(precision)):
            return True
    return False


def stored_bundle(stored: Stored, sparsity: str = "none") -> Bundle:
    """Bytes of one stored weight of each part, with its share of scales and of what says where sparse ones stand."""
    out: Bundle = {}
    for part, of in stored.items():
        held, source = of.bits.si / 8, f"formats/{of.id}: {of.bits.source} ({of.bits.date})"
        if sparsity != "none" and part in _LINEAR:
            held = structured_sparse_bytes(1, held, *SPARSITY[sparsity], INDEX_BYTES)
            source += "; Mishra et al. 2021: two bits an index"
        out[_BEGINS[part] + "weight_bytes"] = Known(held, of.bits.kind, source)
    return out


def products_bundle(stored: Stored, precision: str, acc: Accelerator) -> Bundle:
    """What the products of each part are made in: bytes of an operand, and speed beside the precision chosen.

    A part whose weights the chosen arithmetic does not read is multiplied in a wider one; its speed is the
    ratio of their peaks.
    """
    rates = acc.compute.rates()
    out: Bundle = plain("definition", precision_bytes=ELEMENT_BYTES[precision])
    for part in _LINEAR:
        made, begin = multiplied_in(stored[part], precision, acc), _BEGINS[part]
        where = f"formats/{stored[part].id} on {acc.id}: products in {made}"
        speed = rates[made].si / rates[precision].si if precision in rates else 1.0
        out |= plain(
            where,
            **{f"{begin}operand_bytes": ELEMENT_BYTES[made], f"{begin or 'ffn_'}speed": speed},
        )
    return out


def with_bits(stored: Format, bits: float) -> Format:
    """The same format with another number of bits: that of one file in it."""
    return stored.model_copy(update={"bits": replace(stored.bits, si=bits, text=f"{bits:g}")})
