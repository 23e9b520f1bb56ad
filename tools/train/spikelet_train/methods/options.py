"""What can be chosen about a training."""

from dataclasses import dataclass, field

from ..errors import TrainingError
from ..models import MODELS


def _option(default, text):
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Options:
    model: str = _option("resnet18", f"network: {', '.join(sorted(MODELS))}")
    width: float = _option(0.5, "factor on the number of channels")
    epochs: int = _option(30, "passes over the training images")
    minutes: float = _option(0.0, "end after this time instead, however many passes that is; 0: by epochs")
    batch: int = _option(128, "images a step")
    rate: float = _option(0.15, "highest learning rate")
    warm_up: float = _option(0.15, "share of the training in which the learning rate rises")
    momentum: float = _option(0.9, "Nesterov momentum")
    weight_decay: float = _option(5e-4, "decay of weights; normalisation and biases have none")
    label_smoothing: float = _option(0.1, "share of the target that is spread over all classes")
    padding: int = _option(4, "largest shift of the random crop in pixels")
    cutout: int = _option(8, "side of the square that is covered in pixels, 0 for none")
    sizes: str = _option("", "smaller images at first: 0.6:24 trains on 24 pixels for 60 % of the training")
    average: float = _option(0.998, "decay of the average of the weights, a step")
    bfloat16: bool = _option(False, "compute in bfloat16 where PyTorch's autocast does")
    weights: str = _option("", "checkpoint.pt whose averaged weights the training starts from")
    device: str = _option("cpu", "cpu, cuda or cuda:N")
    seed: int = _option(1, "seed of weights, order and augmentation")

    def __post_init__(self):
        shares = {"warm_up": self.warm_up, "label_smoothing": self.label_smoothing, "average": self.average}
        for name, value in shares.items():
            if not 0 <= value < 1:
                raise TrainingError("option-range", f"{name} is {value}; it must be at least 0 and below 1")
        for name in ("epochs", "batch", "rate", "padding", "cutout"):
            value, least = getattr(self, name), 0 if name in ("padding", "cutout") else 1e-9
            if value < least:
                raise TrainingError(
                    "option-range",
                    f"{name} is {value}; it must be {'0 or more' if least == 0 else 'above 0'}",
                )


# What may differ between a checkpoint and the training that goes on from it.
FREE_ON_RESUME = ("epochs", "minutes", "bfloat16", "device")
