"""Golden spikes: inputs, all spikes of each layer and outputs of some samples, beside the model file."""

import json
from pathlib import Path

import numpy as np

from . import container, spiking_reference


def golden_path(model):
    """Where the golden spikes of the model file `model` lie."""
    return Path(model).with_suffix(".golden.safetensors")


def record(document, tensors, inputs):
    """Arrays by name for float32 `inputs` [N, C, H, W]: `input`, `output`, `spikes.<layer>` [N, T, ...]."""
    layers, end = spiking_reference.spiking_layers(document), document["outputs"][0]["name"]
    found = {"input": np.asarray(inputs, np.float32), "output": []}
    found.update({f"spikes.{name}": [] for name in layers})
    for sample in found["input"]:
        values = spiking_reference.run(document, tensors, sample[None])
        found["output"].append(values[end][0])
        for name in layers:
            found[f"spikes.{name}"].append(values[name])
    return {name: np.stack(list(arrays)) for name, arrays in found.items()}


def write(path, model, inputs):
    """Writes what the packed model `model` (bytes) makes of `inputs` to the safetensors file `path`."""
    metadata, tensors = container.unpack(model)
    arrays = record(json.loads(metadata["graph"]), tensors, inputs)
    # Elements of four bytes first: every tensor is aligned without holes.
    arrays = dict(sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize))
    return container.write_bytes(path, container.serialise(arrays, {"format": "spikelet golden spikes"}))


def read(path):
    """The arrays by name that `write` stored."""
    return container.unpack(Path(path).read_bytes())[1]


def with_spikes(document):
    """The graph with the spikes of every layer as further outputs, and the names of all outputs."""
    names = [document["outputs"][0]["name"], *spiking_reference.spiking_layers(document)]
    further = [{"name": name} for name in names[1:]]
    return {**document, "outputs": [*document["outputs"], *further]}, names
