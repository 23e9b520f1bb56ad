"""Images in folders named after their classes."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import TrainingError
from .dataset import Dataset

SUFFIXES = (".png", ".bmp", ".ppm", ".jpg", ".jpeg")


def load_class_folders(members, split, path, cache):
    """The images among `members`; only those below a folder named `split` if there is one.

    Decoded images are kept in the folder `cache` (None: not kept).
    """
    found = [member for member in members if member.lower().endswith(SUFFIXES)]
    found = [member for member in found if split in member.split("/")[:-2]] or found
    if not found or any("/" not in member for member in found):
        raise TrainingError(
            "data-format",
            f"{path} holds no images in class folders and no CIFAR batches; "
            "expected paths such as airplane/0001.png",
        )
    classes = sorted({_class(member) for member in found})
    index = {name: position for position, name in enumerate(classes)}
    labels = np.array([index[_class(member)] for member in found], np.int64)
    return Dataset(_images(members, found, path, cache), labels, tuple(classes), path.name)


def _class(member):
    return member.split("/")[-2]


def _images(members, found, path, cache):
    if cache is None or path.is_dir():
        return _decode(members, found, path)
    kept = _cache_file(found, path, cache)
    if kept.is_file():
        try:
            return np.load(kept)
        except (ValueError, EOFError, OSError):
            kept.unlink()
    images = _decode(members, found, path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}.part")
    with open(partial, "wb") as out:
        np.save(out, images)
    os.replace(partial, kept)
    return images


def _cache_file(found, path, cache):
    """A file name that changes with the archive and with the choice of its members."""
    stat = path.stat()
    what = "\n".join([str(path.resolve()), str(stat.st_size), str(stat.st_mtime_ns), *found])
    return Path(cache) / f"{hashlib.sha256(what.encode()).hexdigest()[:24]}.npy"


def _decode(members, found, path):
    images = None
    for position, member in enumerate(found):
        try:
            with Image.open(io.BytesIO(members[member]())) as image:
                pixels = np.asarray(image.convert("RGB"))
        except Exception as error:
            raise TrainingError("data-damaged", f"{member} of {path} cannot be decoded: {error}") from error
        if images is None:
            images = np.empty((len(found), 3, *pixels.shape[:2]), np.uint8)
        if pixels.shape[:2] != images.shape[2:]:
            raise TrainingError(
                "data-shape",
                f"{member} of {path} is {pixels.shape[0]}x{pixels.shape[1]}, "
                f"the first image is {images.shape[2]}x{images.shape[3]}; all must have one size",
            )
        images[position] = pixels.transpose(2, 0, 1)
    return images
