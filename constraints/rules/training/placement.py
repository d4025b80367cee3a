"""Where the ranks of a training run stand: how many of each group share a scale-up domain.

Ranks are numbered from the inside out: tensor, context, data, pipeline, as Megatron-LM (tp-cp-ep-dp-pp) and
torchtitan do. So neighbours are one device apart in a tensor group, TP in a context group and in the group that
shares out gradients (context and data ranks together). Experts number the devices of a stage anew: ETP, EP,
then ranks with the same experts (Megatron-Core's parallel folding). Groups lie side by side and fill one
domain after the other; the one that is cut the worst sets the pace. Domains fill pods of the network in the
same way: what gradients and tokens for experts send from pod to pod shares uplinks, which may be fewer than
the ports below. Tensor and context groups are taken to stay in a pod; stages hand over across few uplinks.
"""

from __future__ import annotations

from constraints.algebras.maths import ceil, where
from constraints.instance import instance
from constraints.quantities import Count, Fraction
from constraints.rule import rule
from constraints.rules.library.collectives import ranks_inside


@rule(
    wall=10,
    cite="whole servers are filled; a job on racks or slices of pods has equal parts (Google Cloud TPU Multislice)",
)
def domain_devices(devices_used: Count, scale_up_domain: Count, equal_parts: Count) -> Count:
    """Devices of the job in each scale-up domain, in whole servers all but the last.

    `equal_parts` is 1 where a domain is larger than what a job must take of it.

    >>> domain_devices(18, 8, 0), domain_devices(256, 72, 1), domain_devices(6144, 4096, 1)
    (8, 64, 3072)
    """
    parts = ceil(devices_used / scale_up_domain)
    return where(equal_parts > 0, ceil(devices_used / parts), scale_up_domain)


@rule(cite="Liu et al. 2023: gradients are summed over context ranks too")
def data_ranks(cp: Count, dp: Count) -> Count:
    """Ranks that hold the same parameters outside the experts.

    >>> data_ranks(2, 64)
    128
    """
    return cp * dp


@rule(cite="Megatron-Core MoE parallel folding: experts have ranks of their own, ETP innermost, then EP")
def expert_ranks(ep: Count, etp: Count) -> Count:
    """Neighbouring devices that hold all experts of a layer together.

    >>> expert_ranks(64, 1), expert_ranks(64, 2)
    (64, 128)
    """
    return ep * etp


@rule(cite="Megatron-Core MoE parallel folding: EDP = TP x CP x DP / (ETP x EP)")
def expert_data_ranks(tp: Count, cp: Count, dp: Count, expert_ranks: Count) -> Count:
    """Ranks that hold the same experts.

    >>> expert_data_ranks(2, 2, 64, 32)
    8.0
    """
    return tp * cp * dp / expert_ranks


@rule(cite="Megatron-Core: a rank dispatches the tokens it has, then all of its ETP group see them")
def expert_token_share(sp: Count, tp: Count, etp: Count) -> Fraction:
    """Tokens whose copies a rank's experts receive, over those of its tensor group.

    Without sequence parallelism every tensor rank has all of them.

    >>> expert_token_share(1, 4, 1), expert_token_share(1, 4, 4), expert_token_share(0, 4, 4)
    (0.25, 1.0, 1)
    """
    return where(sp > 0, etp / tp, 1)


@instance(
    ranks_inside,
    {"ranks": "tp", "domain": "domain_devices", "devices": "devices_used"},
    fixed={"stride": 1},
    wall=10,
)
def tp_inside() -> Count:
    """Fewest ranks of a tensor group that share a scale-up domain.

    >>> tp_inside(8, 8, 64), tp_inside(6, 8, 48), tp_inside(12, 8, 24)
    (8, 2.0, 4.0)
    """


@instance(
    ranks_inside,
    {"ranks": "cp", "stride": "tp", "domain": "domain_devices", "devices": "devices_used"},
    wall=10,
)
def cp_inside() -> Count:
    """Fewest ranks of a context group that share a scale-up domain.

    >>> cp_inside(4, 2, 8, 64), cp_inside(16, 2, 8, 64)
    (4, 4)
    """


@instance(
    ranks_inside,
    {"ranks": "ep", "stride": "etp", "domain": "domain_devices", "devices": "devices_used"},
    wall=10,
)
def ep_inside() -> Count:
    """Fewest ranks of an expert group that share a scale-up domain.

    >>> ep_inside(64, 1, 8, 512), ep_inside(64, 2, 8, 512), ep_inside(64, 1, 64, 256)
    (8, 4, 64)
    """


@instance(
    ranks_inside,
    {"ranks": "etp", "domain": "domain_devices", "devices": "devices_used"},
    fixed={"stride": 1},
    wall=10,
)
def etp_inside() -> Count:
    """Fewest ranks of a group that shares each expert and a scale-up domain.

    >>> etp_inside(2, 8, 64), etp_inside(6, 8, 48)
    (2, 2.0)
    """


@instance(
    ranks_inside,
    {"ranks": "data_ranks", "stride": "tp", "domain": "domain_devices", "devices": "devices_used"},
    wall=10,
)
def data_inside() -> Count:
    """Fewest ranks that hold the same parameters outside the experts and share a scale-up domain.

    >>> data_inside(16, 1, 8, 16), data_inside(18, 1, 8, 18), data_inside(16, 8, 8, 128)
    (8, 2, 1)
    """


@instance(
    ranks_inside,
    {
        "ranks": "expert_data_ranks",
        "stride": "expert_ranks",
        "domain": "domain_devices",
        "devices": "devices_used",
    },
    wall=10,
)
def expert_data_inside() -> Count:
    """Fewest ranks that hold the same experts and share a scale-up domain.

    >>> expert_data_inside(8, 64, 8, 512), expert_data_inside(4, 2, 8, 8)
    (1, 4)
    """


@instance(
    ranks_inside,
    {"ranks": "ep", "stride": "etp", "domain": "pod_devices", "devices": "devices_used"},
    wall=10,
)
def ep_near() -> Count:
    """Fewest ranks of an expert group in one pod of the network between domains.

    >>> ep_near(64, 1, 32, 512), ep_near(64, 1, 1e9, 512)
    (32, 64)
    """


@instance(
    ranks_inside,
    {"ranks": "data_ranks", "stride": "tp", "domain": "pod_devices", "devices": "devices_used"},
    wall=10,
)
def data_near() -> Count:
    """Fewest ranks that hold the same parameters outside the experts and stand in one pod.

    >>> data_near(64, 8, 256, 512), data_near(64, 8, 1e9, 512)
    (32, 64)
    """


@instance(
    ranks_inside,
    {
        "ranks": "expert_data_ranks",
        "stride": "expert_ranks",
        "domain": "pod_devices",
        "devices": "devices_used",
    },
    wall=10,
)
def expert_data_near() -> Count:
    """Fewest ranks that hold the same experts and stand in one pod.

    >>> expert_data_near(8, 64, 256, 512), expert_data_near(8, 64, 1e9, 512)
    (4, 8)
    """
