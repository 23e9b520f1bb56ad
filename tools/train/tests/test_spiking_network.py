import math

import pytest
import torch
from torch import nn

from spikelet_train.errors import TrainingError
from spikelet_train.layers import weighted_layers
from spikelet_train.models import build
from spikelet_train.spiking import SpikingSettings, activity, energy, neurons, set_steps, to_spiking
from spikelet_train.spiking.conversion import (
    normalise_thresholds,
    set_thresholds,
    weighted_input_percentile,
)

ENDS = (-2.0, 2.0)


def images(count, seed=1, side=32):
    return torch.randn((count, 3, side, side), generator=torch.Generator().manual_seed(seed)).clamp(*ENDS)


def spiking(name="plain-vgg5", width=0.0625, **settings):
    torch.manual_seed(3)
    return to_spiking(build(name, width, 4), SpikingSettings(**{"bits": 0, **settings}), ENDS).eval()


@pytest.mark.parametrize(
    "name, weights, macs",
    [("plain-vgg5", 50_595_520, 108_765_184), ("plain-vgg9", 32_065_216, 281_780_224)],
)
def test_networks_have_the_published_sizes(name, weights, macs, monkeypatch):
    monkeypatch.setattr(nn.init, "normal_", lambda *_: None)
    model = build(name, 1.0, 10)
    assert sum(parameter.numel() for parameter in model.parameters()) == weights
    network = to_spiking(model, SpikingSettings(steps=1, bits=0), ENDS)
    costs = energy.layer_costs(network, torch.zeros(1, 3, 32, 32))
    assert sum(cost.macs for cost in costs) == macs
    assert costs[0].macs == 1_769_472 and costs[0].source is None


@pytest.mark.parametrize(
    "name, layers", [("plain-vgg9", 9), ("plain-vgg16", 15), ("plain-resnet12", 11), ("plain-resnet20", 19)]
)
def test_every_rectifier_becomes_a_spiking_layer(name, layers):
    network = spiking(name, 0.03125, steps=3)
    assert len(neurons(network)) == layers
    assert [lif.spread for lif in neurons(network).values()].count(True) == 1
    assert network(images(2)).shape == (2, 4)
    assert not any(isinstance(module, (nn.ReLU, nn.Dropout)) for module in network.modules())


def test_the_first_convolution_is_computed_once():
    network, seen = spiking(steps=6), {}
    for name, layer in weighted_layers(network).items():
        layer.register_forward_hook(lambda _, x, y, name=name: seen.update({name: len(y)}))
    network(images(2))
    assert list(seen.values()) == [2, 12, 12, 12, 12, 12]


def test_computing_it_once_is_applying_the_image_at_every_step():
    network = spiking(steps=5)
    x = images(3)
    set_all(network, 0.05)
    once = network(x)
    first = next(iter(neurons(network).values()))
    first.spread = False
    conv = next(iter(weighted_layers(network).values()))
    conv.register_forward_hook(lambda _, given, y: torch.cat([y] * 5))
    assert torch.equal(network(x), once)


def set_all(network, threshold):
    with torch.no_grad():
        for layer in neurons(network).values():
            layer.threshold.fill_(threshold)


def test_many_steps_approach_the_rectified_network():
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(8, 16, bias=False), nn.ReLU(), nn.Linear(16, 4, bias=False)).eval()
    network = to_spiking(model, SpikingSettings(steps=400, bits=0), ENDS).eval()
    x = torch.randn((50, 8), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        set_all(network, model[0](x).max().item())
        close = network(x) * model[0](x).max() / 400
        assert (close - model(x)).abs().max() < 0.02


def test_thresholds_are_the_percentile_of_the_weighted_input():
    network, x = spiking(steps=5), images(8)
    found = set_thresholds(network, x, steps=7, scale=0.5, percentile=0.9, batch=3)
    names = list(neurons(network))
    assert list(found) == names
    current, conv = x, network.get_submodule("features.0")
    values = conv(current).flatten().sort().values
    first = values[math.floor(0.9 * len(values))].item()
    assert found[names[0]] == pytest.approx(0.5 * first)
    # The second layer was looked at with the first threshold unscaled, over 7 steps.
    with torch.no_grad():
        network.get_submodule(names[0]).threshold.fill_(first)
    set_steps(network, 7)
    received = {}
    layer = network.get_submodule(names[1])
    layer.register_forward_pre_hook(lambda _, given: received.update(current=given[0]))
    network(x)
    by_step = received["current"].view(7, -1).sort(1).values
    second = by_step[:, math.floor(0.9 * by_step.shape[1])].max().item()
    assert found[names[1]] == pytest.approx(0.5 * second)


def test_batches_do_not_change_a_percentile():
    network, x = spiking(steps=4), images(7)
    set_all(network, 0.1)
    layer = list(neurons(network).values())[1]
    whole = weighted_input_percentile(network, layer, x, 7)
    assert weighted_input_percentile(network, layer, x, 2) == pytest.approx(whole, rel=1e-5)


def test_the_search_leaves_steps_and_masks_as_they_were():
    network = spiking(steps=5, once=True, single_output=True)
    found = set_thresholds(network, images(4), steps=9, scale=1.0)
    assert "scores" in found and found["scores"] > 0
    assert all(layer.steps == 5 and layer.once for layer in neurons(network).values())


def test_a_layer_that_receives_nothing_gets_the_default():
    network = spiking(steps=2)
    with torch.no_grad():
        for layer in weighted_layers(network).values():
            layer.weight.zero_()
    assert list(set_thresholds(network, images(2), 2, 1.0).values()) == pytest.approx([0.4] * 5)


def test_no_neuron_fires_more_than_once():
    network = spiking(steps=6, once=True, coding="hybrid", bits=4)
    set_all(network, 0.02)
    with activity.counted(network):
        network(images(5))
    found = activity.activity(network)
    assert set(found.most.values()) <= {0, 1} and found.most["features.1"] == 1
    assert all(value <= 1 for value in found.zeta.values()) and 0 < found.input_zeta <= 1


def test_networks_that_cannot_spike_are_refused():
    for name, code in (("vgg16", "model-not-spiking"), ("resnet20", "model-not-spiking")):
        with pytest.raises(TrainingError) as caught:
            spiking(name, 0.0625)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "pair, spikes, ann", [(energy.FP32, 225, 4600), (energy.INT32, 25, 3200)], ids=["FP32", "INT32"]
)
def test_energy_of_one_layer(pair, spikes, ann):
    costs = [energy.LayerCost("conv", 1000, "lif")]
    assert energy.energy(costs, {"lif": 0.25}, pair) == (pytest.approx(spikes), pytest.approx(ann))


def test_the_first_layer_costs_products():
    costs = [energy.LayerCost("a", 100, None), energy.LayerCost("b", 1000, "lif")]
    spiking_energy, _ = energy.energy(costs, {"lif": 0.5}, energy.INT32)
    assert spiking_energy == pytest.approx(100 * 3.2 + 1000 * 0.5 * 0.1)
    every_step, _ = energy.energy(costs, {"lif": 0.5}, energy.INT32, input_steps=5)
    assert every_step == pytest.approx(500 * 3.2 + 50)
    events, _ = energy.energy(costs, {"lif": 0.5}, energy.INT32, input_zeta=0.4)
    assert events == pytest.approx(100 * 3.2 + 100 * 0.4 * 0.1 + 50)


@pytest.mark.parametrize(
    "bits, multiply, add",
    [(8, 0.194, 0.025), (6, 0.109, 0.019), (4, 0.048, 0.0125), (16, 0.775, 0.05)],
)
def test_energy_of_few_bits(bits, multiply, add):
    pair = energy.bit_pair(bits)
    assert pair.ac == pytest.approx(add, abs=5e-4) and pair.mac - pair.ac == pytest.approx(multiply, abs=5e-4)
    assert "exponent 2" in pair.name


def test_pooling_and_dropout_do_not_change_what_is_counted():
    network = spiking(steps=4)
    set_all(network, 0.05)
    kept = []
    network.get_submodule("features.1").register_forward_hook(lambda _, x, y: kept.append(y.detach()))
    with activity.counted(network):
        network(images(3))
    found = activity.activity(network)
    assert found.zeta["features.1"] == pytest.approx(kept[0].mean().item() * 4)
    assert found.neurons == sum(layer.neurons for layer in neurons(network).values())


def test_thresholds_of_1_leave_every_spike_as_it_is():
    model = to_spiking(build("plain-vgg5", 0.0625, 3), SpikingSettings(steps=4, bits=0), (-2.0, 2.1)).eval()
    x = torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    # Powers of two: dividing by them rounds nothing.
    for exponent, layer in enumerate(neurons(model).values()):
        layer.threshold.data.fill_(2.0 ** -(exponent + 2))
    before = spikes_of(model, x)
    assert normalise_thresholds(model) == list(neurons(model))
    assert all(layer.threshold == 1 for layer in neurons(model).values())
    after = spikes_of(model, x)
    assert all(torch.equal(before[name], after[name]) and before[name].any() for name in before)


def spikes_of(model, x):
    """All spikes by layer."""
    found = {}
    handles = [
        layer.register_forward_hook(lambda _, given, out, name=name: found.update({name: out.detach()}))
        for name, layer in neurons(model).items()
    ]
    model(x)
    for handle in handles:
        handle.remove()
    return found


def test_neurons_that_receive_a_shortcut_keep_their_threshold():
    model = to_spiking(build("plain-resnet12", 0.0625, 3), SpikingSettings(steps=2), (-2.0, 2.1))
    for layer in neurons(model).values():
        layer.threshold.data.fill_(0.5)
    normalise_thresholds(model)
    thresholds = {name: layer.threshold.item() for name, layer in neurons(model).items()}
    # The first block has an identity as its shortcut, the second a convolution.
    assert thresholds["blocks.0.relu2"] == 0.5 and thresholds["blocks.1.relu2"] == 1
    assert thresholds["blocks.0.relu1"] == thresholds["stem.1"] == 1
