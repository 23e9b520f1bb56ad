"""The networks that can be trained, by name."""

from ..errors import TrainingError
from .hyperspectral import SCENE_MODELS
from .plain import PLAIN_MODELS
from .resnet import resnet18, resnet20
from .vgg import vgg16
from .vit import VISION_TRANSFORMERS

MODELS = {
    "resnet18": resnet18,
    "resnet20": resnet20,
    "vgg16": vgg16,
    **PLAIN_MODELS,
    **VISION_TRANSFORMERS,
    **SCENE_MODELS,
}


def build(name, width, classes, bands=0):
    """The network `name` with its channels scaled by `width`, for `classes` classes.

    `bands` is the number of bands of a scene's pixels, 0 for images.
    """
    if name not in MODELS:
        raise TrainingError(
            "model-unknown", f'there is no model "{name}"; known are {", ".join(sorted(MODELS))}'
        )
    if not 0 < width <= 8:
        raise TrainingError("model-width", f"the width factor is {width}; it must be above 0 and at most 8")
    if (name in SCENE_MODELS) != bool(bands):
        known = SCENE_MODELS if bands else set(MODELS) - set(SCENE_MODELS)
        kind = "a scene" if bands else "images"
        raise TrainingError(
            "model-data", f"the data are {kind}, which {name} does not read; take {', '.join(sorted(known))}"
        )
    if not bands:
        return MODELS[name](width, classes)
    if bands < SCENE_MODELS[name].least_bands:
        raise TrainingError(
            "model-data", f"{name} needs {SCENE_MODELS[name].least_bands} bands, the scene has {bands}"
        )
    return SCENE_MODELS[name](width, classes, bands)
