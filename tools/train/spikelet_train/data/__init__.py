"""Image classification data sets as arrays in memory."""

from pathlib import Path

from ..errors import TrainingError
from .archive import open_members
from .cifar import is_cifar, load_cifar
from .class_folders import load_class_folders
from .dataset import Dataset, normalisation
from .scene import is_scene, load_samples

__all__ = ["Dataset", "load", "normalisation"]


def load(path, split, cache=None):
    """Reads the `split` ("train" or "test") of the data set at `path`, which is recognised by its content.

    - a zip or a folder of class folders (`airplane/0001.png`), or a folder with `train.zip` and `test.zip`;
    - CIFAR-10/100, python or binary version: the archive or its unpacked folder;
    - a hyperspectral scene with a split of its pixels: the JSON file that the command `scene` writes.
    """
    if split not in ("train", "test"):
        raise TrainingError("data-split", f'the split is "{split}"; it must be "train" or "test"')
    path = Path(path)
    if not path.exists():
        raise TrainingError(
            "data-missing",
            f"there is no data at {path}; give a zip or folder of class folders, or a CIFAR-10/100 archive",
        )
    if is_scene(path):
        return load_samples(path, split)
    if path.is_dir() and (path / f"{split}.zip").is_file():
        path = path / f"{split}.zip"
    members = open_members(path)
    if is_cifar(members):
        return load_cifar(members, split, path)
    return load_class_folders(members, split, path, cache)
