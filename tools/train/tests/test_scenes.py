import json
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from spikelet_train.data.cube import Scene, load_scene, normalisation_of
from spikelet_train.data.patches import disjoint_split, load_split, patches, random_split, save_split
from spikelet_train.errors import TrainingError

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "hsi"

SHAPES = {
    "Indian_pines_corrected": (145, 145, 200, 16, 10249),
    "PaviaU": (610, 340, 103, 9, 42776),
    "Salinas_corrected": (512, 217, 204, 16, 54129),
}


def fields(height, width, classes, seed):
    """Labels in fields: the nearest of a few points gives the class, 0 in a corner."""
    random = np.random.default_rng(seed)
    sites = random.random((4 * classes, 2)) * (height, width)
    rows, columns = np.mgrid[:height, :width]
    distance = (rows[..., None] - sites[:, 0]) ** 2 + (columns[..., None] - sites[:, 1]) ** 2
    labels = distance.argmin(-1) % classes + 1
    labels[: height // 8, : width // 8] = 0
    return labels


def write_scene(folder, name, height, width, bands, classes):
    labels = fields(height, width, classes, seed=1)
    cube = (100 * labels[..., None] + np.arange(bands)).astype(np.int16)
    scipy.io.savemat(folder / f"{name}.mat", {name.lower(): cube}, do_compression=True)
    scipy.io.savemat(folder / f"{name}_gt.mat", {f"{name.lower()}_gt": labels.astype(np.uint8)})
    return folder / f"{name}.mat", folder / f"{name}_gt.mat"


@pytest.mark.parametrize("name", SHAPES)
def test_scenes_of_the_public_shapes(tmp_path, name):
    height, width, bands, classes, _ = SHAPES[name]
    scene = load_scene(*write_scene(tmp_path, name, height, width, bands, classes))
    assert scene.cube.shape == (height, width, bands)
    assert scene.classes == tuple(range(1, classes + 1))
    assert np.array_equal(scene.cube[5, 300 % width], 100 * scene.labels[5, 300 % width] + np.arange(bands))


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/hsi is absent; it is no part of the package")
def test_salinas_a():
    scene = load_scene(SHARED / "SalinasA_corrected.mat", SHARED / "SalinasA_gt.mat")
    assert scene.cube.shape == (83, 86, 204)
    assert scene.classes == (1, 10, 11, 12, 13, 14) and len(scene.pixels) == 4281
    split = disjoint_split(scene.labels, 0.4, 5)
    assert split.overlap() == 0 and split.warnings(scene.labels) == []
    leaking = random_split(scene.labels, 0.4, 5)
    assert leaking.overlap() > 0.95
    values = normalisation_of(scene.cube).apply(scene.cube)
    assert patches(values, split.test[:7], 5).shape == (7, 1, 204, 5, 5)
    assert values.min() == 0 and values.max() == 1


@pytest.mark.parametrize(
    "content, code",
    [
        ({"a": np.zeros((2, 2))}, "data-format"),
        ({"a": np.zeros((2, 2, 2)), "b": np.ones((2, 2, 2))}, "data-format"),
        ({"a": np.full((2, 2, 2), np.nan)}, "data-damaged"),
        ({"a": np.zeros((3, 2, 2))}, "data-shape"),
    ],
)
def test_wrong_scenes_are_named(tmp_path, content, code):
    scipy.io.savemat(tmp_path / "cube.mat", content)
    scipy.io.savemat(tmp_path / "gt.mat", {"gt": np.ones((2, 2))})
    with pytest.raises(TrainingError) as caught:
        load_scene(tmp_path / "cube.mat", tmp_path / "gt.mat")
    assert caught.value.code == code


def test_files_that_are_none(tmp_path):
    (tmp_path / "text.mat").write_text("hello")
    for path, code in ((tmp_path / "absent.mat", "data-missing"), (tmp_path / "text.mat", "data-damaged")):
        with pytest.raises(TrainingError) as caught:
            load_scene(path, path)
        assert caught.value.code == code


def test_one_of_several_variables_can_be_named(tmp_path):
    scipy.io.savemat(tmp_path / "cube.mat", {"a": np.zeros((2, 2, 3)), "b": np.ones((2, 2, 3))})
    scipy.io.savemat(tmp_path / "gt.mat", {"gt": np.ones((2, 2))})
    assert load_scene(tmp_path / "cube.mat", tmp_path / "gt.mat", "b").cube.min() == 1


def test_normalisation_is_one_scale_or_one_a_band():
    cube = np.random.default_rng(0).integers(-50, 900, (6, 7, 4)).astype(np.int16)
    minmax = normalisation_of(cube)
    values = minmax.apply(cube)
    assert values.dtype == np.float32 and values.min() == 0 and values.max() == 1
    assert minmax.as_json() == {"kind": "minmax", "minimum": cube.min(), "maximum": cube.max()}
    bands = normalisation_of(cube, "bands")
    assert np.allclose(bands.apply(cube).mean((0, 1)), 0, atol=1e-6)
    assert np.allclose(bands.apply(cube).std((0, 1)), 1, atol=1e-6)
    constant = np.full((2, 2, 1), 0.1)
    assert not normalisation_of(constant, "bands").apply(constant).any()
    with pytest.raises(TrainingError):
        normalisation_of(np.ones((2, 2, 2)))


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_patches_are_windows_of_the_mirrored_scene(size):
    cube = np.random.default_rng(1).random((5, 7, 3)).astype(np.float32)
    reach = size // 2
    padded = np.pad(cube, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    windows = patches(cube, np.arange(35), size)
    assert windows.shape == (35, 1, 3, size, size)
    for pixel in range(35):
        row, column = divmod(pixel, 7)
        expected = padded[row : row + size, column : column + size].transpose(2, 0, 1)
        assert np.array_equal(windows[pixel, 0], expected)
    with pytest.raises(TrainingError):
        patches(cube, [35], size)
    with pytest.raises(TrainingError):
        patches(cube, [0], size + 1)


def meet(split):
    """Whether any two patches of the sides have a pixel in common, looked at one by one."""
    (ay, ax), (by, bx) = divmod(split.test, split.width), divmod(split.train, split.width)
    near_rows = abs(ay[:, None] - by) < split.patch
    return (near_rows & (abs(ax[:, None] - bx) < split.patch)).any(1)


@pytest.mark.parametrize("seed", range(4))
def test_random_split_takes_its_share_of_each_class_and_says_that_it_leaks(seed):
    labels = fields(50, 40, 5, seed)
    split = random_split(labels, 0.3, 3, seed)
    assert np.array_equal(np.sort(np.concatenate([split.train, split.test])), np.flatnonzero(labels))
    for label in range(1, 6):
        mine = (labels.reshape(-1)[split.train] == label).sum()
        assert abs(mine - 0.3 * (labels == label).sum()) <= 1
    assert split.overlap() == pytest.approx(meet(split).mean())
    assert "leaks" in split.warnings(labels)[0]


@pytest.mark.parametrize("seed, patch", [(0, 1), (1, 3), (2, 5), (3, 7)])
def test_disjoint_split_has_no_patches_that_overlap(seed, patch):
    labels = fields(70, 60, 4, seed)
    split = disjoint_split(labels, 0.4, patch, seed)
    assert not meet(split).any() and split.overlap() == 0
    assert split.warnings(labels) == []
    assert len(np.intersect1d(split.train, split.test)) == 0
    assert (labels.reshape(-1)[np.concatenate([split.train, split.test])] > 0).all()
    again = disjoint_split(labels, 0.4, patch, seed)
    assert np.array_equal(split.train, again.train) and np.array_equal(split.test, again.test)


def test_a_class_on_one_side_only_is_named():
    labels = np.ones((30, 30), np.int64)
    labels[0, 0] = 2
    (warning,) = disjoint_split(labels, 0.5, 3).warnings(labels)
    assert warning.endswith("of class 2")


def test_impossible_splits_are_refused():
    labels = fields(20, 20, 2, 0)
    for wrong in (
        lambda: random_split(labels, 1.0, 3),
        lambda: random_split(labels, 0.5, 4),
        lambda: random_split(np.zeros_like(labels), 0.5, 3),
        lambda: disjoint_split(labels, 0.5, 5, block=4),
        lambda: disjoint_split(np.ones((3, 3), np.int64), 0.5, 5),
    ):
        with pytest.raises(TrainingError):
            wrong()


def test_split_files_are_read_back(tmp_path):
    split = disjoint_split(fields(40, 40, 3, 0), 0.4, 3, seed=5)
    save_split(split, tmp_path / "split.json")
    back = load_split(tmp_path / "split.json")
    assert (back.kind, back.height, back.width, back.patch, back.seed) == ("disjoint", 40, 40, 3, 5)
    assert np.array_equal(back.train, split.train) and np.array_equal(back.test, split.test)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kind": "odd"},
        {"height": -1},
        {"train": [0, 99]},
        {"train": 3},
        {"train": [0.5]},
        {"test": [0]},
    ],
)
def test_split_files_that_are_wrong_are_refused(tmp_path, change):
    good = {"format": "spikelet-split", "version": 1, "kind": "random", "height": 2, "width": 3}
    good |= {"patch": 1, "seed": 0, "train": [0, 1], "test": [2]}
    (tmp_path / "split.json").write_text(json.dumps(good))
    assert list(load_split(tmp_path / "split.json").train) == [0, 1]
    (tmp_path / "split.json").write_text(json.dumps(good | change))
    with pytest.raises(TrainingError):
        load_split(tmp_path / "split.json")


def test_a_scene_is_whole():
    with pytest.raises(TrainingError) as caught:
        Scene(np.zeros((2, 2, 2)), np.zeros((2, 3), np.int64), "made")
    assert caught.value.code == "data-shape"
