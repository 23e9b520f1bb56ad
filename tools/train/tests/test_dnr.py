import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikelet_train import augment, channels, checkpoint, log, trained
from spikelet_train.__main__ import main
from spikelet_train.evaluate import logits
from spikelet_train.export import container, integer
from spikelet_train.export.quantized import build_quantized
from spikelet_train.layers import Settings, convert, weighted_layers
from spikelet_train.methods.dnr import Dnr, DnrOptions, parts_of
from spikelet_train.methods.loop import run
from spikelet_train.models import build

SMALL = DnrOptions(
    model="resnet20", width=0.25, epochs=4, batch=16, rate=0.05, padding=2, cutout=0, average=0.8,
    density=0.3, alpha=0.0, attack_steps=2, initialise="house",
)  # fmt: skip


def epochs(folder):
    return [record for record in log.read(folder / "log.jsonl") if record["event"] == "epoch"]


def integers(source, model, images):
    mean, std = torch.tensor(source.mean), torch.tensor(source.std)
    data = container.pack(build_quantized(model, source, (1, 3, 32, 32)), {})
    metadata, tensors = container.unpack(data)
    x = augment.normalise(torch.as_tensor(images), mean, std).numpy()
    return integer.run(json.loads(metadata["graph"]), tensors, x), len(data)


@pytest.mark.parametrize("granularity", ["irregular", "grouped", "channel"])
def test_training_keeps_its_budget_and_exports(tmp_path, train, test, granularity):
    density = 0.6 if granularity == "channel" else 0.3
    options = replace(SMALL, granularity=granularity, density=density, robust_images=8)
    run(Dnr, options, train, test, tmp_path)
    records = epochs(tmp_path)
    assert abs(records[-1]["nonzeros"] / records[-1]["target"] - 1) < (
        0.15 if granularity == "channel" else 0.03
    )
    assert {"fgsm", "pgd7"} <= records[-1].keys()
    source = trained.load(tmp_path / "checkpoint.pt")
    for layer in weighted_layers(source.model).values():
        assert layer.mask is None or (layer.effective_weight()[~layer.mask] == 0).all()
    found, whole = integers(source, source.model, test.images)
    mean, std = torch.tensor(source.mean), torch.tensor(source.std)
    expected = logits(source.model, test.images, mean, std).numpy()
    assert (found.argmax(1) == expected.argmax(1)).mean() > 0.95

    narrow = channels.without_masked_channels(source.model)
    removed, size = integers(source, narrow, test.images)
    assert np.array_equal(removed, found)
    assert (size < whole) == (granularity == "channel")
    path = tmp_path / "model.spikelet"
    assert main(["export", "--checkpoint", str(tmp_path / "checkpoint.pt"), "--out", str(path)]) == 0


def test_dense_training_is_the_baseline(tmp_path, train, test):
    result = run(Dnr, replace(SMALL, density=1.0, epochs=8, rate=0.1), train, test, tmp_path)
    assert result > 0.9 and "nonzeros" not in epochs(tmp_path)[-1]


def test_no_step_revives_a_masked_weight(train):
    training = Dnr(SMALL, train)
    masks = {name: layer.mask.clone() for name, layer in weighted_layers(training.model).items()}
    training.run_epoch()
    for name, layer in weighted_layers(training.model).items():
        assert torch.equal(layer.mask, masks[name])
        assert (layer.weight[~layer.mask] == 0).all()
        # Masked weights have momentum all the same: it decides where weights grow.
        assert (training.optimizer.state[layer.weight]["momentum_buffer"][~layer.mask] != 0).any()


def test_a_resumed_training_ends_with_the_same_weights_and_masks(tmp_path, train, test):
    run(Dnr, SMALL, train, test, tmp_path / "whole")
    interrupted = Dnr(SMALL, train)
    for _ in range(2):
        interrupted.run_epoch()
        interrupted.after_epoch()
    interrupted.save(tmp_path / "halves" / "checkpoint.pt", 0.0, len(test))
    run(Dnr, SMALL, train, test, tmp_path / "halves")
    _, whole = checkpoint.load(tmp_path / "whole" / "checkpoint.pt")
    _, halves = checkpoint.load(tmp_path / "halves" / "checkpoint.pt")
    for part in ("model", "average"):
        for name, value in whole[part].items():
            assert torch.equal(value, halves[part][name]), name


def test_layers_that_read_one_sum_are_pruned_as_one():
    model = convert(build("resnet20", 0.25, 3), Settings(8, 8, "max", True), (-2.0, 2.0))
    found = channels.readers_by_space(model)
    stream = ("stages.0.0.conv1", "stages.0.1.conv1", "stages.0.2.conv1")
    assert (*stream, "stages.1.0.conv1", "stages.1.0.shortcut.0") in found
    assert ("stages.0.0.conv2",) in found and ("linear",) not in found
    assert not any("conv" in names for names in found)
    assert len(parts_of(model, "channel", 0.0)) == len(found) == 12


def test_the_command_line_reports_robust_accuracy(tmp_path, data_folder, capsys):
    places = ["--data", str(data_folder), "--out", str(tmp_path / "run")]
    words = ["--model", "resnet20", "--width", "0.25", "--epochs", "1", "--batch", "16"]
    assert main(["dnr", *places, *words, "--attack-steps", "1"]) == 0
    checkpoint_path = str(tmp_path / "run" / "checkpoint.pt")
    words = ["evaluate", "--checkpoint", checkpoint_path, "--data", str(data_folder), "--robust"]
    assert main([*words, "--images", "6"]) == 0
    out = capsys.readouterr().out
    assert "under fgsm" in out and "under pgd7" in out and "under pgd20" in out
