import json
from dataclasses import replace

import pytest
import torch
from conftest import coloured
from torch import nn

from spikelet_train import checkpoint, log, trained
from spikelet_train.errors import TrainingError
from spikelet_train.methods.loop import Training, run
from spikelet_train.methods.options import Options
from spikelet_train.methods.snn import Snn, SnnOptions
from spikelet_train.spiking import energy, neurons

ANN = Options(
    model="plain-vgg5",
    width=0.0625,
    epochs=8,
    batch=16,
    rate=0.01,
    padding=0,
    cutout=0,
    average=0.0,
    label_smoothing=0.0,
)
SMALL = SnnOptions(
    model="plain-vgg5",
    width=0.0625,
    epochs=3,
    batch=16,
    rate=4e-3,
    padding=0,
    average=0.5,
    steps=4,
    calibration_images=16,
    calibration_steps=8,
    dropout=0.0,
)


@pytest.fixture(scope="module")
def ann(tmp_path_factory):
    """The checkpoint of a trained network of rectifiers."""
    training = Training(ANN, coloured(48, seed=1))
    torch.manual_seed(5)
    for module in training.model.modules():
        # The small weights that suit thousands of inputs leave a network of this size unmoved for long.
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.Dropout):
            module.p = 0.0
    while training.progress() < 1:
        training.run_epoch()
    path = tmp_path_factory.mktemp("ann") / "checkpoint.pt"
    result = training.accuracy(coloured(24, seed=2))
    assert result > 0.6
    training.save(path, result, 24)
    return str(path)


def epochs(folder):
    return [record for record in log.read(folder / "log.jsonl") if record["event"] == "epoch"]


def test_a_converted_network_learns_and_says_what_it_costs(tmp_path, train, test, ann):
    result = run(Snn, replace(SMALL, weights=ann, epochs=5), train, test, tmp_path / "snn")
    assert result > 0.8
    records = epochs(tmp_path / "snn")
    first, last = records[0], records[-1]
    assert last["loss"] < first["loss"]
    layers = ["features.1", "features.4", "features.7", "classifier.1", "classifier.4"]
    assert [name for name in last["spikes_per_layer"]] == layers
    assert list(last["energy_nj"]) == ["FP32", "INT32", "INT8 (exponent 2)"]
    assert all(0 <= leak <= 1 for leak in last["leaks"].values())
    assert any(last["thresholds"][name] != first["thresholds"][name] for name in layers)
    assert any(last["leaks"][name] < 1 for name in layers)
    for table in last["energy_nj"].values():
        assert table["spiking"] < table["spiking_input_every_step"]
        assert table["ratio"] == pytest.approx(table["ann"] / table["spiking"], rel=0.02)


def test_single_spikes_with_hybrid_coding(tmp_path, train, test, ann):
    options = replace(
        SMALL, weights=ann, single_spike=True, coding="hybrid", bits=6, epochs=2, mask_from=0.5
    )
    run(Snn, options, train, test, tmp_path / "snn")
    before, after = epochs(tmp_path / "snn")
    assert before["most_spikes"] > 1 and after["most_spikes"] == 1
    source = trained.load(tmp_path / "snn" / "checkpoint.pt")
    assert all(layer.once for layer in neurons(source.model).values())
    assert source.quantized and "bits 6" in source.provenance["command"]


def test_a_resumed_training_ends_with_the_same_weights(tmp_path, train, test, ann):
    options = replace(SMALL, weights=ann, epochs=2)
    run(Snn, options, train, test, tmp_path / "whole")
    interrupted = Snn(options, train)
    interrupted.run_epoch()
    interrupted.save(tmp_path / "halves" / "checkpoint.pt", 0.0, len(test))
    run(Snn, options, train, test, tmp_path / "halves")
    _, whole = checkpoint.load(tmp_path / "whole" / "checkpoint.pt")
    _, halves = checkpoint.load(tmp_path / "halves" / "checkpoint.pt")
    for name, value in whole["model"].items():
        assert torch.equal(value, halves["model"][name]), name


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"bits": 9},
        {"coding": "rate"},
        {"steps": 1, "coding": "hybrid"},
        {"leak": 1.5},
        {"gamma": 0},
    ],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(TrainingError) as caught:
        replace(SMALL, **wrong)
    assert caught.value.code == "option-range"


def test_a_network_with_normalisation_is_refused(train):
    with pytest.raises(TrainingError) as caught:
        Snn(replace(SMALL, model="resnet20"), train)
    assert caught.value.code == "model-not-spiking"


def test_the_log_is_plain_json(tmp_path, train, test, ann):
    run(Snn, replace(SMALL, weights=ann, epochs=1, bits=0), train, test, tmp_path / "snn")
    (record,) = epochs(tmp_path / "snn")
    assert json.loads(json.dumps(record)) == record
    assert list(record["energy_nj"]) == ["FP32", "INT32"]


def first_network(tmp_path):
    """The checkpoint of a network of rectifiers that one epoch has hardly moved; dropout is off."""
    training = Training(ANN, coloured(48, seed=1))
    for module in training.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    training.run_epoch()
    training.save(tmp_path / "first.pt", 0.0, 24)
    return str(tmp_path / "first.pt")


def test_small_weights_are_trained_at_the_same_rate(tmp_path, train):
    # Weights of 0.01 have thresholds of 0.03: unless both grow alike, a step of Adam is several of them.
    options = replace(SMALL, weights=first_network(tmp_path), epochs=10, rate=1e-3)
    training = Snn(options, train)
    losses = [training.run_epoch()[0] for _ in range(10)]
    assert losses[-1] < 0.45 < losses[0]
    assert all(0.9 < layer.threshold < 1.1 for layer in neurons(training.model).values())


def spike_cost(training):
    """What the spikes of the training images cost now."""
    for layer in neurons(training.model).values():
        layer.watched = True
    x = training.prepare(training.images)
    costs = energy.layer_costs(training.model, x[:1])
    training.model(x)
    return training.spike_cost(costs).item()


def test_a_penalty_makes_spikes_fewer_unless_they_are_within_the_budget(train, ann):
    def costs(**changes):
        training = Snn(replace(SMALL, weights=ann, epochs=4, **changes), train)
        found = []
        for _ in range(4):
            training.run_epoch()
            found.append(spike_cost(training))
        return found

    squeezed = costs(spike_penalty=20.0)
    assert squeezed[-1] < 0.95 * squeezed[0]
    assert costs(spike_penalty=20.0, spike_budget=5.0) == costs()
