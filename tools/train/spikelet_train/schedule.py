"""What changes in the course of a training, as functions of its progress from 0 to 1."""

import math

from .errors import TrainingError


def learning_rate(progress, peak, warm_up):
    """Rises linearly to `peak` over the first `warm_up` of the training, then falls to 0 along a cosine."""
    if progress < warm_up:
        return peak * (0.02 + 0.98 * progress / warm_up)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def image_size(progress, sizes, full):
    """The side of the training images at `progress`; `sizes` holds (until, side) in rising order."""
    for until, side in sizes:
        if progress < until:
            return side
    return full


def parse_sizes(text):
    """`"0.25:20,0.5:24"`: 20 pixels for the first quarter, 24 up to the half, then full size."""
    sizes = []
    for part in filter(None, text.split(",")):
        try:
            until, side = part.split(":")
            sizes.append((float(until), int(side)))
        except ValueError:
            raise TrainingError("option-sizes", f'"{part}" in --sizes is not of the form 0.25:20') from None
    ends = [until for until, _ in sizes]
    if (
        ends != sorted(ends)
        or any(not 0 < until <= 1 for until in ends)
        or any(side < 8 for _, side in sizes)
    ):
        raise TrainingError(
            "option-sizes", f'--sizes "{text}" must rise within 0 to 1, with sides of 8 or more'
        )
    return sizes
