import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikelet_train import augment, channels, checkpoint, log, overfitting, trained
from spikelet_train.__main__ import main
from spikelet_train.errors import TrainingError
from spikelet_train.evaluate import logits
from spikelet_train.export import container, integer
from spikelet_train.export.quantized import build_quantized
from spikelet_train.layers import Pact, Settings, ValueRange, convert, weighted_layers, without_masks
from spikelet_train.methods.dnr import Dnr, DnrOptions, parts_of
from spikelet_train.methods.float import train_float
from spikelet_train.methods.loop import run
from spikelet_train.methods.options import Options
from spikelet_train.models import build
from spikelet_train.overfitting import has_collapsed

SMALL = DnrOptions(
    model="resnet20", width=0.25, epochs=4, batch=16, rate=0.05, padding=2, cutout=0, average=0.8,
    density=0.3, bits=8, alpha=0.0, attack_steps=2, initialise="house",
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
    options = replace(SMALL, granularity=granularity, density=density, attack_images=8)
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


@pytest.mark.parametrize("granularity", ["irregular", "channel"])
def test_a_float_network_stays_float_and_its_export_computes_the_same(tmp_path, train, test, granularity):
    options = replace(SMALL, bits=0, granularity=granularity, density=0.6, epochs=1)
    training = Dnr(options, train)
    training.run_epoch()
    training.save(tmp_path / "checkpoint.pt", None, 0)
    source = trained.load(tmp_path / "checkpoint.pt")
    assert not source.quantized
    assert not any(isinstance(module, (Pact, ValueRange)) for module in source.model.modules())
    narrow = without_masks(channels.without_masked_channels(source.model)).eval()
    assert not weighted_layers(narrow)
    x = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert torch.allclose(narrow(x), source.model(x), atol=1e-4)
    sizes = [sum(one.numel() for one in model.parameters()) for model in (narrow, source.model)]
    assert (sizes[0] < sizes[1]) == (granularity == "channel")


def test_trained_weights_keep_their_largest(tmp_path, train, test):
    shared = {name: getattr(SMALL, name) for name in Options.__dataclass_fields__}
    train_float(Options(**{**shared, "epochs": 1}), train, test, tmp_path)
    _, tensors = checkpoint.load(tmp_path / "checkpoint.pt")
    started = Dnr(replace(SMALL, weights=str(tmp_path / "checkpoint.pt")), train)
    for name, layer in weighted_layers(started.model).items():
        given = tensors["average"][f"{name}.weight"]
        assert torch.equal(layer.weight, given * layer.mask)
        assert given[layer.mask].abs().min() >= given[~layer.mask].abs().max()


def collapse(monkeypatch, training, shares):
    """Makes the comparison under both attacks find `shares` at every batch."""
    monkeypatch.setattr(overfitting, "INTERVAL", 1)
    found = iter(shares)
    monkeypatch.setattr(
        overfitting, "has_collapsed", lambda *_, classes: has_collapsed(*next(found), classes=classes)
    )
    training.run_epoch()


def test_catastrophic_overfitting_is_answered_with_more_steps(monkeypatch, train, capsys):
    training = Dnr(replace(SMALL, attack_steps=1), train)
    collapse(monkeypatch, training, [(0.9, 0.8), (0.9, 0.1), (0.9, 0.8)])
    assert training.watch.steps == 2
    assert capsys.readouterr().err.count("catastrophic overfitting") == 1
    logged = training.after_epoch()
    assert logged["attack_steps"] == 2 and set(logged["watched"]) == {"trained", "pgd7"}
    assert training.state()["attack_steps"] == 2


def test_a_collapse_is_half_of_an_accuracy_that_is_more_than_guessing():
    assert has_collapsed(0.8, 0.3, classes=10)
    assert not has_collapsed(0.8, 0.5, classes=10)
    assert not has_collapsed(0.15, 0.0, classes=10)


def test_watching_changes_no_training(monkeypatch, train):
    def weights(interval):
        monkeypatch.setattr(overfitting, "INTERVAL", interval)
        training = Dnr(replace(SMALL, attack_steps=1), train)
        training.run_epoch()
        return training.model.state_dict()

    watched, left_alone = weights(1), weights(1000)
    assert all(torch.equal(value, left_alone[name]) for name, value in watched.items())


@pytest.mark.parametrize("beta, forwards", [(0.0, 1), (0.5, 2), (1.0, 1)])
def test_only_losses_with_a_share_are_computed(train, beta, forwards):
    training = Dnr(replace(SMALL, beta=beta, attack_steps=1), train)
    x = training.prepare(training.images[:8])
    calls = []
    training.model.register_forward_hook(lambda module, *_: calls.append(module.training))
    training.model.train()
    training.loss(x, training.labels[:8])
    assert calls.count(True) == forwards
    assert calls.count(False) == (0 if beta == 1 else 1)


def test_a_shared_pass_gives_the_gradients_of_both_losses(train):
    training = Dnr(replace(SMALL, bits=0, attack_steps=1, share_pass=True, beta=0.25, rho=0.0), train)
    x, labels = training.prepare(training.images[:8]), training.labels[:8]
    seen = []
    training.model.train()
    hook = training.model.register_forward_hook(lambda module, given, _: seen.append(given[0].detach()))
    loss, _ = training.loss(x, labels)
    loss.backward()
    training.after_backward()
    hook.remove()
    found = [parameter.grad.clone() for parameter in training.model.parameters()]
    training.model.zero_grad()
    near, worse = (training._cross_entropy(training.model(images), labels) for images in seen)
    expected = 0.25 * near + 0.75 * worse
    expected.backward()
    assert loss.item() == pytest.approx(expected.item())
    for gradient, parameter in zip(found, training.model.parameters()):
        assert torch.allclose(gradient, parameter.grad, atol=1e-6)
    pixels = [images * training.inputs.std.view(1, 3, 1, 1) + training.inputs.mean.view(1, 3, 1, 1) for images in seen]
    assert all((one - x).abs().max() < training.options.epsilon + 1e-5 for one in pixels)
    assert worse > near


def test_a_shared_pass_trains_and_ends_where_more_steps_begin(train, monkeypatch):
    training = Dnr(replace(SMALL, attack_steps=1, share_pass=True), train)
    collapse(monkeypatch, training, [(0.9, 0.8), (0.9, 0.1), (0.9, 0.8)])
    assert training.watch.steps == 2
    for name, layer in weighted_layers(training.model).items():
        assert (layer.weight[~layer.mask] == 0).all(), name


def test_a_wide_start_steps_by_the_reach_and_is_not_brought_back(train):
    training = Dnr(replace(SMALL, bits=0, attack_steps=1, share_pass=True, start_reach=2.0), train)
    epsilon = training.options.epsilon
    grey, labels = torch.full_like(training.prepare(training.images[:8]), 0.5), training.labels[:8]
    seen = []
    training.model.train()
    training.model.register_forward_hook(lambda module, given, _: seen.append(given[0].detach()))
    training.loss(grey, labels)
    std, mean = training.inputs.std.view(1, 3, 1, 1), training.inputs.mean.view(1, 3, 1, 1)
    start, attacked = (images * std + mean for images in seen)
    assert 1.9 * epsilon < (start - grey).abs().max() < 2 * epsilon + 1e-5
    assert torch.allclose((attacked - start).abs(), torch.full_like(grey, epsilon), atol=1e-5)
    assert (attacked - grey).abs().max() > 2.5 * epsilon


def test_a_wide_start_needs_the_shared_pass():
    with pytest.raises(TrainingError) as caught:
        replace(SMALL, attack_steps=1, share_pass=False, start_reach=2.0)
    assert caught.value.code == "option-range"


@pytest.mark.parametrize("wrong", [{"attack_steps": 2}, {"beta": 0.0}, {"beta": 1.0}])
def test_a_shared_pass_needs_one_step_and_both_losses(wrong):
    with pytest.raises(TrainingError) as caught:
        replace(SMALL, **{"attack_steps": 1, "share_pass": True, **wrong})
    assert caught.value.code == "option-range"


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
    words = ["evaluate", "--checkpoint", checkpoint_path, "--data", str(data_folder)]
    words += ["--attack", "fgsm,pgd7,pgd20"]
    assert main([*words, "--images", "6"]) == 0
    out = capsys.readouterr().out
    assert "under fgsm" in out and "under pgd7" in out and "under pgd20" in out
