"""Which layers are in which stage, as designer counts them."""

from __future__ import annotations

from itertools import groupby


def stage_layers(layers: int, pp: int) -> list[int]:
    """Layers of each stage: what is left over goes to inner stages first, the last gets none of it.

    >>> stage_layers(126, 16)[:2], stage_layers(126, 16)[-1], stage_layers(61, 4), stage_layers(7, 2)
    ([7, 8], 7, [15, 16, 15, 15], [4, 3])
    """
    even, over = divmod(layers, pp)
    order = [*range(1, pp - 1), 0]
    more = set(order[:over])
    return [even + (rank in more) for rank in range(pp)]


def chunk_layers(layers: int, pp: int, vpp: int) -> list[int]:
    """Layers of each virtual stage, in the order a micro-batch passes them.

    The last stage has its lighter chunks at the end, where the output projection is, and the others at the
    beginning, where the embedding is.

    >>> chunk_layers(6, 2, 4), chunk_layers(126, 16, 8)[0], chunk_layers(126, 16, 8)[-1]
    ([0, 1, 1, 1, 1, 1, 1, 0], 0, 0)
    """
    columns = []
    for rank, held in enumerate(stage_layers(layers, pp)):
        even, over = divmod(held, vpp)
        light = [even] * (vpp - over)
        columns.append([even + 1] * over + light if rank == pp - 1 else light + [even + 1] * over)
    return [columns[rank][v] for v in range(vpp) for rank in range(pp)]


def layout_text(chunks: list[int]) -> str:
    """Virtual stages in Megatron's notation: E the embedding, t a layer, L the loss.

    >>> layout_text([0, 1, 1, 1, 1, 1, 1, 0]), layout_text([2, 3, 3, 2]), layout_text([15, 16, 16, 14])
    ('E|(t|)*6L', 'Ett|(ttt|)*2ttL', 'Et*15|(t*16|)*2t*14L')
    """
    parts = [f"E{_layers(chunks[0])}|"]
    for held, run in groupby(chunks[1:-1]):
        many = len(list(run))
        parts.append(f"({_layers(held)}|)*{many}" if many > 1 else f"{_layers(held)}|")
    return "".join([*parts, f"{_layers(chunks[-1])}L"])


def _layers(held: int) -> str:
    return "t" * held if held < 4 else f"t*{held}"
