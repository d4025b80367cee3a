"""SGLang's own arguments and what it resolves them to.

An input is {"words": [...], "model": config.json, "nodes": of a replica}.
"""

from __future__ import annotations

import json
import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gate


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    import logging
    import warnings

    warnings.filterwarnings("ignore")
    import torch  # noqa: F401
    import transformers.image_transforms  # before torchvision seems to be there
    import transformers.image_utils  # noqa: F401

    gate.without("triton", "torchvision", "tvm_ffi")
    from sglang.srt.server_args import prepare_server_args

    logging.disable(logging.CRITICAL)

    def check(given: Any) -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "config.json").write_text(json.dumps(given["model"]))
            words = list(given["words"])
            words[words.index("--model-path") + 1] = folder
            words += ["--device", "cuda"]
            if given["nodes"] > 1:
                words += [
                    "--nnodes",
                    str(given["nodes"]),
                    "--node-rank",
                    "0",
                    "--dist-init-addr",
                    "10.0.0.1:5000",
                ]
            try:
                args = prepare_server_args(words)
                args.resolve_once()
                args.check_server_args()
            except AssertionError as e:
                return str(e) or str(traceback.extract_tb(e.__traceback__)[-1].line)
            found = args.resolved_dict()
        heads = given["model"]["num_attention_heads"]
        # What SGLang finds only when it loads the model.
        if heads % (found["tp_size"] // max(1, found.get("attn_dp_size") or 1)):
            return f"{heads} heads are not divisible by tp {found['tp_size']} less attention dp"
        return (
            f"ep does not divide tp {found['tp_size']}"
            if found["tp_size"] % max(1, found["ep_size"])
            else None
        )

    return check


if __name__ == "__main__":
    gate.run("sglang", load)
