"""Kubernetes: Deployments, StatefulSets and Jobs of an engine; llm-d values, KServe, Dynamo graphs and Ray Serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalogs.errors import InputError
from designer.launching import vllm_options as vllm
from designer.launching.documents import items, part
from designer.launching.launcher import FoundCommand, Launcher, launchers, read_launch, words_of
from designer.launching.options import Remark, grammar, parsed
from designer.launching.shell import Script
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading

TITLE = "Kubernetes"
_WORKS = (
    "Deployment",
    "StatefulSet",
    "Pod",
    "Job",
    "LeaderWorkerSet",
    "DynamoGraphDeployment",
    "LLMInferenceService",
)
_OTHERS = ("Service", "PersistentVolumeClaim", "Secret", "ConfigMap", "Namespace", "Ingress", "HTTPRoute", "Gateway",
           "HorizontalPodAutoscaler", "ServiceAccount", "Role", "RoleBinding")  # fmt: skip
_PLACES = (
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "cloud.google.com/machine-type",
)
GRAMMAR = grammar(TITLE, read="replicas")


def owns(data: Mapping[str, Any]) -> bool:
    """An object of Kubernetes, values of the chart of llm-d, or applications of Ray Serve."""
    return ("apiVersion" in data and "kind" in data) or "modelArtifacts" in data or "applications" in data


def read_document(
    documents: list[Mapping[str, Any]], source: LaunchText, ignored: tuple[str, ...]
) -> Reading:
    """The one engine that the documents start; raises InputError for none, or for several."""
    found = [s for data in documents for s in _engines(data, source, ignored)]
    if not found:
        kinds = ", ".join(str(d.get("kind", "?")) for d in documents if d.get("kind") not in _OTHERS)
        raise InputError(
            f"{source.name}: no engine that is read here is started by it{f' ({kinds})' if kinds else ''}"
        )
    if len(found) > 1:
        raise InputError(f"{source.name}: {len(found)} engines are started by it; give one of them")
    return found[0]


def _engines(data: Mapping[str, Any], source: LaunchText, ignored: tuple[str, ...]) -> Iterator[Reading]:
    if "modelArtifacts" in data:
        yield _llm_d(data, source, ignored)
    elif "applications" in data:
        yield from _ray(data, source, ignored)
    elif data.get("kind") == "LLMInferenceService":
        yield _kserve(data, source, ignored)
    elif data.get("kind") == "DynamoGraphDeployment":
        yield from _dynamo(data, source, ignored)
    elif data.get("kind") in _WORKS:
        spec = data if data["kind"] == "Pod" else part(data, "spec", "template")
        if data["kind"] == "LeaderWorkerSet":
            spec = part(data, "spec", "leaderWorkerTemplate", "leaderTemplate") or part(
                data, "spec", "leaderWorkerTemplate", "workerTemplate"
            )
        yield from _pods(
            part(spec or {}, "spec") or {}, _replicas(data, source, "spec", "replicas"), source, ignored
        )


def _replicas(data: Mapping[str, Any], source: LaunchText, *keys: str) -> int:
    found = part(data, *keys)
    if found is None:
        return 1
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= 10**6:
        raise InputError(f"{source.name}: {'.'.join(keys)}: {found!r} is no number of copies")
    return found


def _place(spec: Mapping[str, Any]) -> str:
    labels = part(spec, "nodeSelector") or {}
    return next((str(labels[k]) for k in _PLACES if k in labels), "")


def _pods(
    spec: Mapping[str, Any], replicas: int, source: LaunchText, ignored: tuple[str, ...]
) -> Iterator[Reading]:
    for container in items(spec, "containers"):
        command = [str(w) for key in ("command", "args") for w in container.get(key) or []]
        stated = _started(command, str(container.get("image", "")), source, ignored)
        if stated is not None:
            yield _copies(stated, replicas, _place(spec), _limit(container))


def _limit(container: Mapping[str, Any]) -> int | None:
    limits = part(container, "resources", "limits") or part(container, "resources", "requests") or {}
    said = [v for k, v in limits.items() if str(k) in ("nvidia.com/gpu", "amd.com/gpu", "habana.ai/gaudi")]
    return int(said[0]) if said and str(said[0]).isdigit() else None


def _copies(stated: Reading, replicas: int, node: str, devices: int | None, nodes: int = 1) -> Reading:
    """A replica's launch, so many times over; raises InputError where its pod has other devices than it takes."""
    d = stated.decisions
    needs = int(d["tp"]) * int(d["pp"]) * int(d["dp"])
    if devices is not None and devices * nodes < needs:
        raise InputError(f"a pod has {devices * nodes} devices, and a replica takes tp * pp * dp = {needs}")
    said = stated.remarks
    if devices is not None and devices * nodes > needs:
        said = (
            *said,
            Remark(f"{devices * nodes} devices of a pod", f"a replica uses {needs}, the others are idle"),
        )
    because = {**stated.because, "replicas": f"replicas {replicas}"}
    return replace(stated, decisions={**d, "replicas": replicas}, node=node, because=because, remarks=said)


def _started(command: list[str], image: str, source: LaunchText, ignored: tuple[str, ...]) -> Reading | None:
    """What a container starts: a command of a launcher, a shell's text, or options for the one in its image."""
    if len(command) > 2 and command[0].rsplit("/", 1)[-1] in ("sh", "bash") and "-c" in command[1]:
        return read_launch(
            LaunchText(command[2], f"{source.name}: args", source.folder, source.files), ignored
        )
    for launcher in launchers():
        at = launcher.begins(command)
        if at is not None and launcher.read:
            return launcher.read(FoundCommand(command[at:], command[:at], source, Script([]), ignored))
    if "dynamo.vllm" in command or "vllm-openai" in image:
        at = command.index("dynamo.vllm") + 1 if "dynamo.vllm" in command else 0
        return vllm.stated_of(parsed(vllm.GRAMMAR, command[at:]), ignored)
    return None


def _dynamo(data: Mapping[str, Any], source: LaunchText, ignored: tuple[str, ...]) -> Iterator[Reading]:
    components = items(data, "spec", "components")
    if any(c.get("type") == "prefill" for c in components):
        raise InputError(
            f"{source.name}: pools of machines apart are not read; ask it as workload.pools: apart"
        )
    for component in components:
        pod = part(component, "podTemplate", "spec") or {}
        replicas = _replicas(component, source, "replicas")
        nodes = part(component, "multinode", "nodeCount") or 1
        for container in items(pod, "containers"):
            command = [str(w) for key in ("command", "args") for w in container.get(key) or []]
            stated = _started(command, "", source, ignored)
            if stated is not None:
                yield _copies(
                    stated, replicas, _place(pod), _limit(container), nodes if isinstance(nodes, int) else 1
                )


def _llm_d(data: Mapping[str, Any], source: LaunchText, ignored: tuple[str, ...]) -> Reading:
    if part(data, "prefill", "replicas") or part(data, "prefill", "create"):
        raise InputError(
            f"{source.name}: pools of machines apart are not read; ask it as workload.pools: apart"
        )
    decode = part(data, "decode") or {}
    words = parsed(vllm.GRAMMAR, [str(w) for c in items(decode, "containers") for w in c.get("args") or []])
    split = part(decode, "parallelism") or {}
    for key, option in (("tensor", "tensor-parallel-size"), ("data", "data-parallel-size")):
        if key in split:
            words.set(option, [str(split[key])], f"decode.parallelism.{key} {split[key]}")
    name = str(
        part(data, "modelArtifacts", "name") or part(data, "modelArtifacts", "uri") or ""
    ).removeprefix("hf://")
    if not name:
        raise InputError(f"{source.name}: modelArtifacts names no model")
    stated = vllm.stated_of(words, ignored, model=name)
    return replace(_copies(stated, _replicas(data, source, "decode", "replicas"), "", None), target="llm-d")


def _kserve(data: Mapping[str, Any], source: LaunchText, ignored: tuple[str, ...]) -> Reading:
    if part(data, "spec", "prefill"):
        raise InputError(
            f"{source.name}: pools of machines apart are not read; ask it as workload.pools: apart"
        )
    containers = items(data, "spec", "template", "containers")
    said = " ".join(
        str(e.get("value", ""))
        for c in containers
        for e in items(c, "env")
        if e.get("name") == "VLLM_ADDITIONAL_ARGS"
    )
    words = parsed(vllm.GRAMMAR, said.split())
    split = part(data, "spec", "parallelism") or {}
    named = {
        "tensor": "tensor-parallel-size",
        "pipeline": "pipeline-parallel-size",
        "data": "data-parallel-size",
    }
    for key, option in named.items():
        if key in split:
            words.set(option, [str(split[key])], f"parallelism.{key} {split[key]}")
    if split.get("expert"):
        words.set("enable-expert-parallel", [], "parallelism.expert")
    name = str(part(data, "spec", "model", "name") or part(data, "spec", "model", "uri") or "").removeprefix(
        "hf://"
    )
    if not name:
        raise InputError(f"{source.name}: spec.model names no model")
    stated = vllm.stated_of(words, ignored, model=name)
    return _copies(
        stated,
        _replicas(data, source, "spec", "replicas"),
        _place(part(data, "spec", "template") or {}),
        None,
    )


def _ray(data: Mapping[str, Any], source: LaunchText, ignored: tuple[str, ...]) -> Iterator[Reading]:
    for application in items(data, "applications"):
        for model in items(application, "args", "llm_configs"):
            words = words_of(part(model, "engine_kwargs") or {}, vllm.GRAMMAR, "engine_kwargs")
            name = part(model, "model_loading_config", "model_source") or part(
                model, "model_loading_config", "model_id"
            )
            if part(model, "deployment_config", "autoscaling_config"):
                raise InputError(
                    f"{source.name}: autoscaling_config leaves the replicas open; give num_replicas"
                )
            stated = vllm.stated_of(words, ignored, model=str(name))
            yield replace(
                _copies(stated, _replicas(model, source, "deployment_config", "num_replicas"), "", None),
                target="ray-serve",
            )


LAUNCHER = Launcher("Kubernetes", GRAMMAR, owns=owns, read_document=read_document)
