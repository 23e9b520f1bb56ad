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
from spikelet_train.spiking import neurons

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
    rate=1e-3,
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
