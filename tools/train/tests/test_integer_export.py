import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from spikelet_train.errors import TrainingError
from spikelet_train.export import container, integer
from spikelet_train.export.bit_stream import pack_bits, unpack_bits
from spikelet_train.export.quantized import build_quantized
from spikelet_train.layers import Settings, assign_bits, convert, weighted_layers
from spikelet_train.models import build
from spikelet_train.trained import Trained

SHAPE = (1, 3, 32, 32)
DIST = Path(__file__).resolve().parents[3] / "dist"
CASES = {
    "resnet20": Settings(4, 8, "learned", True, 0.0),
    "resnet18": Settings(4, 0, "max", False, 0.0),
    "vgg16": Settings(4, 8, "mse", True, 0.0),
}


def network(name):
    """A converted network with mixed widths, and normalisation of both signs and of no effect."""
    torch.manual_seed(6)
    model = build(name, 0.125, 5)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.weight.data[0] *= -1
            module.weight.data[1] = 0
    model = convert(model, CASES[name], (-3.0, 3.0))
    widths = (2, 3, 4, 6, 8)
    bits = {layer: widths[place % 5] for place, layer in enumerate(weighted_layers(model))}
    assign_bits(model, bits)
    with torch.no_grad():
        for seed in range(4):
            model.train()(images(16, seed))
    return model.eval()


def images(count, seed):
    return torch.randn((count, *SHAPE[1:]), generator=torch.Generator().manual_seed(seed)).clamp(-3, 3)


def exported(name):
    model = network(name)
    source = Trained(name, model, tuple("abcde"), (0.5,) * 3, (0.2,) * 3, {"method": "bmpq"}, True)
    return model, container.pack(build_quantized(model, source, SHAPE), {"method": "bmpq"})


def reference(data, x):
    metadata, tensors = container.unpack(data)
    return integer.run(json.loads(metadata["graph"]), tensors, x.numpy())


@pytest.mark.parametrize("bits", range(2, 9))
def test_a_bit_stream_gives_its_levels_back(bits):
    levels = np.random.default_rng(bits).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 1001).astype(np.int8)
    stream = pack_bits(levels, bits)
    assert len(stream) == -(-1001 * bits // 8)
    assert np.array_equal(unpack_bits(stream, 1001, bits), levels)


def test_the_bit_stream_starts_at_the_low_end():
    assert pack_bits(np.array([1, -2, 0, -1], np.int8), 2).tolist() == [0b11_00_10_01]


def test_integers_predict_what_the_quantized_network_predicts():
    model, data = exported("resnet20")
    x = images(64, seed=77)
    with torch.no_grad():
        expected = model(x).numpy()
    actual = reference(data, x)
    metadata, _ = container.unpack(data)
    steps = json.loads(metadata["graph"])["nodes"][-2]["quantization"]["scale"]
    # A tie that float32 rounds the other way moves a level, which the layers after it may carry on.
    assert np.abs(actual - expected).max() <= 12 * steps
    assert (np.abs(actual - expected) < 0.5 * steps).mean() > 0.5
    top = np.sort(expected, 1)
    clear = top[:, -1] - top[:, -2] > 12 * steps
    assert clear.sum() > 8
    assert np.array_equal(actual.argmax(1)[clear], expected.argmax(1)[clear])


@pytest.mark.parametrize("name", CASES)
def test_the_interpreter_and_the_engine_give_the_same_bytes(tmp_path, name):
    if shutil.which("node") is None or not (DIST / "index.js").is_file():
        pytest.skip("needs node and the built package: npm run build")
    _, data = exported(name)
    (tmp_path / "model.spikelet").write_bytes(data)
    x = images(3, seed=5)
    (tmp_path / "in.f32").write_bytes(x.numpy().tobytes())
    script = Path(__file__).with_name("run_model.mjs")
    places = [tmp_path / part for part in ("model.spikelet", "in.f32", "out.f32")]
    done = subprocess.run(
        ["node", script, DIST, *places], capture_output=True, text=True, timeout=120, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    found = np.fromfile(tmp_path / "out.f32", np.float32).reshape(3, 2, 5)
    expected = reference(data, x)
    assert np.array_equal(found[:, 0], expected)
    assert np.array_equal(found[:, 1], expected)


def test_widths_are_in_the_file_and_in_its_size():
    model, data = exported("resnet20")
    metadata, tensors = container.unpack(data)
    constants = json.loads(metadata["graph"])["constants"]
    for name, layer in weighted_layers(model).items():
        entry = constants[f"{name}.weight"]
        assert entry["bits"] == layer.quantizer.bits and entry["axis"] == 0
        assert tensors[f"{name}.weight"].nbytes == -(-layer.weight.numel() * entry["bits"] // 8)


def test_a_layer_of_float_weights_is_refused():
    model = convert(build("resnet20", 0.125, 5), Settings(0, 8), (-1.0, 1.0)).eval()
    source = Trained("x", model, tuple("abcde"), (0.5,) * 3, (0.2,) * 3, {})
    with pytest.raises(TrainingError, match="conv") as caught:
        build_quantized(model, source, SHAPE)
    assert caught.value.code == "export-unsupported"
