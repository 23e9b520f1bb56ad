import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from spikelet_train import augment, checkpoint, log, trained
from spikelet_train.__main__ import main
from spikelet_train.errors import TrainingError
from spikelet_train.evaluate import logits
from spikelet_train.export import container, integer
from spikelet_train.layers import weighted_layers
from spikelet_train.methods import assignment
from spikelet_train.methods.bmpq import Bmpq, BmpqOptions
from spikelet_train.methods.float import train_float
from spikelet_train.methods.loop import run
from spikelet_train.methods.options import Options

SMALL = BmpqOptions(
    model="resnet20", width=0.25, epochs=6, batch=16, rate=0.05, padding=2, cutout=4, ratio=12.0,
    first=0.3, interval=0.3, clip="mse", per_channel=True, activation_bits=8, alpha=0.0, average=0.8,
)  # fmt: skip


def epochs(folder):
    return [record for record in log.read(folder / "log.jsonl") if record["event"] == "epoch"]


def compression(bits, layers):
    used = sum(bits[name] * layer.weight.numel() for name, layer in layers.items())
    return 32 * sum(layer.weight.numel() for layer in layers.values()) / used


def test_shortcuts_are_tied_and_the_ends_fixed(train):
    groups = assignment.groups_of(weighted_layers(Bmpq(SMALL, train).model))
    assert groups.fixed == ("conv", "linear")
    tied = [members for members in groups.free if len(members) > 1]
    assert tied == [
        ("stages.1.0.conv1", "stages.1.0.shortcut.0"),
        ("stages.2.0.conv1", "stages.2.0.shortcut.0"),
    ]
    assert sum(map(len, groups.free)) == 20


def test_training_meets_its_budget_and_its_integers_predict_the_same(tmp_path, train, test):
    options = replace(SMALL, epochs=8, rate=0.1)
    result = run(Bmpq, options, train, test, tmp_path)
    assert result > 0.9
    records = epochs(tmp_path)
    assert [record.get("assigned", False) for record in records].count(True) >= 1
    source = trained.load(tmp_path / "checkpoint.pt")
    layers = weighted_layers(source.model)
    bits = {name: layer.quantizer.bits for name, layer in layers.items()}
    assert bits == records[-1]["bits"] and set(bits.values()) == {2, 4, 8}
    assert compression(bits, layers) >= 12.0
    assert all(value > 0 for value in records[-1]["bit_gradients"].values())

    path = tmp_path / "model.spikelet"
    assert main(["export", "--checkpoint", str(tmp_path / "checkpoint.pt"), "--out", str(path)]) == 0
    metadata, tensors = container.unpack(path.read_bytes())
    assert json.loads(metadata["provenance"])["method"] == "bmpq"
    mean, std = torch.tensor(source.mean), torch.tensor(source.std)
    x = augment.normalise(torch.as_tensor(test.images), mean, std)
    found = integer.run(json.loads(metadata["graph"]), tensors, x.numpy())
    expected = logits(source.model, test.images, mean, std).numpy()
    assert np.array_equal(found.argmax(1), expected.argmax(1))
    assert (found.argmax(1) == test.labels).mean() == pytest.approx(result)


def test_a_resumed_training_ends_with_the_same_weights_and_widths(tmp_path, train, test):
    run(Bmpq, SMALL, train, test, tmp_path / "whole")
    interrupted = Bmpq(SMALL, train)
    for _ in range(3):
        interrupted.run_epoch()
        interrupted.after_epoch()
    assert interrupted.assigned is not None
    interrupted.save(tmp_path / "halves" / "checkpoint.pt", 0.0, len(test))
    run(Bmpq, SMALL, train, test, tmp_path / "halves")
    whole_record, whole = checkpoint.load(tmp_path / "whole" / "checkpoint.pt")
    halves_record, halves = checkpoint.load(tmp_path / "halves" / "checkpoint.pt")
    assert whole_record["state"] == halves_record["state"]
    for part in ("model", "average"):
        for name, value in whole[part].items():
            assert torch.equal(value, halves[part][name]), name


def test_an_assignment_of_the_same_widths_changes_nothing(train):
    training = Bmpq(replace(SMALL, assign="uniform", ratio=15.0), train)
    for _ in range(2):
        training.run_epoch()
        training.after_epoch()
    before = {name: value.clone() for name, value in training.model.state_dict().items()}
    momentum = [state["momentum_buffer"].clone() for state in training.optimizer.state.values()]
    training.assigned = 0.0
    assert training._reassign(weighted_layers(training.model), {}.fromkeys(training.bits, 1.0)) == []
    for name, value in training.model.state_dict().items():
        if not name.endswith("sensitivity"):
            assert torch.equal(value, before[name]), name
    after = [state["momentum_buffer"] for state in training.optimizer.state.values()]
    assert all(torch.equal(a, b) for a, b in zip(momentum, after))


def test_a_short_training_is_assigned_before_it_ends(tmp_path, train, test):
    run(Bmpq, replace(SMALL, epochs=1, first=0.5, freeze=0.9), train, test, tmp_path)
    layers = weighted_layers(trained.load(tmp_path / "checkpoint.pt").model)
    assert compression(epochs(tmp_path)[-1]["bits"], layers) >= 12.0


@pytest.mark.parametrize("assign", ["uniform", "random"])
def test_baselines_meet_the_same_budget(tmp_path, train, test, assign):
    run(Bmpq, replace(SMALL, epochs=1, assign=assign), train, test, tmp_path)
    layers = weighted_layers(trained.load(tmp_path / "checkpoint.pt").model)
    assert compression(epochs(tmp_path)[-1]["bits"], layers) >= 12.0


def test_a_training_can_start_from_float_weights(tmp_path, train, test):
    shared = {name: getattr(SMALL, name) for name in Options.__dataclass_fields__}
    train_float(Options(**{**shared, "epochs": 1}), train, test, tmp_path)
    weights = str(tmp_path / "checkpoint.pt")
    started = Bmpq(replace(SMALL, weights=weights), train)
    _, tensors = checkpoint.load(weights)
    assert torch.equal(started.model.state_dict()["linear.weight"], tensors["average"]["linear.weight"])


def test_budgets_in_bytes_and_milliseconds(tmp_path, train):
    layers = weighted_layers(Bmpq(SMALL, train).model)
    table = {name: {"2": 1.0, "4": 1.5, "8": 3.0} for name in layers}
    (tmp_path / "table.json").write_text(json.dumps(table))
    # Two ends of 3 ms and 20 layers: 27 ms let 2 of the 20 have 4 bits.
    timed = Bmpq(replace(SMALL, budget_ms=27.0, cost_table=str(tmp_path / "table.json")), train)
    timed.assigned = -1.0
    timed._reassign(layers, {name: 1.0 for name in layers})
    assert assignment.size_of(timed.bits, timed.budget) <= 27.0
    assert list(timed.bits.values()).count(4) in (1, 2)

    packed = Bmpq(replace(SMALL, budget_bytes=11_000), train)
    packed.assigned = -1.0
    packed._reassign(layers, {name: 1.0 for name in layers})
    assert 10_000 < assignment.size_of(packed.bits, packed.budget) <= 11_000


def test_bfloat16_trains(train):
    loss, _, _ = Bmpq(replace(SMALL, bfloat16=True), train).run_epoch()
    assert 0 < loss < 3


def test_a_budget_that_cannot_be_met_is_refused_with_the_best_possible(train):
    with pytest.raises(TrainingError, match=r"the smallest is 1\d\.\d+ times fewer") as caught:
        Bmpq(replace(SMALL, ratio=16.5), train)
    assert caught.value.code == "budget-infeasible"


def test_a_table_without_a_layer_is_refused(tmp_path, train):
    (tmp_path / "table.json").write_text('{"conv": {"8": 1}}')
    with pytest.raises(TrainingError, match="stages|linear") as caught:
        Bmpq(replace(SMALL, budget_ms=9.0, cost_table=str(tmp_path / "table.json")), train)
    assert caught.value.code == "cost-table"


@pytest.mark.parametrize(
    "wrong",
    [{"candidates": "2,9"}, {"assign": "best"}, {"clip": "none"}, {"end_bits": 16}, {"budget_ms": 3.0}],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(TrainingError) as caught:
        replace(SMALL, **wrong)
    assert caught.value.code == "option-range"
