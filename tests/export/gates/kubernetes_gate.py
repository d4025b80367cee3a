"""Kubernetes' own schemas, strictly: an input is {"manifest": text}; of a graph of Dynamo, its pods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gate

VERSION = "1.34"


def load() -> Callable[[Any], str | None]:
    """Import what is slow; returns the check of one input."""
    import kubernetes_validate
    import yaml

    def check(given: Any) -> str | None:
        for document in yaml.safe_load_all(given["manifest"]):
            checked = [document]
            if document["kind"] == "DynamoGraphDeployment":
                parts = document["spec"]["components"]
                checked = [
                    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, **c["podTemplate"]}
                    for c in parts
                ]
                if any(c["podTemplate"]["spec"]["containers"][0]["name"] != "main" for c in parts):
                    return "a component has no container main"
            for one in checked:
                kubernetes_validate.validate(one, VERSION, strict=True)
        return None

    return check


if __name__ == "__main__":
    gate.run("kubernetes-validate", load)
