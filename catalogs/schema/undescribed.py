"""Parts of a model that no equation here describes: an entry names them, so that none is taken for another."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from catalogs.errors import nearest
from catalogs.schema.fact import Count, Wrong

# Name of a part -> what it is.
UNDESCRIBED = {
    "compressed_attention": "attention to compressed keys and values",
    "pooled_index": "an index of pooled keys",
    "shared_index": "attention to the keys that another layer chose",
    "shared_cache": "attention to the cache of another layer",
    "heads_by_layer": "heads of another number or size than in other layers",
    "grouped_output": "an output projection in groups of low rank",
    "unstated_window": "windows that the configuration does not place",
    "two_blocks": "layers of two attentions and two dense blocks",
    "zero_experts": "experts that compute nothing",
    "hyper_connections": "several residual streams",
    "attention_residuals": "attention to the outputs of earlier layers",
    "lookup_tables": "tables of embeddings beside the layers",
}


def _known(layers: dict[str, int]) -> dict[str, int]:
    wrong = [
        ((name,), f"unknown part {name!r}{nearest(name, UNDESCRIBED)} (has: {', '.join(UNDESCRIBED)})")
        for name in layers
        if name not in UNDESCRIBED
    ]
    if wrong:
        raise Wrong(*wrong)
    return layers


# How many layers have each part.
LayersByPart = Annotated[dict[str, Count], AfterValidator(_known)]
