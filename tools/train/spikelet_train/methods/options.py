"""What can be chosen about a training."""

from dataclasses import dataclass, field

from ..errors import TrainingError
from ..models import MODELS


def option(default, text):
    """A field of an options class, with the text for the command line's help."""
    return field(default=default, metadata={"help": text})


def check(condition, name, value, expected):
    """Refuses the option `name` with this `value` unless `condition` holds."""
    if not condition:
        raise TrainingError("option-range", f"{name} is {value}; it must be {expected}")


def check_activation_bits(value):
    """Refuses widths of activations that the engine does not have."""
    check(value in (0, *range(2, 9)), "activation_bits", value, "0 or 2 to 8")


@dataclass(frozen=True)
class Options:
    model: str = option("resnet18", f"network: {', '.join(sorted(MODELS))}")
    width: float = option(0.5, "factor on the number of channels")
    epochs: int = option(30, "passes over the training images")
    minutes: float = option(0.0, "end after this time instead, however many passes that is; 0: by epochs")
    batch: int = option(128, "images a step")
    rate: float = option(0.15, "highest learning rate")
    warm_up: float = option(0.15, "share of the training in which the learning rate rises")
    momentum: float = option(0.9, "Nesterov momentum")
    weight_decay: float = option(5e-4, "decay of weights; normalisation and biases have none")
    label_smoothing: float = option(0.1, "share of the target that is spread over all classes")
    padding: int = option(4, "largest shift of the random crop in pixels")
    cutout: int = option(8, "side of the square that is covered in pixels, 0 for none")
    sizes: str = option("", "smaller images at first: 0.6:24 trains on 24 pixels for 60 % of the training")
    test_every: int = option(1, "epochs from one test to the next; the last epoch is always tested")
    average: float = option(0.998, "decay of the average of the weights, a step")
    bfloat16: bool = option(False, "compute in bfloat16 where PyTorch's autocast does")
    weights: str = option("", "checkpoint.pt whose averaged weights the training starts from")
    device: str = option("cpu", "cpu, cuda or cuda:N")
    seed: int = option(1, "seed of weights, order and augmentation")

    def __post_init__(self):
        shares = {"warm_up": self.warm_up, "label_smoothing": self.label_smoothing, "average": self.average}
        for name, value in shares.items():
            if not 0 <= value < 1:
                raise TrainingError("option-range", f"{name} is {value}; it must be at least 0 and below 1")
        check(self.test_every >= 1, "test_every", self.test_every, "1 or more")
        for name in ("epochs", "batch", "rate", "padding", "cutout"):
            value, least = getattr(self, name), 0 if name in ("padding", "cutout") else 1e-9
            if value < least:
                raise TrainingError(
                    "option-range",
                    f"{name} is {value}; it must be {'0 or more' if least == 0 else 'above 0'}",
                )


# What may differ between a checkpoint and the training that goes on from it.
FREE_ON_RESUME = ("epochs", "minutes", "test_every", "bfloat16", "device")
