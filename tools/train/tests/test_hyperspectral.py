import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.io
import torch
from torch.fx import symbolic_trace

from spikelet_train import checkpoint, data, log, trained
from spikelet_train.__main__ import main
from spikelet_train.errors import TrainingError
from spikelet_train.export import container, golden, integer, spiking_reference
from spikelet_train.layers import maskable
from spikelet_train.methods.loop import Training, run
from spikelet_train.methods.options import Options
from spikelet_train.models import build
from spikelet_train.spiking import energy

# Height, width, bands and classes of the public scenes; weights and products of the networks over them.
SCENES = {
    "Indian_pines": (145, 145, 200, 16),
    "PaviaU": (610, 340, 103, 9),
    "Salinas": (512, 217, 204, 16),
}
TABLE = {
    "Indian_pines": (185_052, 14_600_616, 1_796_028),
    "PaviaU": (160_692, 7_528_068, 772_452),
    "Salinas": (185_052, 14_887_032, 1_796_028),
}


def costs(name, bands, classes, patch):
    model = maskable(build(name, 1.0, classes, bands))
    return energy.layer_costs(model, torch.zeros(1, 1, bands, patch, patch))


@pytest.mark.parametrize("scene", SCENES)
def test_networks_have_the_layers_of_the_table(scene):
    _, _, bands, classes = SCENES[scene]
    weights, macs, hybrid = TABLE[scene]
    model = build("cnn-3d", 1.0, classes, bands)
    assert sum(parameter.numel() for parameter in model.parameters()) == weights
    assert sum(cost.macs for cost in costs("cnn-3d", bands, classes, 5)) == macs
    assert sum(cost.macs for cost in costs("cnn-32h", bands, classes, 3)) == hybrid


def test_neighbours_in_a_scene_share_the_first_layers():
    found = costs("cnn-3d", 200, 16, 5)
    assert [cost.places for cost in found] == [9, 9, 1, 1, 1, 1, 1]
    shared = energy.over_a_scene(found)
    assert shared[0].macs == 198 * 20 * 27 and sum(cost.macs for cost in shared) == 11_844_456
    assert [cost.places for cost in costs("cnn-32h", 200, 16, 3)] == [1, 1, 1]


def test_the_hybrid_reads_filters_by_positions_as_an_image():
    model = build("cnn-32h", 0.2, 3, 60).eval()
    x = torch.randn(2, 1, 60, 3, 3)
    first = torch.relu(model.conv1(x))
    assert first.shape == (2, 18, 7, 1, 1)
    seen = {}
    model.conv2.register_forward_hook(lambda _, given, out: seen.update(image=given[0]))
    model(x)
    assert torch.equal(seen["image"][:, 0], first[:, :, :, 0, 0])
    assert torch.equal(symbolic_trace(model)(x), model(x))


@pytest.mark.parametrize(
    "name, bands, code",
    [("cnn-3d", 0, "model-data"), ("resnet20", 200, "model-data"), ("cnn-32h", 52, "model-data")],
)
def test_networks_that_do_not_fit_the_data_are_refused(name, bands, code):
    with pytest.raises(TrainingError) as caught:
        build(name, 1.0, 3, bands)
    assert caught.value.code == code


def write_scene(folder, name, height, width, bands, classes, each=6):
    """A scene of the given shape with a few labelled pixels of every class in rows of their own."""
    random = np.random.default_rng(1)
    labels = np.zeros((height, width), np.uint8)
    for label in range(1, classes + 1):
        top = label * height // (classes + 1)
        labels[top, 3 : 3 + each] = labels[top, width - 9 : width - 9 + each] = label
    bases = random.integers(200, 3000, (classes + 1, bands))
    rows = np.minimum((np.arange(height) * (classes + 1) + height // 2) // height, classes)
    cube = bases[rows][:, None] + random.integers(0, 300, (height, width, bands))
    scipy.io.savemat(folder / f"{name}.mat", {"cube": cube.astype(np.int16)})
    scipy.io.savemat(folder / f"{name}_gt.mat", {"labels": labels})
    return ["--cube", str(folder / f"{name}.mat"), "--labels", str(folder / f"{name}_gt.mat")]


@pytest.fixture
def scene(tmp_path):
    """A scene of 60 bands with its split, described by a JSON file."""
    places = write_scene(tmp_path, "made", 60, 40, 60, 4)
    words = ["--split", "random", "--normalise", "bands", "--names", "1=corn,4=fallow"]
    assert main(["scene", *places, *words, "--out", str(tmp_path / "scene")]) == 0
    return tmp_path / "scene" / "scene.json"


SIZES = ["--width", "0.1", "--batch", "16", "--epochs", "1", "--label-smoothing", "0"]
SEARCH = ["--calibration-images", "8", "--calibration-steps", "3", "--steps", "3", "--bits", "6"]


@pytest.mark.parametrize("name", SCENES)
def test_training_commands_for_the_public_scenes(tmp_path, name, capsys):
    height, width, bands, classes = SCENES[name]
    places = write_scene(tmp_path, name, height, width, bands, classes)
    assert main(["scene", *places, "--split", "disjoint", "--out", str(tmp_path)]) == 0
    split = json.loads((tmp_path / "split.json").read_text())
    assert split["train"] and split["test"]
    common = ["--data", str(tmp_path / "scene.json"), *SIZES, "--model", "cnn-3d"]
    assert main(["float", *common, "--out", str(tmp_path / "ann")]) == 0
    last = "ann"
    if name == "Indian_pines":
        weights = ["--weights", str(tmp_path / "ann" / "checkpoint.pt")]
        assert main(["snn", *common, *SEARCH, *weights, "--out", str(tmp_path / "snn")]) == 0
        last = "snn"
    capsys.readouterr()
    words = ["--checkpoint", str(tmp_path / last / "checkpoint.pt"), "--data", str(tmp_path / "scene.json")]
    assert main(["evaluate", *words]) == 0
    said = capsys.readouterr().out
    assert "kappa" in said and f"of {len(split['test'])} test pixels\n" in said
    assert ("in a scene     INT6 (HYPER-SNN) against INT32" in said) == (last == "snn")


@pytest.mark.parametrize("model", ["cnn-3d", "cnn-32h"])
def test_the_three_forms_are_exported_and_compute_what_was_trained(tmp_path, scene, model):
    common = ["--data", str(scene), *SIZES, "--model", model]
    assert main(["float", *common, "--out", str(tmp_path / "ann")]) == 0
    weights = ["--weights", str(tmp_path / "ann" / "checkpoint.pt")]
    few = ["--bits", "6", "--activation-bits", "6", "--per-channel"]
    assert main(["qat", *common, *few, *weights, "--out", str(tmp_path / "qat")]) == 0
    assert main(["snn", *common, *SEARCH, *weights, "--out", str(tmp_path / "snn")]) == 0
    test = data.load(scene, "test")
    for form in ("ann", "qat", "snn"):
        source = trained.load(tmp_path / form / "checkpoint.pt")
        assert source.provenance["sceneLabels"] == "1,2,3,4"
        assert source.classes == ("corn", "class 2", "class 3", "fallow")
        assert json.loads(source.provenance["normalisation"])["kind"] == "bands"
        out = tmp_path / f"{form}.spikelet"
        words = ["--checkpoint", str(tmp_path / form / "checkpoint.pt"), "--out", str(out)]
        assert main(["export", *words]) == 0
        metadata, tensors = container.unpack(out.read_bytes())
        document = json.loads(metadata["graph"])
        x = source.inputs(test)(torch.as_tensor(test.images[:4]))
        assert document["inputs"][0]["shape"] == list(x[:1].shape) and "meaning" not in document["inputs"][0]
        expected = source.model(x).detach().numpy()
        if form == "qat":
            actual = integer.run(document, tensors, x.numpy())
            step = document["nodes"][-2]["quantization"]["scale"]
            assert np.abs(actual - expected).max() <= 1.01 * step
        elif form == "snn":
            actual = spiking_reference.run(document, tensors, x[:1].numpy())["logits"]
            assert np.allclose(actual, expected[:1], atol=1e-4)
    words = ["--checkpoint", str(tmp_path / "snn" / "checkpoint.pt"), "--out", str(out), "--fold-scales"]
    assert main(["export", *words, "--golden", "2", "--data", str(scene)]) == 0
    assert golden.read(golden.golden_path(out))["input"].shape == (2, *x.shape[1:])


OPTIONS = Options(
    model="cnn-3d", width=0.1, epochs=2, batch=16, label_smoothing=0.0, rate=0.01, average=0.5
)


def test_a_resumed_training_of_a_scene_ends_with_the_same_weights(tmp_path, scene):
    train, test = data.load(scene, "train"), data.load(scene, "test")
    run(Training, OPTIONS, train, test, tmp_path / "whole")
    halves = Training(OPTIONS, train)
    halves.run_epoch()
    halves.save(tmp_path / "halves" / "checkpoint.pt", 0.0, len(test))
    run(Training, OPTIONS, train, test, tmp_path / "halves")
    _, whole = checkpoint.load(tmp_path / "whole" / "checkpoint.pt")
    record, halves = checkpoint.load(tmp_path / "halves" / "checkpoint.pt")
    assert all(torch.equal(value, halves["model"][name]) for name, value in whole["model"].items())
    assert record["scene"]["split"]["kind"] == "random"
    assert set(record["scores"]) == {"overall", "average", "kappa"}


def test_epochs_between_tests_are_logged_without_accuracy(tmp_path, scene):
    train, test = data.load(scene, "train"), data.load(scene, "test")
    run(Training, replace(OPTIONS, epochs=3, test_every=2), train, test, tmp_path / "run")
    epochs = [line for line in log.read(tmp_path / "run" / "log.jsonl") if line["event"] == "epoch"]
    assert ["test_accuracy" in line for line in epochs] == [False, True, True]
    picture = tmp_path / "curve.svg"
    assert main(["curve", "--log", str(tmp_path / "run" / "log.jsonl"), "--out", str(picture)]) == 0


def test_views_are_symmetries_of_the_patches(scene):
    train = data.load(scene, "train")
    inputs = train.inputs(5)
    x = inputs(torch.as_tensor(train.images))
    turned = inputs.turned(x.clone(), torch.Generator().manual_seed(3))
    assert not torch.equal(turned, x) and torch.equal(turned[..., 2, 2], x[..., 2, 2])
    assert torch.allclose(turned.sum((3, 4)), x.sum((3, 4)), atol=1e-4)


def test_a_split_of_smaller_patches_is_refused(tmp_path):
    places = write_scene(tmp_path, "made", 60, 40, 60, 4)
    assert main(["scene", *places, "--patch", "3", "--out", str(tmp_path)]) == 0
    train = data.load(tmp_path / "scene.json", "train")
    assert len(train.inputs(3)(torch.as_tensor(train.images[:2]))) == 2
    with pytest.raises(TrainingError) as caught:
        train.inputs(5)
    assert caught.value.code == "data-split"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"format": "other"}, "data-format"),
        ({"cube": 3}, "data-damaged"),
        ({"names": []}, "data-damaged"),
        ({"normalise": "odd"}, "data-option"),
        ({"cube": "absent.mat"}, "data-missing"),
    ],
)
def test_descriptions_of_scenes_that_are_wrong_are_refused(scene, change, code):
    fields = json.loads(scene.read_text())
    scene.write_text(json.dumps(fields | change))
    with pytest.raises(TrainingError) as caught:
        data.load(scene, "train")
    assert caught.value.code == code


def test_a_network_of_a_scene_refuses_other_samples(tmp_path, scene, capsys):
    train, test = data.load(scene, "train"), data.load(scene, "test")
    run(Training, replace(OPTIONS, epochs=1), train, test, tmp_path / "run")
    other = tmp_path / "other"
    other.mkdir()
    places = write_scene(other, "made", 60, 40, 60, 4, each=5)
    assert main(["scene", *places, "--split", "random", "--out", str(other)]) == 0
    words = ["--checkpoint", str(tmp_path / "run" / "checkpoint.pt"), "--data", str(other / "scene.json")]
    assert main(["evaluate", *words]) == 1
    assert "error (data-normalisation)" in capsys.readouterr().err
