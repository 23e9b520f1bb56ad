"""Patches of hyperspectral scenes as inputs of networks, and splits of their pixels."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import TrainingError

FORMAT = "spikelet-split"
VERSION = 1
ATTEMPTS = 24


def patches(cube, pixels, size):
    """float32 [pixels, 1, bands, size, size]: what surrounds each of `pixels` (`row * width + column`).

    Borders are mirrored, the edge itself not repeated. Bands are the depth of three-dimensional convolutions;
    for networks over planes, drop the axis of length 1.
    """
    _check_size(size)
    height, width, _ = cube.shape
    pixels = np.asarray(pixels, np.int64)
    if len(pixels) and (pixels.min() < 0 or pixels.max() >= height * width):
        raise TrainingError("data-shape", f"there are pixels outside of the {height}x{width} of the scene")
    offsets = np.arange(size) - size // 2
    rows = reflected(pixels[:, None] // width + offsets, height)
    columns = reflected(pixels[:, None] % width + offsets, width)
    windows = cube[rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(windows.transpose(0, 3, 1, 2)[:, None], np.float32)


def reflected(index, length):
    """`index` mirrored at both ends of 0 to length - 1: 2 1 | 0 1 2 | 1 0."""
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    within = index % period
    return np.minimum(within, period - within)


@dataclass(frozen=True)
class Split:
    """Labelled pixels to train and to test on, ascending, each `row * width + column`."""

    kind: str
    height: int
    width: int
    patch: int
    seed: int
    train: np.ndarray
    test: np.ndarray

    def overlap(self):
        """Share of the test patches that have a pixel in common with a training patch."""
        if len(self.test) == 0:
            return 0.0
        near = np.zeros((self.height, self.width), bool)
        near.reshape(-1)[self.train] = True
        reach = self.patch - 1
        for axis in (0, 1):
            near = _spread(near, reach, axis)
        return float(near.reshape(-1)[self.test].mean())

    def warnings(self, labels):
        """What has to be said beside results: that a random split leaks, which classes lack a side."""
        said = []
        overlap = self.overlap()
        if overlap > 0:
            said.append(
                f"warning: this {self.kind} split leaks: {100 * overlap:.1f} % of the "
                f"{self.patch}x{self.patch} test patches overlap training patches, "
                "so accuracies are too good; report a spatially disjoint split beside it"
            )
        flat = labels.reshape(-1)
        classes = np.unique(flat[flat > 0])
        for what, pixels in (("to train on", self.train), ("to test on", self.test)):
            lacking = [str(label) for label in classes if label not in flat[pixels]]
            if lacking:
                said.append(f"warning: no pixels {what} of class {', '.join(lacking)}")
        return said


def _spread(mask, reach, axis):
    """`mask` with everything within `reach` along `axis` set as well."""
    moved = np.moveaxis(mask, axis, 0)
    count = np.concatenate([np.zeros((1, *moved.shape[1:]), np.int64), np.cumsum(moved, 0)])
    index = np.arange(len(moved))
    after, before = np.minimum(index + reach + 1, len(moved)), np.maximum(index - reach, 0)
    return np.moveaxis(count[after] > count[before], 0, axis)


def random_split(labels, train, patch, seed=0):
    """`train` of the pixels of each class, drawn at random: the usual protocol. It leaks: see `warnings`."""
    _check_options(labels, train, patch)
    random = np.random.default_rng(seed)
    flat = labels.reshape(-1)
    sides = ([], [])
    for label in np.unique(flat[flat > 0]):
        pixels = random.permutation(np.flatnonzero(flat == label))
        count = max(1, min(len(pixels) - 1, round(train * len(pixels))))
        sides[0].append(pixels[:count])
        sides[1].append(pixels[count:])
    return _split("random", labels, patch, seed, *(np.concatenate(side) for side in sides))


def disjoint_split(labels, train, patch, seed=0, block=None):
    """Squares of the scene belong to one side as a whole; pixels whose patch reaches into the other side are
    left out.

    Of several draws the one is taken that has the most classes on both sides, then the one nearest to `train`
    with the fewest pixels left out. `block` is the side of the squares, at least `patch`; by default several
    are tried.
    """
    _check_options(labels, train, patch)
    if block is not None and block < patch:
        raise TrainingError("data-option", f"blocks of {block} are too small for patches of {patch}")
    random = np.random.default_rng(seed)
    best = None
    for side in [block] if block is not None else _block_sizes(labels.shape, patch):
        for _ in range(ATTEMPTS):
            found = _draw(labels, train, patch, side, random)
            if best is None or found[0] < best[0]:
                best = found
    _, in_train, in_test = best
    if len(in_train) == 0 or len(in_test) == 0:
        raise TrainingError(
            "data-shape",
            f"{labels.shape[0]}x{labels.shape[1]} pixels cannot be split into areas for patches of {patch}",
        )
    return _split("disjoint", labels, patch, seed, in_train, in_test)


def _block_sizes(shape, patch):
    longest = max(patch, min(shape) // 2)
    return sorted({min(longest, max(8, times * patch)) for times in (2, 3, 4, 6)})


def _draw(labels, share, patch, block, random):
    """A rank (classes that lack a side, then a loss) with the pixels of both sides."""
    height, width = labels.shape
    top, left = random.integers(0, block, 2)
    across = -(-(width + left) // block)
    rows = (np.arange(height) + top) // block
    columns = (np.arange(width) + left) // block
    blocks = rows[:, None] * across + columns
    classes = np.unique(labels[labels > 0])
    counts = np.zeros((blocks.max() + 1, len(classes)))
    for position, label in enumerate(classes):
        np.add.at(counts[:, position], blocks[labels == label], 1)
    sides = _assign(counts, share, random)[blocks]
    reach = patch // 2
    own = np.zeros((height, width), np.int8)
    for side in (1, 2):
        outside = sides != side
        for axis in (0, 1):
            outside = _spread(outside, reach, axis)
        own[~outside] = side
    kept = [(own == side) & (labels > 0) for side in (1, 2)]
    tally = np.array([[np.count_nonzero(mask & (labels == label)) for label in classes] for mask in kept])
    missing = int((tally == 0).any(0).sum())
    deviation = np.abs(tally[0] / np.maximum(1, tally.sum(0)) - share).mean()
    left_out = 1 - tally.sum() / np.count_nonzero(labels)
    return (missing, deviation + left_out), np.flatnonzero(kept[0]), np.flatnonzero(kept[1])


def _assign(counts, share, random):
    """1 (train) or 2 (test) for each block: one after the other goes where its classes are needed most."""
    totals = counts.sum(0)
    targets = np.stack([share * totals, (1 - share) * totals])
    have = np.zeros_like(targets)
    sides = np.zeros(len(counts), np.int8)
    for block in random.permutation(np.flatnonzero(counts.any(1))):
        need = ((1 - have / targets) * counts[block]).sum(1)
        side = 0 if need[0] >= need[1] else 1
        sides[block] = side + 1
        have[side] += counts[block]
    # Blocks without labels belong to the side of a neighbour, so that patches may reach into them.
    given = np.flatnonzero(sides)
    nearest = np.searchsorted(given, np.arange(len(sides)), side="right") - 1
    return sides[given[np.maximum(nearest, 0)]]


def _split(kind, labels, patch, seed, train, test):
    height, width = labels.shape
    return Split(kind, height, width, patch, seed, np.sort(train), np.sort(test))


def save_split(split, path):
    """Writes a split as JSON, which `parseSplit` of the npm package reads."""
    fields = {"format": FORMAT, "version": VERSION, "kind": split.kind, "height": split.height}
    fields |= {"width": split.width, "patch": split.patch, "seed": split.seed}
    fields |= {"train": split.train.tolist(), "test": split.test.tolist()}
    Path(path).write_text(json.dumps(fields, separators=(",", ":")) + "\n")


def load_split(path):
    """Reads what `save_split` or `formatSplit` of the npm package wrote."""
    path = Path(path)
    if not path.is_file():
        raise TrainingError("data-missing", f"there is no file {path}")
    try:
        fields = json.loads(path.read_text())
    except ValueError as error:
        raise TrainingError("data-damaged", f"{path} is no JSON") from error
    if not isinstance(fields, dict) or fields.get("format") != FORMAT or fields.get("version") != VERSION:
        raise TrainingError("data-format", f"{path} is no split of version {VERSION}")
    sizes = [fields.get(key) for key in ("height", "width", "patch", "seed")]
    known = fields.get("kind") in ("random", "disjoint")
    if not known or not all(type(size) is int and size >= 0 for size in sizes):
        raise TrainingError("data-damaged", f"{path} has no kind or sizes of a split")
    height, width, patch, seed = sizes
    sides = [_pixels(fields.get(key), height * width, f"{path}: '{key}'") for key in ("train", "test")]
    both = np.concatenate(sides)
    if len(np.unique(both)) != len(both):
        raise TrainingError("data-damaged", f"{path} lists a pixel twice")
    return Split(fields["kind"], height, width, patch, seed, *(np.sort(side) for side in sides))


def _pixels(values, end, where):
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value < end for value in values):
        raise TrainingError("data-damaged", f"{where} is no list of pixels from 0 to {end - 1}")
    return np.array(values, np.int64)


def _check_size(size):
    if size < 1 or size % 2 == 0:
        raise TrainingError("data-option", f"{size} is no size of a patch; it must be odd")


def _check_options(labels, train, patch):
    _check_size(patch)
    if not 0 < train < 1:
        raise TrainingError("data-option", f"{train} is no share; it must be above 0 and below 1")
    if not (labels > 0).any():
        raise TrainingError("data-shape", "no pixel is labelled")
