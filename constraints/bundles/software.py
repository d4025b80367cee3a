"""The software that runs a job, as numbers: what an engine or a framework adds to the arithmetic and the bytes."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator, Software
from constraints.bundles import Bundle, Known, plain


def software_bundle(catalog: Catalog, kind: str, name: str) -> Bundle:
    """Numbers of an entry of `engines` or `frameworks`.

    What it leaves out is that of the entry it is `like`, and in the end of the kind's default.
    """
    chain = [name]
    while chain[-1] != "default":
        entry = catalog.get(kind, chain[-1])
        assert isinstance(entry, Software)
        if entry.like in chain:
            raise InputError(f"{kind}/{entry.id}: like: {entry.like} goes round in a circle")
        chain.append(entry.like or "default")
    out: Bundle = {}
    for id in reversed(chain):
        entry = catalog.get(kind, id)
        assert isinstance(entry, Software)
        out |= {quantity: Known.of(fact, f"{kind}/{entry.id}") for quantity, fact in entry.values.items()}
    return out


def framework_bundle(catalog: Catalog, name: str, acc: Accelerator) -> Bundle:
    """Numbers of a training framework on a kind of device."""
    out = software_bundle(catalog, "frameworks", name)
    if not trails(acc):
        why = "FlashAttention-2 (Dao 2023), written for Ampere"
        out |= plain(why, attention_kernel_share=1.0)
    return out


def trails(acc: Accelerator) -> bool:
    """Whether attention kernels written for Ampere fall behind what a device's newer instructions do."""
    return acc.architecture != "Ampere"
