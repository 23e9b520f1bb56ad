"""Image classification data sets as arrays in memory.

Three sources are understood, and recognised by what lies at the path:

- a zip or a folder of class folders with images (`airplane/0001.png`, also below one common folder),
- CIFAR-10/100 "python version": the `.tar.gz` or its unpacked folder,
- CIFAR-10/100 "binary version": the `.tar.gz` or its unpacked folder.
"""

import hashlib
import io
import os
import pickle
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import TrainingError

IMAGE_SUFFIXES = (".png", ".bmp", ".ppm", ".jpg", ".jpeg")
CIFAR_BYTES = 3 * 32 * 32


@dataclass(frozen=True)
class Dataset:
    """`images` is uint8 [N, 3, H, W], `labels` int64 [N] into `classes`."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple
    source: str

    def __len__(self):
        return len(self.labels)


def load(path, split, cache=None):
    """Reads the `split` ("train" or "test") of the data set at `path`.

    `path` is an archive, a data set folder, or a folder that holds `train.zip` and `test.zip`.
    Decoded class folders are kept in the folder `cache` (none: not kept).
    """
    if split not in ("train", "test"):
        raise TrainingError("data-split", f'the split is "{split}"; it must be "train" or "test"')
    path = Path(path)
    if not path.exists():
        raise TrainingError(
            "data-missing",
            f"there is no data at {path}; give a zip or folder of class folders, or a CIFAR-10/100 archive",
        )
    if path.is_dir() and (path / f"{split}.zip").is_file():
        path = path / f"{split}.zip"
    files = _open(path)
    if any(_name(member) in _CIFAR_MARKERS for member in files):
        return _load_cifar(files, split, path)
    return _load_class_folders(files, split, path, cache)


def _name(member):
    return member.rsplit("/", 1)[-1]


def _open(path):
    """A mapping from member name to a function that returns its bytes."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        return {file.relative_to(path).as_posix(): file.read_bytes for file in found}
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return {name: (lambda name=name: archive.read(name)) for name in sorted(names)}
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            contents = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
        return {name: (lambda data=data: data) for name, data in contents.items()}
    raise TrainingError("data-format", f"{path} is neither a folder, a zip nor a tar archive")


# --- CIFAR archives ------------------------------------------------------------------------------

_TRAIN_BATCHES = tuple(f"data_batch_{index}" for index in range(1, 6))
# split -> member names, then the key or byte offset of the label and the file with the class names
_CIFAR_PYTHON = {
    "batches.meta": ({"train": _TRAIN_BATCHES, "test": ("test_batch",)}, b"labels", b"label_names"),
    "meta": ({"train": ("train",), "test": ("test",)}, b"fine_labels", b"fine_label_names"),
}
_CIFAR_BINARY = {
    "batches.meta.txt": (
        {"train": tuple(f"{name}.bin" for name in _TRAIN_BATCHES), "test": ("test_batch.bin",)},
        1,
    ),
    "fine_label_names.txt": ({"train": ("train.bin",), "test": ("test.bin",)}, 2),
}
_CIFAR_MARKERS = {**_CIFAR_PYTHON, **_CIFAR_BINARY}


def _load_cifar(files, split, path):
    by_name = {_name(member): read for member, read in files.items()}
    marker = next(name for name in _CIFAR_MARKERS if name in by_name)
    members = _CIFAR_MARKERS[marker][0][split]
    for member in members:
        if member not in by_name:
            raise TrainingError("data-incomplete", f"{path} holds {marker} but not {member}; fetch it again")
    parts = [by_name[member]() for member in members]
    if marker in _CIFAR_PYTHON:
        _, label_key, names_key = _CIFAR_PYTHON[marker]
        classes = [name.decode() for name in _unpickle(by_name[marker](), path, marker)[names_key]]
        batches = [_unpickle(part, path, member) for part, member in zip(parts, members)]
        pixels = np.concatenate([np.asarray(batch[b"data"], np.uint8) for batch in batches])
        labels = np.concatenate([np.asarray(batch[label_key], np.int64) for batch in batches])
    else:
        classes = by_name[marker]().decode().split()
        label_bytes = _CIFAR_BINARY[marker][1]
        records = np.concatenate([_records(part, label_bytes, path) for part in parts])
        labels, pixels = records[:, label_bytes - 1].astype(np.int64), records[:, label_bytes:]
    images = np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32))
    return _checked(Dataset(images, labels, tuple(classes), path.name))


def _records(data, label_bytes, path):
    size = label_bytes + CIFAR_BYTES
    if len(data) == 0 or len(data) % size:
        raise TrainingError("data-damaged", f"a batch of {path} has {len(data)} bytes, no multiple of {size}")
    return np.frombuffer(data, np.uint8).reshape(-1, size)


class _PlainUnpickler(pickle.Unpickler):
    """Reads only what CIFAR batches consist of, so that a hostile archive cannot run code."""

    _ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    }

    def find_class(self, module, name):
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong in a CIFAR batch")
        return super().find_class(module, name)


def _unpickle(data, path, member):
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:
        raise TrainingError("data-damaged", f"{member} of {path} cannot be read: {error}") from error


# --- class folders -------------------------------------------------------------------------------


def _load_class_folders(files, split, path, cache):
    members = [member for member in files if member.lower().endswith(IMAGE_SUFFIXES)]
    within = [member for member in members if split in member.split("/")[:-2]]
    members = within or members
    if not members or any("/" not in member for member in members):
        raise TrainingError(
            "data-format",
            f"{path} holds no images in class folders and no CIFAR batches; "
            "expected paths such as airplane/0001.png",
        )
    classes = sorted({member.split("/")[-2] for member in members})
    index = {name: position for position, name in enumerate(classes)}
    labels = np.array([index[member.split("/")[-2]] for member in members], np.int64)
    kept = _cache_file(path, members, cache)
    if kept is not None and kept.is_file():
        images = np.load(kept)
    else:
        images = _decode(files, members, path)
        if kept is not None:
            _keep(kept, images)
    return _checked(Dataset(images, labels, tuple(classes), path.name))


def _decode(files, members, path):
    from PIL import Image

    images = None
    for position, member in enumerate(members):
        try:
            with Image.open(io.BytesIO(files[member]())) as image:
                pixels = np.asarray(image.convert("RGB"))
        except Exception as error:
            raise TrainingError("data-damaged", f"{member} of {path} cannot be decoded: {error}") from error
        if images is None:
            images = np.empty((len(members), 3, *pixels.shape[:2]), np.uint8)
        if pixels.shape[:2] != images.shape[2:]:
            raise TrainingError(
                "data-shape",
                f"{member} of {path} is {pixels.shape[0]}x{pixels.shape[1]}, "
                f"the first image is {images.shape[2]}x{images.shape[3]}; all must have one size",
            )
        images[position] = pixels.transpose(2, 0, 1)
    return images


def _cache_file(path, members, cache):
    if cache is None or path.is_dir():
        return None
    stat = path.stat()
    what = "\n".join([str(path.resolve()), str(stat.st_size), str(stat.st_mtime_ns), *members])
    return Path(cache) / f"{hashlib.sha256(what.encode()).hexdigest()[:24]}.npy"


def _keep(file, images):
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.part")
    with open(partial, "wb") as out:
        np.save(out, images)
    os.replace(partial, file)


def _checked(dataset):
    count, classes = len(dataset.labels), len(dataset.classes)
    if count == 0 or count != len(dataset.images):
        raise TrainingError(
            "data-damaged", f"{dataset.source} has {len(dataset.images)} images and {count} labels"
        )
    if dataset.labels.min() < 0 or dataset.labels.max() >= classes:
        raise TrainingError("data-damaged", f"{dataset.source} has labels outside its {classes} classes")
    return dataset


def normalisation(images):
    """Mean and standard deviation of each channel of uint8 `images`, in units of [0, 1]."""
    count = images.size // images.shape[1]
    mean, std = [], []
    for channel in range(images.shape[1]):
        histogram = np.bincount(images[:, channel].reshape(-1), minlength=256).astype(np.float64)
        values = np.arange(256) / 255.0
        average = float(histogram @ values / count)
        mean.append(round(average, 4))
        std.append(round(float(np.sqrt(histogram @ (values - average) ** 2 / count)), 4))
    return mean, std
