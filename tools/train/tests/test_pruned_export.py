"""From a pruned training to packed integers that the engine and the integer reference compute alike."""

import json
import os
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import coloured, write_class_zip
from torch import nn

from spikelet_train import trained, verify
from spikelet_train.__main__ import main
from spikelet_train.errors import TrainingError
from spikelet_train.export import container, integer
from spikelet_train.export.graph import Graph
from spikelet_train.layers import weighted_layers
from spikelet_train.methods.dnr import Dnr, DnrOptions

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (verify.DIST / "cli" / "main.js").is_file(),
    reason="needs node and the built package: npm run build",
)
OPTIONS = DnrOptions(
    model="resnet20", width=0.5, epochs=2, batch=16, rate=0.05, padding=0, cutout=0, average=0.5,
    density=0.1, alpha=0.0, attack_steps=1, beta=0.0, initialise="house",
)  # fmt: skip


def exported(folder, options):
    """(checkpoint, model file) of a training that has just begun."""
    training = Dnr(options, coloured(48, seed=1))
    for module in training.model.modules():
        # Blocks that start as their shortcuts would be folded into zeros.
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
    training.run_epoch()
    training.after_epoch()
    checkpoint, model = folder / "checkpoint.pt", folder / "model.spikelet"
    training.save(checkpoint, None, 0)
    assert main(["export", "--checkpoint", str(checkpoint), "--out", str(model)]) == 0
    return checkpoint, model


def spikelet(*words):
    command = ["node", str(verify.DIST / "cli" / "main.js"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def weights_of(path):
    """(arrays, descriptions) of the weights in a model file, by name."""
    metadata, tensors = container.unpack(path.read_bytes())
    constants = json.loads(metadata["graph"])["constants"]
    names = [name for name in constants if name.endswith(".weight")]
    found = integer.constants_of({"constants": {name: constants[name] for name in names}}, tensors)
    arrays = {name: value[0] if isinstance(value, tuple) else value for name, value in found.items()}
    return arrays, constants


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "pictures.zip"
    write_class_zip(path, coloured(24, seed=3))
    return path


@pytest.fixture(scope="module")
def floating(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("floating"), OPTIONS)


@pytest.fixture(scope="module")
def converted(floating, pictures):
    """The float model in int8."""
    packed = floating[1].with_name("packed.spikelet")
    spikelet("convert", floating[1], "-o", packed, "--quantize", "int8", "--calibrate", pictures)
    return packed


def same_to_the_bit(model, folder):
    """Checks that every engine which runs here gives the reference's bits."""
    dataset = coloured(12, seed=4)
    inputs = verify.inputs_of(model, dataset)(torch.as_tensor(dataset.images)).numpy()
    _, outcomes = verify.compare(model, inputs, folder)
    assert [outcome for outcome in outcomes if outcome.different] == []
    ran = [outcome.engine for outcome in outcomes if not outcome.missing]
    assert any(name.startswith("simd, 1 thread ") for name in ran)
    assert os.cpu_count() == 1 or any(name.startswith("simd, 2 threads ") for name in ran)


def test_a_float_export_has_the_zeros_of_the_masks(floating):
    checkpoint, model = floating
    arrays, _ = weights_of(model)
    for name, layer in weighted_layers(trained.load(checkpoint).model).items():
        assert np.array_equal(arrays[f"{name}.weight"] != 0, layer.effective_weight().detach().numpy() != 0)
    density = sum((array != 0).sum() for array in arrays.values()) / sum(map(np.size, arrays.values()))
    assert 0.05 < density < 0.12


def test_pytorch_runs_the_float_export_as_onnx_too(floating, tmp_path):
    checkpoint, _ = floating
    path = tmp_path / "model.onnx"
    assert main(["export", "--checkpoint", str(checkpoint), "--onnx", str(path)]) == 0
    assert path.stat().st_size > 100_000


@pytest.mark.parametrize("scheme", ["int8", "w4"])
def test_converted_weights_stay_sparse_and_compute_the_same_bits(
    floating, converted, pictures, tmp_path, scheme
):
    _, model = floating
    packed = converted
    if scheme == "w4":
        packed = tmp_path / "packed.spikelet"
        spikelet("convert", model, "-o", packed, "--quantize", "w4", "--calibrate", pictures)
    before, _ = weights_of(model)
    after, constants = weights_of(packed)
    for name, array in after.items():
        assert not (array[before[name] == 0]).any(), name
        assert (array != 0).sum() > 0.7 * (before[name] != 0).sum(), name
    wide = [entry for entry in constants.values() if "bits" in entry and np.prod(entry["shape"]) > 2000]
    assert wide and all("sparsity" in entry for entry in wide)
    same_to_the_bit(packed, tmp_path)


def test_a_packed_file_is_smaller_than_a_dense_one_at_every_sparsity_above_half(floating, pictures, tmp_path):
    metadata, tensors = container.unpack(floating[1].read_bytes())
    document, draw = json.loads(metadata["graph"]), np.random.default_rng(5)
    sizes = []
    for density in (1.0, 0.49, 0.1):
        drawn = {}
        for name, tensor in tensors.items():
            values = draw.normal(0, 0.1, tensor.shape).astype(np.float32)
            kept = draw.random(tensor.shape) < density
            drawn[name] = np.where(kept, values, 0).astype(np.float32) if name.endswith(".weight") else tensor
        source, packed = tmp_path / "source.spikelet", tmp_path / "packed.spikelet"
        container.write(source, Graph(document, drawn), {})
        quantize = ("--quantize", "int8", "--calibrate", pictures, "--samples", 4)
        spikelet("convert", source, "-o", packed, *quantize)
        sizes.append(packed.stat().st_size)
        for name, array in weights_of(packed)[0].items():
            assert not (array[drawn[name] == 0]).any() and array.any(), name
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("granularity", ["irregular", "channel"])
def test_a_network_trained_with_integers_is_the_same_dense_and_packed(tmp_path, granularity):
    density = 0.5 if granularity == "channel" else 0.1
    _, model = exported(tmp_path, replace(OPTIONS, bits=8, granularity=granularity, density=density))
    same_to_the_bit(model, tmp_path)
    packed = tmp_path / "packed.spikelet"
    spikelet("convert", model, "-o", packed)
    before, after = weights_of(model)[0], weights_of(packed)[0]
    assert all(np.array_equal(array, after[name]) for name, array in before.items())
    assert (packed.stat().st_size < 0.5 * model.stat().st_size) == (granularity == "irregular")
    same_to_the_bit(packed, tmp_path)


def test_the_command_compares_images_of_a_data_set(converted, data_folder, tmp_path, capsys):
    shutil.copy(converted, tmp_path / "model.spikelet")
    words = ["verify", "--model", str(tmp_path), "--data", str(data_folder), "--images", "10"]
    assert main([*words, "--keep", str(tmp_path / "kept")]) == 0
    out = capsys.readouterr().out
    assert "of 10 images right" in out and "simd, 1 thread (i16): 10 of 10 images the same to the bit" in out
    assert np.fromfile(tmp_path / "kept" / "logits.f32", "<f4").shape == (30,)
    assert np.fromfile(tmp_path / "kept" / "inputs.f32", "<f4").shape == (10 * 3072,)


def test_one_bit_of_difference_is_seen(converted, data_folder, capsys, monkeypatch):
    true = integer.run

    def nearly(document, tensors, image):
        logits = true(document, tensors, image)
        logits[0, 0] = np.nextafter(logits[0, 0], np.float32(np.inf))
        return logits

    monkeypatch.setattr(integer, "run", nearly)
    words = ["verify", "--model", str(converted), "--data", str(data_folder), "--images", "10"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert "9 of 10 images the same to the bit" in said.out and "error (verify-different)" in said.err


def test_a_float_model_has_no_bits_to_compare(floating, data_folder):
    with pytest.raises(TrainingError) as caught:
        verify.reference(floating[1], np.zeros((2, 3, 32, 32), np.float32))
    assert caught.value.code == "model-float"


def test_test_images_are_spread_over_the_data_set():
    images, labels = verify.spread(coloured(24, seed=2), 3)
    assert len(images) == 3 and labels.tolist() == coloured(24, seed=2).labels[[0, 12, 23]].tolist()
    assert len(verify.spread(coloured(24, seed=2), 100)[0]) == 24
