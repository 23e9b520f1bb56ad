import itertools
import json
from dataclasses import replace

import pytest
import torch

from spikelet_train import checkpoint, log, trained
from spikelet_train.average import WeightAverage
from spikelet_train.errors import TrainingError
from spikelet_train.methods.float import train_float
from spikelet_train.methods.loop import Training
from spikelet_train.methods.options import Options

SMALL = Options(
    model="resnet20", width=0.25, epochs=4, batch=16, rate=0.05, padding=2, cutout=4, sizes="0.5:16"
)


def epochs(folder):
    return [record for record in log.read(folder / "log.jsonl") if record["event"] == "epoch"]


def test_training_learns_and_keeps_a_log(tmp_path, train, test):
    options = replace(SMALL, epochs=8, average=0.8, rate=0.1)
    result = train_float(options, train, test, tmp_path)
    assert result > 0.9
    records = epochs(tmp_path)
    assert [record["epoch"] for record in records] == list(range(1, 9))
    assert records[-1]["loss"] < records[0]["loss"]
    assert records[-1]["test_accuracy"] == pytest.approx(result, abs=1e-5)


def test_a_resumed_training_ends_with_the_same_weights(tmp_path, train, test):
    train_float(SMALL, train, test, tmp_path / "whole")
    interrupted = Training(SMALL, train)
    for _ in range(2):
        interrupted.run_epoch()
    interrupted.save(tmp_path / "halves" / "checkpoint.pt", 0.0, len(test))
    train_float(SMALL, train, test, tmp_path / "halves")
    assert [record["epoch"] for record in epochs(tmp_path / "halves")] == [3, 4]
    _, whole = checkpoint.load(tmp_path / "whole" / "checkpoint.pt")
    _, halves = checkpoint.load(tmp_path / "halves" / "checkpoint.pt")
    for part in ("model", "average"):
        for name, value in whole[part].items():
            assert torch.equal(value, halves[part][name]), name


def test_a_training_by_the_clock_ends_its_schedule_in_time(tmp_path, train):
    # Each look at the clock finds a second gone; an epoch of 3 steps looks 3 times.
    seconds = itertools.count()
    training = Training(replace(SMALL, minutes=5 / 60), train, clock=lambda: next(seconds))
    _, _, first = training.run_epoch()
    _, _, last = training.run_epoch()
    assert first > last > 0
    assert training.passes == pytest.approx(1 + 1 / 3)
    assert training.progress() == 1
    training.save(tmp_path / "checkpoint.pt", 0.5, 24)
    resumed = Training(SMALL, train)
    resumed.restore(tmp_path / "checkpoint.pt")
    assert resumed.passes == training.passes
    source = trained.load(tmp_path / "checkpoint.pt")
    assert "--minutes" in source.provenance["command"] and "--epochs" not in source.provenance["command"]


def test_a_change_of_the_schedule_is_part_of_the_provenance(tmp_path, train, test):
    train_float(replace(SMALL, epochs=1), train, test, tmp_path)
    train_float(replace(SMALL, epochs=2), train, test, tmp_path)
    assert trained.load(tmp_path / "checkpoint.pt").provenance["schedule"] == (
        "from epoch 0: 1 epochs, from epoch 1: 2 epochs"
    )


def test_a_finished_training_only_reports(tmp_path, train, test):
    options = replace(SMALL, epochs=1)
    first = train_float(options, train, test, tmp_path)
    assert train_float(options, train, test, tmp_path) == first
    assert len(epochs(tmp_path)) == 1


def test_a_training_can_start_from_the_averaged_weights_of_another(tmp_path, train, test):
    train_float(SMALL, train, test, tmp_path / "first")
    first = tmp_path / "first" / "checkpoint.pt"
    second = Training(replace(SMALL, weights=str(first), rate=0.01), train)
    _, tensors = checkpoint.load(first)
    for name, value in tensors["average"].items():
        assert torch.equal(value, second.model.state_dict()[name]), name
        assert torch.equal(value, second.average.model.state_dict()[name]), name
    assert second.progress() == 0
    second.save(tmp_path / "second" / "checkpoint.pt", 0.5, 24)
    provenance = trained.load(tmp_path / "second" / "checkpoint.pt").provenance
    assert "--weights <checkpoint>" in provenance["command"]
    assert str(tmp_path) not in provenance["command"]


def test_weights_of_other_classes_or_another_network_are_refused(tmp_path, train, test):
    train_float(replace(SMALL, epochs=1), train, test, tmp_path)
    weights = str(tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError) as wider:
        Training(replace(SMALL, width=0.5, weights=weights), train)
    assert wider.value.code == "checkpoint-mismatch"
    others = replace(train, classes=tuple(reversed(train.classes)))
    with pytest.raises(TrainingError) as reordered:
        Training(replace(SMALL, weights=weights), others)
    assert reordered.value.code == "checkpoint-classes"


def test_the_seed_decides_everything(train):
    def weights(seed):
        training = Training(replace(SMALL, seed=seed), train)
        training.run_epoch()
        return training.model.state_dict()["linear.weight"]

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_bfloat16_trains(train):
    loss, _, _ = Training(replace(SMALL, bfloat16=True), train).run_epoch()
    assert 0 < loss < 3


def test_average_follows_the_weights():
    model = torch.nn.BatchNorm1d(2)
    average = WeightAverage(model, decay=0.5)
    with torch.no_grad():
        model.weight.fill_(3.0)
    model.num_batches_tracked.fill_(7)
    for _ in range(40):
        average.update(model)
    assert torch.allclose(average.model.weight, model.weight) and average.model.num_batches_tracked == 7


def test_other_options_than_the_checkpoint_are_refused(tmp_path, train, test):
    train_float(replace(SMALL, epochs=1), train, test, tmp_path)
    with pytest.raises(TrainingError, match="width = 0.25, now it is 0.5") as caught:
        train_float(replace(SMALL, width=0.5), train, test, tmp_path)
    assert caught.value.code == "checkpoint-options"


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_named(tmp_path, train, test, content):
    (tmp_path / "checkpoint.pt").write_bytes(content)
    with pytest.raises(TrainingError) as caught:
        train_float(SMALL, train, test, tmp_path)
    assert caught.value.code == "checkpoint-damaged"


def test_foreign_and_missing_checkpoints_are_named(tmp_path):
    torch.save({"weights": torch.zeros(1)}, tmp_path / "foreign.pt")
    with pytest.raises(TrainingError) as caught:
        checkpoint.load(tmp_path / "foreign.pt")
    assert caught.value.code == "checkpoint-format"
    with pytest.raises(TrainingError) as caught:
        checkpoint.load(tmp_path / "absent.pt")
    assert caught.value.code == "checkpoint-missing"


def test_a_diverging_training_stops(tmp_path, train):
    with pytest.raises(TrainingError) as caught:
        Training(replace(SMALL, rate=1e30, warm_up=0.0), train).run_epoch()
    assert caught.value.code == "training-diverged"


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"rate": -1.0}, {"average": 1.0}, {"cutout": -2}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(TrainingError) as caught:
        replace(SMALL, **wrong)
    assert caught.value.code == "option-range"


def test_smaller_images_are_refused_where_the_network_cannot_take_them(train):
    with pytest.raises(TrainingError, match="plain-vgg9") as caught:
        Training(replace(SMALL, model="plain-vgg9"), train)
    assert caught.value.code == "option-sizes"


def test_log_lines_are_json(tmp_path):
    out = log.JsonLog(tmp_path / "deep" / "log.jsonl")
    out.write({"a": 1})
    out.write({"b": "two"})
    lines = (tmp_path / "deep" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"a": 1}, {"b": "two"}]
