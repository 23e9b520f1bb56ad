"""Tiny data sets in all the forms that can be read, written by the tests themselves."""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from spikelet_train.data import Dataset  # noqa: E402

torch.set_num_threads(1)


def coloured(count, seed, classes=3, side=32):
    """Noisy images whose strongest channel is their class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    images = random.integers(0, 120, (count, 3, side, side), dtype=np.uint8)
    images[np.arange(count), labels] += 100
    return Dataset(images, labels.astype(np.int64), ("red", "green", "blue")[:classes], "generated")


def png(pixels):
    """PNG bytes of uint8 [3, H, W]."""
    out = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0)).save(out, "png")
    return out.getvalue()


def write_class_zip(path, dataset, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for position, (image, label) in enumerate(zip(dataset.images, dataset.labels)):
            archive.writestr(f"{prefix}{dataset.classes[label]}/{position:04d}.png", png(image))


@pytest.fixture
def train():
    return coloured(48, seed=1)


@pytest.fixture
def test():
    return coloured(24, seed=2)


@pytest.fixture
def data_folder(tmp_path, train, test):
    """A folder with train.zip and test.zip of class folders."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_class_zip(folder / "train.zip", train, "train/")
    write_class_zip(folder / "test.zip", test, "test/")
    return folder
