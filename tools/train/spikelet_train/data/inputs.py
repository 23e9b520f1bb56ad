"""How the samples of a data set become inputs of a network: images, or places in a scene."""

from dataclasses import dataclass

import numpy as np
import torch

from .. import augment
from ..errors import TrainingError
from .patches import patches

SYMMETRIES = 8


@dataclass(frozen=True)
class ImageInputs:
    """Samples are uint8 images [N, C, H, W]; `mean` and `std` are float tensors [C] in units of [0, 1]."""

    mean: object
    std: object
    layout = torch.channels_last

    @property
    def ends(self):
        """The least and the greatest normalised value that a pixel can have."""
        pairs = list(zip(self.mean.tolist(), self.std.tolist()))
        return min((0 - m) / s for m, s in pairs), max((1 - m) / s for m, s in pairs)

    def __call__(self, images):
        """float32 [N, C, H, W] on the device of `images`."""
        device = images.device
        return augment.normalise(images, self.mean.to(device), self.std.to(device))

    def shown(self, images, options, flips, epoch, generator):
        """Training views of `images`, still uint8: shifted, mirrored, covered; `flips` is bool [N]."""
        images = augment.random_crop(images, options.padding, generator)
        images = augment.alternating_flip(images, flips, epoch)
        grey = (self.mean * 255).round().to(torch.uint8)
        return augment.cutout(images, options.cutout, generator, grey)

    def turned(self, x, generator):
        """Training views of inputs: `shown` has made them already."""
        return x

    def record(self):
        """What a checkpoint keeps of it."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}


@dataclass(frozen=True)
class PatchInputs:
    """Samples are places `row * width + column` [N] in the float32 scene `cube` [height, width, bands];
    `numbers` are the labels of the classes in it."""

    cube: np.ndarray
    patch: int
    normalisation: object
    split: object
    numbers: tuple
    layout = torch.contiguous_format

    def __post_init__(self):
        if self.split.kind == "disjoint" and self.split.patch < self.patch:
            raise TrainingError(
                "data-split",
                f"the split keeps patches of {self.split.patch} pixels apart, the network reads "
                f"{self.patch}; split with --patch {self.patch}",
            )

    @property
    def ends(self):
        """The least and the greatest value of the scene."""
        return float(self.cube.min()), float(self.cube.max())

    def __call__(self, places):
        """float32 [N, 1, bands, patch, patch] on the device of `places`."""
        found = patches(self.cube, torch.as_tensor(places).cpu().numpy(), self.patch)
        return torch.from_numpy(found).to(places.device)

    def shown(self, places, options, flips, epoch, generator):
        """Training views of places: `turned` makes them of their patches."""
        return places

    def turned(self, x, generator):
        """The patches `x`, each in one of the eight symmetries of the square."""
        which = torch.randint(0, SYMMETRIES, (len(x),), generator=generator).to(x.device)
        for bit, change in enumerate((lambda t: t.flip(3), lambda t: t.flip(4), lambda t: t.transpose(3, 4))):
            chosen = (which >> bit & 1).bool()
            x[chosen] = change(x[chosen])
        return x

    def record(self):
        """What a checkpoint keeps of it."""
        split = self.split
        return {
            "scene": {
                "bands": self.cube.shape[2],
                "patch": self.patch,
                "labels": list(self.numbers),
                "normalisation": self.normalisation.as_json(),
                "split": {"kind": split.kind, "seed": split.seed, "train": len(split.train)},
            }
        }
