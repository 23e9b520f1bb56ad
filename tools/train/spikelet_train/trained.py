"""A finished network, read back from its checkpoint."""

import json
from dataclasses import dataclass

import torch
from torch import nn

from . import checkpoint, methods
from .data.inputs import ImageInputs
from .errors import TrainingError
from .layers import weighted_layers
from .models import build


# Options whose value is the place of a file.
_FILES = {"weights": "checkpoint", "teacher": "checkpoint", "cost_table": "table"}


@dataclass(frozen=True)
class Trained:
    """`mean` and `std` are in units of [0, 1], one a channel; `provenance` maps names to text.

    A network over patches of a scene has none of them, but `scene`: bands, patch and normalisation.

    `quantized` says whether the network's layers are, so that it is exported with integers.
    """

    name: str
    model: nn.Module
    classes: tuple
    mean: tuple
    std: tuple
    provenance: dict
    quantized: bool = False
    scene: object = None

    def input_shape(self, size=32):
        """The shape of one input; images have `size` by `size` pixels."""
        if self.scene:
            return (1, 1, self.scene["bands"], self.scene["patch"], self.scene["patch"])
        return (1, 3, size, size)

    def inputs(self, dataset):
        """How samples of `dataset` become inputs of the network."""
        if self.scene:
            return _checked(self.scene, dataset)
        return ImageInputs(torch.tensor(self.mean), torch.tensor(self.std))


def load(path):
    """The averaged weights of the checkpoint at `path`, in evaluation mode."""
    record, tensors = checkpoint.load(path)
    options = record["options"]
    method = record.get("method", "float")
    scene = record.get("scene")
    model = build(options["model"], options["width"], len(record["classes"]), scene["bands"] if scene else 0)
    model = methods.METHODS[method].rebuild(model, record, tensors["average"])
    checkpoint.restore(model, tensors["average"], path)
    return Trained(
        name=options["model"],
        model=model.eval(),
        classes=tuple(record["classes"]),
        mean=_decimals(record.get("mean", ())),
        std=_decimals(record.get("std", ())),
        provenance=_provenance(record, method),
        scene=scene,
        quantized=any(layer.quantizer.bits for layer in weighted_layers(model).values()),
    )


def _checked(scene, dataset):
    if not dataset.bands:
        raise TrainingError("data-kind", "the network reads a scene, --data are images")
    inputs = dataset.inputs(scene["patch"])
    if inputs.normalisation.as_json() != scene["normalisation"]:
        raise TrainingError(
            "data-normalisation", f"the network was trained on other samples or another normalisation than "
            f"those of {dataset.source}"
        )
    return inputs


def _decimals(values):
    """float32 values without the digits that only their conversion to double has."""
    return tuple(round(value, 6) for value in values)


def _provenance(record, method):
    options = record["options"]
    provenance = {
        "method": method,
        "model": f"{options['model']}, width factor {options['width']}",
        "data": record["data"],
        "command": _command(options, method),
        "epochs": f"{record['passes']:.4g}",
        "tool": f"spikelet_train {record['tool']}",
    }
    if record["accuracy"] is not None:
        provenance["accuracy"] = f"{100 * record['accuracy']:.2f} % of {record['test_images']} test images"
    if record.get("scene"):
        provenance.update(_scene(record))
    bits = record.get("state", {}).get("bits")
    if bits:
        provenance["bits"] = " ".join(f"{name}:{width}" for name, width in bits.items())
    if len(record["starts"]) > 1:
        provenance["schedule"] = _schedule(record["starts"])
    return provenance


def _scene(record):
    scene, scores = record["scene"], record.get("scores")
    split = scene["split"]
    found = {
        "split": f"{split['kind']}, seed {split['seed']}: {split['train']} pixels to train on",
        "sceneLabels": ",".join(map(str, scene["labels"])),
        "normalisation": json.dumps(scene["normalisation"], separators=(",", ":")),
    }
    if scores:
        found["accuracy"] = ", ".join(
            f"{name} {100 * scores[key]:.2f} %" for name, key in (("OA", "overall"), ("AA", "average"))
        )
        found["accuracy"] += f", kappa {scores['kappa']:.4f} on {record['test_images']} test pixels"
    return found


def _schedule(starts):
    """The schedules that a training had in turn when it was resumed with others."""
    parts = []
    for start in starts:
        length = f"{start['minutes']:g} minutes" if start["minutes"] else f"{start['epochs']} epochs"
        parts.append(f"from epoch {start['passes']:.4g}: {length}")
    return ", ".join(parts)


def _command(options, method):
    """The command that repeats the training, without the places of files, which tell nothing."""
    words = [f"python3 -m spikelet_train {method} --data <data> --out <folder>"]
    left_out = "epochs" if options["minutes"] else "minutes"
    for name, value in options.items():
        if name == left_out:
            continue
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words += [flag] if value else []
        elif name in _FILES:
            words += [f"{flag} <{_FILES[name]}>"] if value else []
        elif value != "":
            words.append(f"{flag} {value}")
    return " ".join(words)
