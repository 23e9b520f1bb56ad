"""Hyperspectral scenes as arrays in memory: MATLAB files of the public scenes, normalised for training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.io

from ..errors import TrainingError

LONGEST_NAMES = 8


@dataclass(frozen=True)
class Scene:
    """`cube` is [height, width, bands], `labels` int64 [height, width] with 0 for what is not known."""

    cube: np.ndarray
    labels: np.ndarray
    source: str

    def __post_init__(self):
        if self.cube.ndim != 3 or 0 in self.cube.shape:
            raise TrainingError("data-shape", f"{self.source} is no cube: its shape is {self.cube.shape}")
        if self.labels.shape != self.cube.shape[:2]:
            raise TrainingError(
                "data-shape",
                f"the labels of {self.source} are of {_size(self.labels.shape)} pixels, "
                f"the cube of {_size(self.cube.shape[:2])}",
            )
        if not np.isfinite(self.cube).all():
            row, column, band = np.argwhere(~np.isfinite(self.cube))[0]
            raise TrainingError(
                "data-damaged",
                f"{self.source} has a sample that is no number at row {row}, column {column}, band {band}",
            )

    @property
    def classes(self):
        """The labels that occur, ascending, without 0."""
        found = np.unique(self.labels)
        return tuple(int(label) for label in found[found > 0])

    @property
    def pixels(self):
        """Labelled pixels as `row * width + column`, ascending."""
        return np.flatnonzero(self.labels)


def load_scene(cube, labels, cube_variable=None, labels_variable=None):
    """A scene from two MATLAB files of version 5, such as `SalinasA_corrected.mat` and `SalinasA_gt.mat`.

    The only array of three (two) dimensions is taken; where there are several, name one.
    """
    values = _array(Path(cube), 3, cube_variable)
    truth = _array(Path(labels), 2, labels_variable)
    whole = truth.astype(np.int64)
    if (whole != truth).any() or whole.min() < 0 or whole.max() > 65535:
        raise TrainingError("data-damaged", f"{labels} has labels that are no whole numbers from 0 to 65535")
    return Scene(values, whole, Path(cube).name)


def _array(path, dimensions, name):
    if not path.is_file():
        raise TrainingError("data-missing", f"there is no file {path}")
    try:
        content = scipy.io.loadmat(path)
    except NotImplementedError as error:
        raise TrainingError(
            "data-format", f"{path} is a MATLAB file of version 7.3; save it with -v7, or export it as ENVI"
        ) from error
    except Exception as error:
        raise TrainingError("data-damaged", f"{path} cannot be read as a MATLAB file: {error}") from error
    arrays = {
        key: value
        for key, value in content.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and value.ndim == dimensions
    }
    if name is not None and name in arrays:
        return arrays[name]
    if name is None and len(arrays) == 1:
        return next(iter(arrays.values()))
    held = ", ".join([key for key in content if not key.startswith("__")][:LONGEST_NAMES]) or "nothing"
    wanted = f"no array '{name}'" if name is not None else f"{len(arrays)} arrays"
    raise TrainingError(
        "data-format", f"{path} holds {wanted} of numbers in {dimensions} dimensions; it holds {held}"
    )


@dataclass(frozen=True)
class Normalisation:
    """`(x - shift) / scale`: one number each for the whole cube ("minmax"), or one a band ("bands")."""

    kind: str
    shift: np.ndarray
    scale: np.ndarray

    def apply(self, cube):
        """`cube` as float32: computed in double precision and rounded once."""
        return ((cube.astype(np.float64) - self.shift) / self.scale).astype(np.float32)

    def as_json(self):
        """The fields that `normalise` of the npm package takes."""
        if self.kind == "minmax":
            minimum = float(self.shift)
            return {"kind": "minmax", "minimum": minimum, "maximum": minimum + float(self.scale)}
        return {"kind": "bands", "mean": self.shift.tolist(), "std": self.scale.tolist()}


def normalisation_of(cube, kind="minmax"):
    """How `cube` [height, width, bands] becomes an input: over the whole cube ("minmax"), or band by band to
    mean 0 and standard deviation 1 ("bands")."""
    values = cube.astype(np.float64)
    if kind == "minmax":
        low, high = values.min(), values.max()
        if low == high:
            raise TrainingError("data-shape", f"all samples are {low}: there is nothing to tell apart")
        return Normalisation(kind, np.float64(low), np.float64(high - low))
    if kind == "bands":
        mean, std = values.mean((0, 1)), values.std((0, 1))
        return Normalisation(kind, mean, np.where(std <= np.abs(mean) * 1e-12, 1.0, std))
    raise TrainingError("data-option", f'the normalisation is "{kind}"; it must be "minmax" or "bands"')


def _size(shape):
    return "x".join(str(side) for side in shape)
