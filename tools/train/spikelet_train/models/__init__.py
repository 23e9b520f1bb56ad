"""The networks that can be trained, by name."""

from ..errors import TrainingError
from .plain import PLAIN_MODELS
from .resnet import resnet18, resnet20
from .vgg import vgg16

MODELS = {"resnet18": resnet18, "resnet20": resnet20, "vgg16": vgg16, **PLAIN_MODELS}


def build(name, width, classes):
    """The network `name` with its channels scaled by `width`, for `classes` classes."""
    if name not in MODELS:
        raise TrainingError(
            "model-unknown", f'there is no model "{name}"; known are {", ".join(sorted(MODELS))}'
        )
    if not 0 < width <= 8:
        raise TrainingError("model-width", f"the width factor is {width}; it must be above 0 and at most 8")
    return MODELS[name](width, classes)
