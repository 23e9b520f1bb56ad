import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from conftest import coloured, png, write_class_zip

from spikelet_train import data
from spikelet_train.errors import TrainingError


def cifar(count, seed, classes=10):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (count, 3072), dtype=np.uint8)
    return pixels, random.integers(0, classes, count)


def write_tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def test_class_folder_zip_gives_its_pixels_and_sorted_classes(data_folder, train):
    loaded = data.load(data_folder, "train")
    assert loaded.classes == ("blue", "green", "red")
    assert loaded.images.shape == (48, 3, 32, 32)
    order = np.argsort(
        [f"{train.classes[label]}/{i:04d}" for i, label in enumerate(train.labels)], kind="stable"
    )
    assert np.array_equal(loaded.images, train.images[order])
    assert [loaded.classes[label] for label in loaded.labels] == [
        train.classes[train.labels[i]] for i in order
    ]


def test_one_zip_with_both_splits_gives_the_one_asked_for(tmp_path, train, test):
    path = tmp_path / "both.zip"
    write_class_zip(path, train, "set/train/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("set/test/red/0.png", png(test.images[0]))
    assert len(data.load(path, "train")) == 48
    assert len(data.load(path, "test")) == 1


def test_class_folders_on_disk(tmp_path, train):
    for position in range(6):
        folder = tmp_path / "images" / train.classes[train.labels[position]]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{position}.png").write_bytes(png(train.images[position]))
    loaded = data.load(tmp_path / "images", "train")
    assert len(loaded) == 6 and loaded.classes == ("blue", "green", "red")


def test_cache_gives_the_same_images_and_is_not_stale(tmp_path, data_folder):
    cache = tmp_path / "cache"
    first = data.load(data_folder, "test", cache)
    assert len(list(cache.iterdir())) == 1
    assert np.array_equal(data.load(data_folder, "test", cache).images, first.images)
    next(cache.iterdir()).write_bytes(b"damaged")
    assert np.array_equal(data.load(data_folder, "test", cache).images, first.images)
    write_class_zip(data_folder / "test.zip", coloured(9, seed=7), "test/")
    assert len(data.load(data_folder, "test", cache)) == 9


@pytest.mark.parametrize("classes, prefix", [(10, "cifar-10-batches-py/"), (100, "cifar-100-python/")])
def test_cifar_python_archives(tmp_path, classes, prefix):
    names = [f"class{index}" for index in range(classes)]
    pixels, labels = cifar(10, seed=3, classes=classes)
    if classes == 10:
        members = {"batches.meta": {b"label_names": [name.encode() for name in names]}}
        for batch in range(5):
            part = slice(batch * 2, batch * 2 + 2)
            members[f"data_batch_{batch + 1}"] = {b"data": pixels[part], b"labels": labels[part].tolist()}
        members["test_batch"] = {b"data": pixels[:3], b"labels": labels[:3].tolist()}
    else:
        members = {
            "meta": {b"fine_label_names": [name.encode() for name in names]},
            "train": {b"data": pixels, b"fine_labels": labels.tolist(), b"coarse_labels": [0] * 10},
            "test": {b"data": pixels[:3], b"fine_labels": labels[:3].tolist(), b"coarse_labels": [0] * 3},
        }
    path = tmp_path / "archive.tar.gz"
    write_tar(path, {prefix + name: pickle.dumps(value, protocol=2) for name, value in members.items()})
    loaded = data.load(path, "train")
    assert loaded.classes == tuple(names)
    assert np.array_equal(loaded.images, pixels.reshape(-1, 3, 32, 32))
    assert np.array_equal(loaded.labels, labels)
    assert np.array_equal(data.load(path, "test").labels, labels[:3])


@pytest.mark.parametrize("classes", [10, 100])
def test_cifar_binary_archives(tmp_path, classes):
    names = "\n".join(f"class{index}" for index in range(classes)) + "\n"
    pixels, labels = cifar(10, seed=4, classes=classes)
    if classes == 10:
        records = np.concatenate([labels[:, None].astype(np.uint8), pixels], axis=1)
        members = {f"data_batch_{i + 1}.bin": records[i * 2 : i * 2 + 2].tobytes() for i in range(5)}
        members |= {"test_batch.bin": records[:3].tobytes(), "batches.meta.txt": names.encode() + b"\n"}
    else:
        coarse = np.zeros((10, 1), np.uint8)
        records = np.concatenate([coarse, labels[:, None].astype(np.uint8), pixels], axis=1)
        members = {"train.bin": records.tobytes(), "test.bin": records[:3].tobytes()}
        members["fine_label_names.txt"] = names.encode()
    path = tmp_path / "archive.tar.gz"
    write_tar(path, {"folder/" + name: value for name, value in members.items()})
    loaded = data.load(path, "train")
    assert len(loaded.classes) == classes
    assert np.array_equal(loaded.images, pixels.reshape(-1, 3, 32, 32))
    assert np.array_equal(loaded.labels, labels)
    assert np.array_equal(data.load(path, "test").labels, labels[:3])


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_a_pickle_that_calls_functions_is_refused(tmp_path, capsys):
    batch = {f"data_batch_{i}": pickle.dumps(Hostile()) for i in range(1, 6)}
    write_tar(tmp_path / "a.tar.gz", {**batch, "batches.meta": pickle.dumps({b"label_names": [b"a"]})})
    with pytest.raises(TrainingError, match="does not belong") as caught:
        data.load(tmp_path / "a.tar.gz", "train")
    assert caught.value.code == "data-damaged"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda folder: folder / "absent", "data-missing"),
        (lambda folder: _file(folder / "text", b"no archive"), "data-format"),
        (lambda folder: _folder(folder / "empty"), "data-format"),
        (lambda folder: _tar(folder, {"batches.meta.txt": b"a\n"}), "data-incomplete"),
        (lambda folder: _tar(folder, {"fine_label_names.txt": b"a\n", "train.bin": b"xyz"}), "data-damaged"),
        (lambda folder: _tar(folder, {"cat/1.png": b"no image"}), "data-damaged"),
        (lambda folder: _tar(folder, {"meta": pickle.dumps([1]), "train": b"x"}), "data-damaged"),
        (lambda folder: _cut_tar(folder), "data-damaged"),
    ],
)
def test_wrong_data_is_named(tmp_path, make, code):
    with pytest.raises(TrainingError) as caught:
        data.load(make(tmp_path), "train")
    assert caught.value.code == code


def test_images_of_different_sizes_are_refused(tmp_path):
    write_class_zip(tmp_path / "a.zip", coloured(2, seed=1), "a/")
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("a/red/9.png", png(np.zeros((3, 16, 16), np.uint8)))
    with pytest.raises(TrainingError) as caught:
        data.load(tmp_path / "a.zip", "train")
    assert caught.value.code == "data-shape"


def test_normalisation_is_that_of_the_pixels(train):
    mean, std = data.normalisation(train.images)
    pixels = train.images.astype(np.float64) / 255
    assert np.allclose(mean, pixels.mean((0, 2, 3)), atol=5e-5)
    assert np.allclose(std, pixels.std((0, 2, 3)), atol=5e-5)


def _file(path, content):
    path.write_bytes(content)
    return path


def _folder(path):
    path.mkdir()
    return path


def _tar(folder, members):
    write_tar(folder / "a.tar.gz", members)
    return folder / "a.tar.gz"


def _cut_tar(folder):
    noise = np.random.default_rng(6).integers(0, 256, 100_000, dtype=np.uint8).tobytes()
    path = _tar(folder, {"meta": noise, "train": noise})
    return _file(path, path.read_bytes()[:-50_000])
