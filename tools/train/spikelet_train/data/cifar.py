"""CIFAR-10 and CIFAR-100 as their author publishes them: pickled batches or binary records."""

import io
import pickle
from dataclasses import dataclass

import numpy as np

from ..errors import TrainingError
from .archive import base_name
from .dataset import Dataset

PIXEL_BYTES = 3 * 32 * 32
_TEN = {"train": tuple(f"data_batch_{index}" for index in range(1, 6)), "test": ("test_batch",)}
_HUNDRED = {"train": ("train",), "test": ("test",)}


@dataclass(frozen=True)
class _Pickled:
    """`names` and `labels` are the keys of the class names and of a batch's labels."""

    batches: dict
    names: bytes
    labels: bytes


@dataclass(frozen=True)
class _Binary:
    """A record is `label_bytes` labels, of which the last counts, and the pixels."""

    batches: dict
    label_bytes: int


def _with_suffix(batches):
    return {split: tuple(f"{name}.bin" for name in names) for split, names in batches.items()}


_LAYOUTS = {
    "batches.meta": _Pickled(_TEN, b"label_names", b"labels"),
    "meta": _Pickled(_HUNDRED, b"fine_label_names", b"fine_labels"),
    "batches.meta.txt": _Binary(_with_suffix(_TEN), 1),
    "fine_label_names.txt": _Binary(_with_suffix(_HUNDRED), 2),
}


def is_cifar(members):
    """Whether `members` of an archive are those of a CIFAR archive."""
    return any(base_name(member) in _LAYOUTS for member in members)


def load_cifar(members, split, path):
    """The images of `split` among the `members` of the archive at `path`."""
    by_name = {base_name(member): read for member, read in members.items()}
    marker = next(name for name in _LAYOUTS if name in by_name)
    layout = _LAYOUTS[marker]
    wanted = layout.batches[split]
    for name in wanted:
        if name not in by_name:
            raise TrainingError("data-incomplete", f"{path} holds {marker} but not {name}; fetch it again")
    batches = {name: by_name[name]() for name in wanted}
    read = _read_pickled if isinstance(layout, _Pickled) else _read_binary
    classes, pixels, labels = read(layout, by_name[marker](), batches, path)
    images = np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32))
    return Dataset(images, labels.astype(np.int64), tuple(classes), path.name)


def _read_pickled(layout, marker, batches, path):
    classes = [name.decode() for name in _unpickle(marker, path, "the class names")[layout.names]]
    contents = [_unpickle(data, path, name) for name, data in batches.items()]
    pixels = np.concatenate([np.asarray(content[b"data"], np.uint8) for content in contents])
    labels = np.concatenate([np.asarray(content[layout.labels]) for content in contents])
    return classes, pixels, labels


def _read_binary(layout, marker, batches, path):
    size = layout.label_bytes + PIXEL_BYTES
    parts = []
    for name, data in batches.items():
        if len(data) == 0 or len(data) % size:
            raise TrainingError(
                "data-damaged", f"{name} of {path} has {len(data)} bytes, which is no multiple of {size}"
            )
        parts.append(np.frombuffer(data, np.uint8).reshape(-1, size))
    records = np.concatenate(parts)
    return marker.decode().split(), records[:, layout.label_bytes :], records[:, layout.label_bytes - 1]


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
        content = _PlainUnpickler(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:
        raise TrainingError("data-damaged", f"{member} of {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise TrainingError("data-damaged", f"{member} of {path} is no dictionary")
    return content
