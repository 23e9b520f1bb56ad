"""What a data set is once it is in memory."""

from dataclasses import dataclass

import numpy as np
import torch

from ..errors import TrainingError
from .inputs import ImageInputs


@dataclass(frozen=True)
class Dataset:
    """`images` is uint8 [N, 3, H, W], `labels` int64 [N] into `classes`, `source` the name of its file."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple
    source: str

    def __post_init__(self):
        if len(self.labels) == 0 or len(self.labels) != len(self.images):
            raise TrainingError(
                "data-damaged", f"{self.source} has {len(self.images)} images and {len(self.labels)} labels"
            )
        if self.labels.min() < 0 or self.labels.max() >= len(self.classes):
            raise TrainingError(
                "data-damaged", f"{self.source} has labels outside its {len(self.classes)} classes"
            )

    def __len__(self):
        return len(self.labels)

    @property
    def bands(self):
        """0: images are no scenes."""
        return 0

    def inputs(self, patch=0):
        """How its images become inputs of a network."""
        return ImageInputs(*(torch.tensor(values) for values in normalisation(self.images)))


def normalisation(images):
    """Mean and standard deviation of each channel of uint8 `images` [N, C, H, W], in units of [0, 1]."""
    count = images.size // images.shape[1]
    values = np.arange(256) / 255.0
    mean, std = [], []
    for channel in range(images.shape[1]):
        histogram = np.bincount(images[:, channel].reshape(-1), minlength=256)
        average = float(histogram @ values / count)
        mean.append(round(average, 4))
        std.append(round(float(np.sqrt(histogram @ (values - average) ** 2 / count)), 4))
    return mean, std
