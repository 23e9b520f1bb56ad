"""ONNX through PyTorch's exporter, without the `onnx` package."""

import inspect
import os
import warnings
from pathlib import Path

import torch

OPSET = 13


def write(path, traced, shape, dynamic_batch=False, opset=OPSET):
    """Writes the traced network, one input `image` of `shape` and one output `logits`, as ONNX.

    What is folded is decided before: the exporter is told to keep the batch normalisation it finds.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    options = {
        "opset_version": opset,
        "do_constant_folding": True,
        "input_names": ["image"],
        "output_names": ["logits"],
        "training": torch.onnx.TrainingMode.PRESERVE,
        "dynamic_axes": {"image": {0: "batch"}, "logits": {0: "batch"}} if dynamic_batch else None,
    }
    # The newer exporter needs further packages; where there is a choice, take the one that needs none.
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(traced.eval(), (torch.zeros(shape),), str(partial), **options)
    os.replace(partial, path)
    return path.stat().st_size
