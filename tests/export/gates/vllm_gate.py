"""vLLM's own parser and the configuration it makes of its arguments, with GPUs that are only said to be there.

An input is {"config": text of a --config file, "model": config.json, "devices": on a node, "capability": "9.0",
"memory": bytes of a device, "nodes": of a replica}.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gate


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    os.environ.update(
        VLLM_LOGGING_LEVEL="ERROR", HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", VLLM_NO_USAGE_STATS="1"
    )
    libraries = ("_C", "_C_stable_libtorch", "_moe_C", "_moe_C_stable_libtorch", "vllm_flash_attn")
    gate.without(*(f"vllm.{n}" for n in libraries))
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    import torch  # noqa: F401
    import vllm.platforms as platforms
    from vllm.platforms.cuda import CudaPlatformBase
    from vllm.platforms.interface import DeviceCapability

    said: dict[str, Any] = {}

    class Said(CudaPlatformBase):  # type: ignore[misc]
        """The devices of the input."""

        @classmethod
        def get_device_capability(cls, device_id: int = 0) -> Any:
            return DeviceCapability(*(int(n) for n in said["capability"].split(".")))

        @classmethod
        def has_device_capability(cls, capability: Any, device_id: int = 0) -> bool:
            wanted = capability if isinstance(capability, tuple) else divmod(capability, 10)
            return tuple(cls.get_device_capability()) >= tuple(wanted)

        @classmethod
        def get_device_name(cls, device_id: int = 0) -> str:
            return "a GPU"

        @classmethod
        def get_device_total_memory(cls, device_id: int = 0) -> int:
            return int(said["memory"])

        @classmethod
        def get_device_uuid(cls, device_id: int = 0) -> str:
            return str(device_id)

        @classmethod
        def is_fully_connected(cls, physical_device_ids: Any) -> bool:
            return True

        @classmethod
        def device_count(cls) -> int:
            return int(said["devices"])

    platforms._current_platform = Said()
    import vllm._custom_ops as operations

    for name in dir(operations):
        if "_support" in name:
            setattr(operations, name, lambda *_: True)
    import vllm.model_executor.models.registry as registry
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.entrypoints.common.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    def decoder(self: Any) -> Any:
        """What the registry learns by importing a model with its kernels: here, of any decoder."""
        text = {"architecture": self.class_name, "attn_type": "decoder", "score_type": "bi-encoder"}
        able = {"is_text_generation_model", "supports_pp", "supports_lora"}
        fields = dataclasses.fields(registry._ModelInfo)
        values = {
            f.name: text.get(f.name, "LAST" if "pooling_type" in f.name else f.name in able) for f in fields
        }
        return registry._ModelInfo(**{**values, "supported_video_pruning_methods": ()})

    registry._LazyRegisteredModel.inspect_model_cls = decoder

    def check(given: Any) -> str | None:
        said.update(given)
        parser = make_arg_parser(FlexibleArgumentParser(prog="vllm serve"))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "vllm.yaml")
            file.write_text(given["config"])
            Path(folder, "config.json").write_text(json.dumps(given["model"]))
            words = parser._pull_args_from_config(["serve", "--config", str(file)])[1:]
            if given["nodes"] > 1:
                words += ["--nnodes", str(given["nodes"]), "--node-rank", "0", "--master-addr", "10.0.0.1"]
            args = parser.parse_args(words)
            validate_parsed_serve_args(args)
            args.model, args.tokenizer, args.skip_tokenizer_init, args.model_tag = (
                folder,
                folder,
                True,
                folder,
            )
            AsyncEngineArgs.from_cli_args(args).create_engine_config()
        return None

    return check


if __name__ == "__main__":
    gate.run("vllm", load)
