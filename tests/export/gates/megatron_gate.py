"""Megatron-LM's own arguments, validation, model configuration and split of layers (megatron-core).

An input is {"words": [...], "world": ranks, "arch": compute capability, "layers": of each stage}.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import gate


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    gate.without("triton")
    import logging

    import torch
    from megatron.core import num_microbatches_calculator as micro
    from megatron.core.transformer.transformer_block import get_num_layers_to_build
    from megatron.training import arguments

    logging.disable(logging.CRITICAL)
    # Not here, and on the machines that the arguments are for.
    from megatron.core import utils

    utils._te_version = utils.PkgVersion("2.9.0")

    def check(given: Any) -> str | None:
        arch, world = given["arch"], given["world"]
        os.environ.update(given["environment"], RANK="0", WORLD_SIZE=str(world))
        arguments.get_device_arch_version = lambda: arch
        torch.cuda.get_device_capability = lambda *_: (arch, 0)
        sys.argv = ["pretrain_gpt.py", *given["words"]]
        args = arguments.parse_args()
        arguments.validate_args(args)
        args.apply_rope_fusion = False  # a kernel of Transformer Engine
        config = arguments.core_transformer_config_from_args(args)
        micro.unset_num_microbatches_calculator()
        micro.init_num_microbatches_calculator(
            0,
            args.rampup_batch_size,
            args.global_batch_size,
            args.micro_batch_size,
            args.data_parallel_size,
            False,
        )
        batches, pp = micro.get_num_microbatches(), args.pipeline_model_parallel_size
        vpp = args.virtual_pipeline_model_parallel_size
        layout = getattr(config.pipeline_model_parallel_layout, "layout", None)
        if layout:
            stages = [sum(k.name == "decoder" for chunk in rank for k in chunk) for rank in layout]
        else:
            chunks = range(vpp) if vpp else [None]
            stages = [
                sum(get_num_layers_to_build(config, vp_stage=v, pp_rank=r) for v in chunks) for r in range(pp)
            ]
        if stages != given["layers"]:
            return f"builds stages of {stages} layers, not {given['layers']}"
        # What Megatron says only when the job has started.
        if vpp and batches % pp:
            return f"{batches} micro-batches are no multiple of pp {pp}"
        split = args.expert_model_parallel_size * (
            args.expert_tensor_parallel_size or args.tensor_model_parallel_size
        )
        if args.num_experts and world % (split * pp):
            return f"{world} ranks are not divisible by ep * tp * pp = {split * pp}"
        return None

    return check


if __name__ == "__main__":
    gate.run("megatron-core", load)
