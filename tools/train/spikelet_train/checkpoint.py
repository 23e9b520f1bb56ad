"""Checkpoints: one file a training, replaced atomically after every epoch.

A checkpoint holds tensors and one JSON text, so that PyTorch's restricted loader can read it: a checkpoint
from elsewhere cannot run code.
"""

import json
import os
from pathlib import Path

import torch

from .errors import TrainingError

FORMAT = "spikelet-training-1"


def save(path, record, tensors):
    """Writes `record` (plain values) and `tensors` (nested dictionaries); `path` is always complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    torch.save({"format": FORMAT, "record": json.dumps(record), "tensors": tensors}, partial)
    os.replace(partial, path)


def load(path):
    """(record, tensors) as they were given to `save`."""
    path = Path(path)
    if not path.is_file():
        raise TrainingError("checkpoint-missing", f"there is no checkpoint at {path}; train first")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(
            "checkpoint-damaged",
            f"{path} cannot be read as a checkpoint ({error}); delete it and train again",
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise TrainingError("checkpoint-format", f"{path} is not a checkpoint of this tool ({FORMAT})")
    return json.loads(content["record"]), content["tensors"]


def restore(module, state, path):
    """Loads the weights `state` into `module`; they must fit exactly."""
    try:
        module.load_state_dict(state)
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            "checkpoint-mismatch", f"the weights in {path} do not fit the model: {error}"
        ) from error
