import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from spikelet_train.export import container, golden, spiking_reference
from spikelet_train.export.graph import Graph
from spikelet_train.export.spiking import build_spiking
from spikelet_train.layers import weighted_layers
from spikelet_train.models import build
from spikelet_train.spiking import HybridCoding, SpikingSettings, neurons, to_spiking
from spikelet_train.spiking.conversion import set_thresholds
from spikelet_train.trained import Trained

SHAPE = (1, 3, 32, 32)
ENDS = (-2.0, 2.1)
ROOT = Path(__file__).resolve().parents[3]
RUNNER = Path(__file__).with_name("run_values.mjs")
CASES = {
    "vgg of 8 bits": ("plain-vgg5", {}, False),
    "vgg of 4 bits, folded": ("plain-vgg5", {"bits": 4, "per_channel": True, "leak": 0.875}, True),
    "single spikes, hybrid": (
        "plain-vgg5",
        {"bits": 6, "once": True, "single_output": True, "coding": "hybrid"},
        False,
    ),
    "resnet of 6 bits": ("plain-resnet12", {"bits": 6, "steps": 3}, False),
}


def images(count, seed=5):
    return torch.randn((count, *SHAPE[1:]), generator=torch.Generator().manual_seed(seed)).clamp(*ENDS)


def network(name="plain-vgg5", **settings):
    torch.manual_seed(7)
    model = to_spiking(build(name, 0.0625, 5), SpikingSettings(**{"steps": 4, **settings}), ENDS).eval()
    with torch.no_grad():
        for layer in weighted_layers(model).values():
            layer.weight.mul_(2)
        for module in model.modules():
            if isinstance(module, HybridCoding):
                module.size.fill_(0.75)
    set_thresholds(model, images(4, seed=8), steps=6, scale=0.3017)
    return model


def document_of(model, folded=False):
    source = Trained("plain", model, tuple("abcde"), (0.5,) * 3, (0.25,) * 3, {"method": "snn"})
    graph = build_spiking(model, source, SHAPE, folded)
    metadata, tensors = container.unpack(container.pack(graph, {"method": "snn"}))
    return json.loads(metadata["graph"]), tensors


def trained_spikes(model, x, forced):
    """Spikes of each layer as the trained network computes them where every layer before it has fired as in
    `forced`; and its scores."""
    found = {}

    def exchange(name):
        def hook(_, given, spikes):
            found[name] = spikes.numpy()
            return torch.from_numpy(forced[name].astype(np.float32))

        return hook

    handles = [layer.register_forward_hook(exchange(name)) for name, layer in neurons(model).items()]
    with torch.no_grad():
        scores = model(x).numpy()
    for handle in handles:
        handle.remove()
    return found, scores


@pytest.mark.parametrize("case", CASES)
def test_the_file_fires_as_the_trained_network_does(case):
    name, settings, folded = CASES[case]
    model = network(name, **settings)
    document, tensors = document_of(model, folded)
    x = images(1)
    values = spiking_reference.run(document, tensors, x.numpy())
    spikes, scores = trained_spikes(model, x, values)
    for layer, expected in spikes.items():
        # Sums are rounded in another order: a membrane right at its threshold may fire in one only.
        assert (values[layer] != expected).sum() <= 2, layer
        assert 0.01 < expected.mean() < 0.99
    assert np.allclose(values["logits"], scores, rtol=1e-4, atol=1e-4 * np.abs(scores).max())


@pytest.mark.parametrize("case", CASES)
def test_the_interpreter_and_the_engine_give_the_same_spikes(tmp_path, case):
    if shutil.which("node") is None or not (ROOT / "dist" / "index.js").is_file():
        pytest.skip("needs node and the built package: npm run build")
    name, settings, folded = CASES[case]
    document, tensors = document_of(network(name, **settings), folded)
    document, names = golden.with_spikes(document)
    (tmp_path / "model.spikelet").write_bytes(container.pack(Graph(document, tensors), {}))
    x = images(2).numpy()
    (tmp_path / "in.f32").write_bytes(x.tobytes())
    engines = ["interpreter", "simd:1", "simd:2"]
    places = [ROOT / "dist", tmp_path / "model.spikelet", tmp_path / "in.f32", tmp_path]
    command = [str(word) for word in ("node", RUNNER, *places, *engines)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    expected = [spiking_reference.run(document, tensors, sample[None]) for sample in x]
    for engine in engines:
        for place, value in enumerate(names):
            both = np.stack([values[value] for values in expected])
            found = np.fromfile(tmp_path / f"{engine.replace(':', '-')}.{place}.bin", both.dtype)
            assert np.array_equal(found, both.reshape(-1)), (engine, value)


def with_scales_of_two(model):
    """Scales that are powers of two, for which folding changes no bit whatever the thresholds are."""
    for layer in weighted_layers(model).values():
        with torch.no_grad():
            exponent = layer.quantizer.scale.abs().log2().round()
            layer.quantizer.scale.copy_(2.0**exponent)
    return model


@pytest.mark.parametrize("bits, leak", [(8, 1.0), (4, 1.0), (4, 0.875)])
def test_folded_scales_change_no_spike(bits, leak):
    model = with_scales_of_two(network(bits=bits, clip="learned", per_channel=True, leak=leak))
    with torch.no_grad():
        for name, layer in neurons(model).items():
            # Whole thresholds in every unit: a multiple of the greatest scale.
            conv = model.get_submodule(name[: name.rindex(".")] + f".{int(name.rsplit('.', 1)[1]) - 1}")
            unit = conv.quantizer.scale.max()
            layer.threshold.copy_((layer.threshold / unit).round().clamp(min=1) * unit)
    plain, folded = document_of(model), document_of(model, folded=True)
    for x in images(3).numpy():
        expected = spiking_reference.run(*plain, x[None])
        found = spiking_reference.run(*folded, x[None])
        for layer in spiking_reference.spiking_layers(plain[0]):
            assert np.array_equal(found[layer], expected[layer]), layer
        assert np.array_equal(found["logits"], expected["logits"])


def exact_spikes(levels, x, threshold_units, scale):
    """Spikes by step of a layer without leak in float64, where currents are `scale` times whole numbers."""
    u, found = 0.0, []
    for now in x.astype(np.float64):
        u = u + (now @ levels.T.astype(np.float64)) * scale
        fires = u > threshold_units * scale
        u = u - fires * (threshold_units * scale)
        found.append(fires)
    return np.stack(found)


def test_integers_alone_give_the_spikes_of_any_scale():
    draw = np.random.default_rng(9)
    model = network(bits=6, per_channel=True)
    document, tensors = document_of(model, folded=True)
    constants = {node["name"]: node["inputs"] for node in document["nodes"]}
    units = tensors[constants["classifier.4"][1]]
    assert np.array_equal(units, np.rint(units)) and units.min() >= 1
    _, plain = document_of(model)
    scale = plain["classifier.3.weight.scales"].astype(np.float64)
    layer = model.get_submodule("classifier.3")
    levels, _ = layer.quantizer.integers(layer.weight)
    x = (draw.random((40, levels.shape[1])) < 0.3).astype(np.uint8)
    currents = spiking_reference.OPERATIONS["linear"](
        {}, None, {"scale": 1.0, "zeroPoint": 0}, x, (levels.numpy(), tensors["classifier.3.weight.scales"])
    )
    assert np.array_equal(currents, np.rint(currents))
    leak = np.ones(1, np.float32)
    found = spiking_reference.OPERATIONS["lif"]({"steps": 0}, None, None, currents, units, leak)
    assert np.array_equal(found, exact_spikes(levels.numpy(), x, units.astype(np.float64), scale))
    assert 0.05 < found.mean() < 0.95


def test_golden_spikes_lie_beside_the_model(tmp_path):
    document, tensors = document_of(network(once=True))
    path = tmp_path / "model.spikelet"
    path.write_bytes(container.pack(Graph(document, tensors), {}))
    x = images(3).numpy()
    golden.write(golden.golden_path(path), path.read_bytes(), x)
    found = golden.read(tmp_path / "model.golden.safetensors")
    assert np.array_equal(found["input"], x) and found["output"].shape == (3, 5)
    layers = spiking_reference.spiking_layers(document)
    assert {f"spikes.{name}" for name in layers} | {"input", "output"} == set(found)
    assert found["spikes.features.1"].shape == (3, 4, 4, 32, 32)
    assert all(found[f"spikes.{name}"].sum(1).max() <= 1 for name in layers)


def test_float_weights_are_added_in_the_prescribed_order():
    draw = np.random.default_rng(2)
    x = draw.integers(0, 5, (2, 3, 5, 4)).astype(np.uint8)
    weight = draw.standard_normal((2, 3, 3, 2)).astype(np.float32)
    given = {"pads": [1, 0, 1, 0], "strides": [2, 1], "dilations": [1, 1], "groups": 1}
    quantization = {"scale": 0.25, "zeroPoint": 0}
    found = spiking_reference.OPERATIONS["conv"](given, None, quantization, x, weight)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0))).astype(np.float32) * np.float32(0.25)
    for n, o, row, column in np.ndindex(found.shape):
        total = np.float32(0)
        for ky, kx, c in np.ndindex(3, 2, 3):
            total = total + weight[o, c, ky, kx] * padded[n, c, row * 2 + ky, column + kx]
        assert total.dtype == np.float32 and found[n, o, row, column] == total
