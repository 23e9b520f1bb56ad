"""A finished network, read back from its checkpoint."""

from dataclasses import dataclass

from torch import nn

from . import checkpoint, methods
from .layers import weighted_layers
from .models import build


# Options whose value is the place of a file.
_FILES = {"weights": "checkpoint", "teacher": "checkpoint", "cost_table": "table"}


@dataclass(frozen=True)
class Trained:
    """`mean` and `std` are in units of [0, 1], one a channel; `provenance` maps names to text.

    `quantized` says whether the network's layers are, so that it is exported with integers.
    """

    name: str
    model: nn.Module
    classes: tuple
    mean: tuple
    std: tuple
    provenance: dict
    quantized: bool = False


def load(path):
    """The averaged weights of the checkpoint at `path`, in evaluation mode."""
    record, tensors = checkpoint.load(path)
    options = record["options"]
    method = record.get("method", "float")
    model = build(options["model"], options["width"], len(record["classes"]))
    model = methods.METHODS[method].rebuild(model, record, tensors["average"])
    checkpoint.restore(model, tensors["average"], path)
    return Trained(
        name=options["model"],
        model=model.eval(),
        classes=tuple(record["classes"]),
        mean=_decimals(record["mean"]),
        std=_decimals(record["std"]),
        provenance=_provenance(record, method),
        quantized=any(layer.quantizer.bits for layer in weighted_layers(model).values()),
    )


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
    bits = record.get("state", {}).get("bits")
    if bits:
        provenance["bits"] = " ".join(f"{name}:{width}" for name, width in bits.items())
    if len(record["starts"]) > 1:
        provenance["schedule"] = _schedule(record["starts"])
    return provenance


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
