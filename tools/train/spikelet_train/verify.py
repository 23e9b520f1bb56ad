"""Compares the engine with PyTorch's integer reference, bit for bit, on the images of a data set."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .data.inputs import ImageInputs
from .errors import TrainingError
from .export import container, integer, spiking_reference
from .log import ProgressBar

DIST = Path(__file__).resolve().parents[3] / "dist"
ENGINES = (("simd", 1), ("simd", 2), ("relaxed", 1), ("relaxed", 2))
BATCH = 50


@dataclass(frozen=True)
class Outcome:
    """How one way to run the engine compares: `different` images of all, or `missing`: why it cannot run."""

    engine: str
    different: int = 0
    missing: str = ""


def spread(dataset, count):
    """(images, labels) of `count` test images at equal distances; all of them if there are no more."""
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int))
    return dataset.images[chosen], dataset.labels[chosen]


def inputs_of(path, dataset):
    """How samples of `dataset` become inputs of the model file `path`."""
    metadata, _ = container.unpack(Path(path).read_bytes())
    taken = json.loads(metadata["graph"])["inputs"][0]
    if bool(dataset.bands) == ("meaning" in taken):
        raise TrainingError("data-kind", f"{path} does not read what --data holds: images, or a scene")
    if dataset.bands:
        return dataset.inputs(taken["shape"][-1])
    mean, std = (torch.tensor(taken["meaning"][key]) for key in ("mean", "std"))
    return ImageInputs(mean, std)


def reference(path, inputs):
    """What the model makes of the float32 `inputs` [N, ...]: its logits."""
    metadata, tensors = container.unpack(Path(path).read_bytes())
    document = json.loads(metadata["graph"])
    if not any(node.get("quantization") for node in document["nodes"]):
        raise TrainingError("model-float", f"{path} is no network of integers, whose bits are certain")
    progress, parts = ProgressBar("reference", len(inputs)), []
    for start in range(0, len(inputs), BATCH):
        parts.append(_logits(document, tensors, inputs[start : start + BATCH]))
        progress.update(min(start + BATCH, len(inputs)))
    return np.concatenate(parts)


def _logits(document, tensors, inputs):
    if not spiking_reference.is_spiking(document):
        return integer.run(document, tensors, inputs)
    # The leading axis of a spiking network is time: one sample at a time.
    end = document["outputs"][0]["name"]
    found = [spiking_reference.run(document, tensors, sample[None])[end] for sample in inputs]
    return np.concatenate(found)


def compare(path, inputs, folder, node="node", dist=DIST):
    """(logits, outcomes): the reference's logits, and an `Outcome` for each kernel variant and thread count.

    `folder` gets `inputs.f32`, `logits.f32` and a file of logits for each engine that ran.
    """
    if shutil.which(node) is None or not (Path(dist) / "index.js").is_file():
        raise TrainingError("engine-missing", f"needs {node} and the built package in {dist}: npm run build")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    logits = reference(path, inputs)
    (folder / "inputs.f32").write_bytes(inputs.astype("<f4").tobytes())
    (folder / "logits.f32").write_bytes(logits.astype("<f4").tobytes())
    script = Path(__file__).with_name("run_engine.mjs")
    engines = [f"{variant}:{threads}" for variant, threads in ENGINES]
    command = [node, script, dist, path, folder / "inputs.f32", folder, *engines]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TrainingError("engine-failed", f"the engine ended with an error: {done.stderr.strip()}")
    ran = json.loads(done.stdout)
    return logits, [_outcome(*engine, told, logits, folder) for engine, told in zip(ENGINES, ran)]


def _outcome(variant, threads, told, logits, folder):
    name = f"{variant}, {threads} {'thread' if threads == 1 else 'threads'}"
    if "missing" in told:
        return Outcome(name, missing=told["missing"])
    found = np.fromfile(folder / f"{variant}-{threads}.f32", "<f4").reshape(logits.shape)
    # Compared as bytes: a zero of the other sign is another result.
    differs = (found.view(np.uint32) != logits.astype("<f4").view(np.uint32)).any(1)
    return Outcome(f"{name} ({told['dot']})", int(differs.sum()))


def run(arguments, dataset, say):
    """The command: says how each engine compares and refuses with `verify-different` if one differs."""
    path = Path(arguments.model)
    path = path / "model.spikelet" if path.is_dir() else path
    if not path.is_file():
        raise TrainingError("model-missing", f"there is no model file at {path}; export it first")
    images, labels = spread(dataset, arguments.images)
    with tempfile.TemporaryDirectory() as temporary:
        inputs = inputs_of(path, dataset)(torch.as_tensor(images)).numpy()
        logits, outcomes = compare(path, inputs, arguments.keep or temporary, arguments.node)
    hits = int((logits.argmax(1) == labels).sum())
    say(f"reference: {hits} of {len(images)} images right")
    for outcome in outcomes:
        same = len(images) - outcome.different
        say(f"{outcome.engine}: {outcome.missing or f'{same} of {len(images)} images the same to the bit'}")
    if all(outcome.missing for outcome in outcomes):
        raise TrainingError("engine-missing", "the engine ran in no variant")
    if any(outcome.different for outcome in outcomes):
        raise TrainingError("verify-different", f"the engine and the reference differ on {path}")
