"""Collectives against a step-by-step run of each algorithm: who sends what, when, and what arrives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from constraints.rules.library.collectives import (
    all_to_all_time,
    hierarchical_all_reduce_time,
    hierarchical_gather_time,
    ring_all_gather_time,
    ring_all_reduce_time,
    ring_reduce_scatter_time,
    tree_all_reduce_time,
)
from constraints.rules.library.distance import half_bandwidth_size, transfer_time
from constraints.rules.library.trees import (
    double_tree_all_reduce_time,
    double_tree_chunked_time,
    halving_all_reduce_time,
    in_network_all_reduce_time,
    pairwise_all_to_all_time,
    ring_tree_crossover,
    scatter_gather_broadcast_time,
    tree_broadcast_time,
)

M, BETA, ALPHA = 1e8, 50e9, 3e-6
RANKS = (2, 3, 4, 5, 7, 8, 12, 16, 31)
POWERS = (2, 4, 8, 16, 64)

Part = int  # a piece of the message
Held = dict[Part, frozenset[int]]  # piece -> ranks whose contribution is in it
Send = tuple[int, int, Iterable[Part]]  # from, to, what


@dataclass
class Machine:
    """Ranks with the pieces they hold; a round is a set of sends, at most one out and one in per rank."""

    held: list[Held]
    part_bytes: float
    bandwidth: float = BETA
    latency: float = ALPHA
    time: float = 0.0
    rounds: int = field(default=0)

    def round(self, sends: list[Send], add: bool) -> None:
        """Everything is sent at once from what was held before; `add` sums into what is there."""
        assert len({s[0] for s in sends}) == len(sends) == len({s[1] for s in sends}), "a port is used twice"
        moved = [(to, {p: self.held[source][p] for p in parts}) for source, to, parts in sends]
        for to, parts in moved:
            for p, who in parts.items():
                if add:
                    mine = self.held[to].get(p, frozenset())
                    assert not mine & who, "a contribution is added twice"
                    self.held[to][p] = mine | who
                else:
                    self.held[to][p] = who
        largest = max(len(parts) for _, parts in moved)
        self.time += self.latency + largest * self.part_bytes / self.bandwidth
        self.rounds += 1


def own(n: int, parts: int) -> list[Held]:
    return [{p: frozenset([r]) for p in range(parts)} for r in range(n)]


def complete(m: Machine, parts: int) -> None:
    everyone = frozenset(range(len(m.held)))
    assert all(m.held[r][p] == everyone for r in range(len(m.held)) for p in range(parts))


def ring_scatter(m: Machine, n: int) -> None:
    for step in range(n - 1):
        m.round([(r, (r + 1) % n, [(r - step) % n]) for r in range(n)], add=True)


def ring_gather(m: Machine, n: int, first: int) -> None:
    for step in range(n - 1):
        m.round([(r, (r + 1) % n, [(r + first - step) % n]) for r in range(n)], add=False)


@pytest.mark.parametrize("n", RANKS)
def test_ring(n: int) -> None:
    everyone = frozenset(range(n))
    m = Machine(own(n, n), M / n)
    ring_scatter(m, n)
    assert all(m.held[r][(r + 1) % n] == everyone for r in range(n))
    assert m.time == pytest.approx(ring_reduce_scatter_time(M, n, BETA, ALPHA))
    ring_gather(m, n, 1)
    complete(m, n)
    assert m.time == pytest.approx(ring_all_reduce_time(M, n, BETA, ALPHA))
    gather = Machine([{r: frozenset([r])} for r in range(n)], M / n)
    ring_gather(gather, n, 0)
    assert all(held == {p: frozenset([p]) for p in range(n)} for held in gather.held)
    assert gather.time == pytest.approx(ring_all_gather_time(M, n, BETA, ALPHA))


@pytest.mark.parametrize("n", RANKS)
def test_binomial_tree(n: int) -> None:
    m = Machine(own(n, 1), M)
    depth = math.ceil(math.log2(n))
    for bit in (1 << k for k in range(depth)):
        m.round([(r, r - bit, [0]) for r in range(n) if r % (2 * bit) == bit], add=True)
    assert m.held[0][0] == frozenset(range(n))
    assert m.time == pytest.approx(tree_broadcast_time(M, n, BETA, ALPHA))
    for bit in (1 << k for k in reversed(range(depth))):
        m.round([(r, r + bit, [0]) for r in range(0, n, 2 * bit) if r + bit < n], add=False)
    complete(m, 1)
    assert m.time == pytest.approx(tree_all_reduce_time(M, n, BETA, ALPHA))


@pytest.mark.parametrize("n", POWERS)
def test_halving_and_doubling(n: int) -> None:
    m = Machine(own(n, n), M / n)
    spans = [(0, n)] * n
    bits = [n >> k for k in range(1, n.bit_length())]
    for bit in bits:
        sends = []
        for r in range(n):
            low, high = spans[r]
            middle = (low + high) // 2
            keep_low = not r & bit
            sends.append((r, r ^ bit, range(middle, high) if keep_low else range(low, middle)))
            spans[r] = (low, middle) if keep_low else (middle, high)
        m.round(sends, add=True)
    for bit in reversed(bits):
        m.round([(r, r ^ bit, range(*spans[r])) for r in range(n)], add=False)
        spans = [(min(a, b), max(c, d)) for (a, c), (b, d) in ((spans[r], spans[r ^ bit]) for r in range(n))]
    complete(m, n)
    assert m.time == pytest.approx(halving_all_reduce_time(M, n, BETA, ALPHA))


@pytest.mark.parametrize("n", POWERS)
def test_scatter_then_gather_is_a_broadcast(n: int) -> None:
    m = Machine([{p: frozenset([0]) for p in range(n)}] + [{} for _ in range(n - 1)], M / n)
    for bit in (n >> k for k in range(1, n.bit_length())):
        m.round([(r, r + bit, range(r + bit, r + 2 * bit)) for r in range(0, n, 2 * bit)], add=False)
    ring_gather(m, n, 0)
    assert all(len(held) == n for held in m.held)
    assert m.time == pytest.approx(scatter_gather_broadcast_time(M, n, BETA, ALPHA))


@pytest.mark.parametrize("n", RANKS)
def test_pairwise_all_to_all(n: int) -> None:
    m = Machine([{r * n + to: frozenset([r]) for to in range(n)} for r in range(n)], M / n)
    for step in range(1, n):
        m.round([(r, (r + step) % n, [r * n + (r + step) % n]) for r in range(n)], add=False)
    assert all(source * n + r in m.held[r] for r in range(n) for source in range(n))
    assert m.time == pytest.approx(pairwise_all_to_all_time(M, n, BETA, ALPHA))
    flat = all_to_all_time(M, n, n, BETA, BETA, ALPHA, ALPHA)
    assert m.time == pytest.approx(flat + (n - 2) * ALPHA), "two levels pay latency once"


@pytest.mark.parametrize(("domains", "inside"), [(1, 8), (2, 4), (3, 8), (5, 3), (4, 1), (7, 2), (16, 8)])
def test_hierarchy(domains: int, inside: int) -> None:
    """Reduce-scatter inside each domain, all-reduce across, all-gather inside; every NIC at work."""
    n, inner, outer = domains * inside, 450e9, 50e9
    m = Machine(own(n, n), M / n, inner, 1e-6)

    # piece (i, d) of the message: share i of a domain, of which ring d across
    def piece(i: int, d: int) -> list[Part]:
        return [i % inside * domains + d % domains]

    def share(i: int) -> list[Part]:
        return list(itertools.chain(*(piece(i, d) for d in range(domains))))

    places = [(d, i) for d in range(domains) for i in range(inside)]

    def inward(step: int, first: int) -> list[Send]:
        return [(d * inside + i, d * inside + (i + 1) % inside, share(i + first - step)) for d, i in places]

    def across(step: int, first: int) -> list[Send]:
        return [
            (d * inside + i, (d + 1) % domains * inside + i, piece(i + 1, d + first - step))
            for d, i in places
        ]

    def phase(rounds: int, sends: Callable[[int, int], list[Send]], first: int, add: bool) -> None:
        for step in range(rounds):
            m.round(sends(step, first), add)

    phase(inside - 1, inward, 0, True)
    half = (inside - 1) * 1e-6 + (inside - 1) / inside * M / inner
    assert m.time == pytest.approx(half)
    m.bandwidth, m.latency = outer, 5e-6
    phase(domains - 1, across, 0, True)
    levels = (M, n, inside, inner, outer, 1e-6, 5e-6)
    assert m.time == pytest.approx(hierarchical_gather_time(*levels))
    phase(domains - 1, across, 1, False)
    m.bandwidth, m.latency = inner, 1e-6
    phase(inside - 1, inward, 1, False)
    complete(m, n)
    assert m.time == pytest.approx(hierarchical_all_reduce_time(*levels))


def in_order_tree(n: int) -> dict[int, int]:
    """Parent of each rank in the tree whose levels are the lowest bits set, rooted at 0."""
    parents = {}
    for r in range(1, n):
        bit = r & -r
        up = (r ^ bit) | (bit << 1)
        parents[r] = up if up < n else r ^ bit
    return parents


def two_trees(n: int) -> list[dict[int, int]]:
    """The tree and its mirror image (or, for odd n, its neighbour): a rank inside one is a leaf of the other."""
    first = in_order_tree(n)
    turn: Callable[[int], int] = (lambda r: n - 1 - r) if n % 2 == 0 else (lambda r: (r + 1) % n)
    return [first, {turn(c): turn(p) for c, p in first.items()}]


def coloured(trees: list[dict[int, int]]) -> dict[tuple[int, int, int], int]:
    """Edges (tree, from, to) in two colours, so that in each a rank sends at most once and receives once."""
    edges = [(t, p, c) for t, tree in enumerate(trees) for c, p in tree.items()]
    colour: dict[tuple[int, int, int], int] = {}
    for start in edges:
        todo = [] if start in colour else [(start, 0)]
        while todo:
            edge, c = todo.pop()
            if edge in colour:
                assert colour[edge] == c, "not two-colourable"
                continue
            colour[edge] = c
            todo += [(e, 1 - c) for e in edges if e != edge and (e[1] == edge[1] or e[2] == edge[2])]
    return colour


def two_tree_rounds(n: int, chunks: int) -> int:
    """Rounds until every rank has every chunk of both halves; a reduction is the same, backwards."""
    trees = two_trees(n)
    colour = coloured(trees)
    have = [dict.fromkeys(range(n), 0) for _ in trees]
    for t, tree in enumerate(trees):
        (root,) = set(range(n)) - set(tree)
        have[t][root] = chunks
    rounds = 0
    while any(v < chunks for h in have for v in h.values()):
        moves = [(t, c) for (t, p, c), k in colour.items() if k == rounds % 2 and have[t][p] > have[t][c]]
        for t, c in moves:
            have[t][c] += 1
        rounds += 1
    return rounds


@pytest.mark.parametrize("n", [*range(3, 20), 24, 31, 32, 33, 64, 100, 128])
def test_double_tree(n: int) -> None:
    """The bound is reached, or missed by one round a phase, at any number of chunks."""
    for chunks in (1, 3, 16):
        rounds = 2 * two_tree_rounds(n, chunks)
        told = double_tree_chunked_time(M, n, BETA, ALPHA, chunks) / (ALPHA + M / (2 * chunks * BETA))
        assert 0 <= round(told, 6) - rounds <= 2


@pytest.mark.parametrize("n", RANKS[1:])
@pytest.mark.parametrize("message", [8.0, 1e4, 1e6, 1e9])
def test_double_tree_is_cut_into_the_best_number_of_chunks(n: int, message: float) -> None:
    best = double_tree_all_reduce_time(message, n, BETA, ALPHA)
    tried = min(double_tree_chunked_time(message, n, BETA, ALPHA, k) for k in range(1, 3000))
    assert best <= tried * (1 + 1e-12) and tried <= best * 1.02


def test_bytes_of_large_messages() -> None:
    """Two messages through each port, whatever the pattern; one where the network adds; log2 of them in a tree."""
    message, n = 1e15, 1024
    double, ring, one = (
        f(message, n, BETA, ALPHA) * BETA / message
        for f in (double_tree_all_reduce_time, ring_all_reduce_time, tree_all_reduce_time)
    )
    assert double == pytest.approx(2, rel=1e-3) and ring == pytest.approx(2 * 1023 / 1024)
    assert one == pytest.approx(20)
    assert in_network_all_reduce_time(message, 3, BETA, ALPHA) * BETA / message == pytest.approx(1)


def test_in_network_reduction_as_a_pipeline() -> None:
    """Chunks go up through the switches and down again, each hop busy with one chunk at a time and direction."""
    message, levels, chunks = 1e9, 2, 20_000
    hops = 2 * levels
    free = [0.0] * hops
    for _ in range(chunks):
        at = 0.0
        for hop in range(hops):
            start = max(at, free[hop])
            free[hop] = start + message / chunks / BETA
            at = start + ALPHA + message / chunks / BETA
    assert at == pytest.approx(in_network_all_reduce_time(message, levels, BETA, ALPHA), rel=1e-3)


@pytest.mark.parametrize("n", [3, 4, 5, 8, 100, 1024, 16_384])
def test_crossover(n: int) -> None:
    size = ring_tree_crossover(n, BETA, ALPHA)
    assert tree_all_reduce_time(size, n, BETA, ALPHA) == pytest.approx(
        ring_all_reduce_time(size, n, BETA, ALPHA)
    )
    for below in (0.01, 0.5, 0.99):
        small = size * below
        assert tree_all_reduce_time(small, n, BETA, ALPHA) <= ring_all_reduce_time(small, n, BETA, ALPHA)
        large = size / below + 1
        assert tree_all_reduce_time(large, n, BETA, ALPHA) > ring_all_reduce_time(large, n, BETA, ALPHA)


def test_one_rank_sends_nothing() -> None:
    for f in (ring_all_reduce_time, ring_all_gather_time, tree_all_reduce_time, pairwise_all_to_all_time):
        assert f(M, 1, BETA, ALPHA) == 0


def test_a_message_between_two() -> None:
    size = half_bandwidth_size(BETA, ALPHA)
    assert size / transfer_time(size, BETA, ALPHA) == pytest.approx(BETA / 2)
