"""Budgets in milliseconds: from the profiles of a model with weights of one width each to an assignment."""

import json
import shutil
import subprocess
from dataclasses import replace

import pytest
from conftest import coloured, write_class_zip

from spikelet_train import budget, log, verify
from spikelet_train.__main__ import main
from spikelet_train.errors import TrainingError
from spikelet_train.layers import weighted_layers
from spikelet_train.methods import assignment
from spikelet_train.methods.bmpq import Bmpq, BmpqOptions
from spikelet_train.methods.float import train_float
from spikelet_train.methods.options import Options

SHAPE = {"model": "resnet20", "width": 0.25, "batch": 16}


def profile(path, layers):
    layers = [{"name": name, "weightBits": bits, "medianMs": ms} for name, bits, ms in layers]
    path.write_text(json.dumps({"model": "x", "medianMs": 1.0, "layers": layers}))
    return str(path)


def test_profiles_and_tables_give_one_table(tmp_path):
    narrow = profile(tmp_path / "w2.json", [("a", 2, 0.2), ("pool", 0, 0.05), ("quantize", 0, 0.01)])
    wide = profile(tmp_path / "w4.json", [("a", 4, 0.4), ("pool", 0, 0.9)])
    (tmp_path / "more.json").write_text('{"a": {"8": 0.7}, "b": {"2": 0.1}}')
    found = budget.by_milliseconds({}, 3.0, f"{narrow}, {wide},{tmp_path / 'more.json'}")
    assert [found.size("a", bits) for bits in (2, 4, 8)] == [0.2, 0.4, 0.7] and found.size("b", 2) == 0.1
    assert found.base == pytest.approx(0.06) and found.limit == 3.0
    assert assignment.size_of({"a": 4, "b": 2}, found) == pytest.approx(0.56)


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"layers": [{"name": "a"}]}', '{"a": 3}', '{"a": {"2": -1}}', '{"a": {"2": NaN}}'],
)
def test_what_is_neither_profile_nor_table_is_refused(tmp_path, text):
    (tmp_path / "wrong.json").write_text(text)
    with pytest.raises(TrainingError, match="wrong.json") as caught:
        budget.by_milliseconds({}, 1.0, str(tmp_path / "wrong.json"))
    assert caught.value.code == "cost-table"


def measured(folder):
    """Profiles of an exported float network with weights of 2, 4 and 8 bits, by width."""
    write_class_zip(folder / "pictures.zip", coloured(6, seed=3))
    train_float(Options(**SHAPE, epochs=1), coloured(48, seed=1), coloured(6, seed=2), folder)
    source = folder / "float.spikelet"
    assert main(["export", "--checkpoint", str(folder / "checkpoint.pt"), "--out", str(source)]) == 0
    found = {}
    for bits, scheme in ((2, "w2"), (4, "w4"), (8, "int8")):
        model, found[bits] = folder / f"{scheme}.spikelet", folder / f"{scheme}.json"
        spikelet("convert", source, "-o", model, "--quantize", scheme, "--calibrate", folder / "pictures.zip")
        found[bits].write_text(spikelet("profile", model, "--json", "--runs", 3))
    return found


def spikelet(*words):
    command = ["node", str(verify.DIST / "cli" / "main.js"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(
    shutil.which("node") is None or not (verify.DIST / "cli" / "main.js").is_file(),
    reason="needs node and the built package: npm run build",
)
def test_measured_profiles_lead_to_an_assignment_within_the_budget(tmp_path, data_folder):
    profiles = measured(tmp_path)
    table = ",".join(map(str, profiles.values()))
    options = BmpqOptions(**SHAPE, budget_ms=1000.0, cost_table=table, first=0.0, freeze=0.0)
    training = Bmpq(options, coloured(48, seed=1))
    layers = weighted_layers(training.model)
    # Every layer was measured at every width that it may get, under the name that it has in training.
    times = [{bits: training.budget.size(name, bits) for bits in (2, 4)} for name in layers if "." in name]
    assert all(ms > 0 for row in times for ms in row.values())
    assert training.budget.base > 0
    ends = sum(training.budget.size(name, 8) for name in training.groups.fixed)
    least = training.budget.base + ends + sum(min(row.values()) for row in times)

    with pytest.raises(TrainingError, match="the smallest is .* ms") as caught:
        Bmpq(replace(options, budget_ms=0.5 * least), coloured(48, seed=1))
    assert caught.value.code == "budget-infeasible"

    limit = 1.2 * least
    words = ["bmpq", "--data", str(data_folder), "--out", str(tmp_path / "run"), "--epochs", "2"]
    words += ["--first", "0.2", "--budget-ms", str(limit), "--cost-table", table]
    words += [word for name, value in SHAPE.items() for word in (f"--{name}", str(value))]
    assert main(words) == 0
    last = log.read(tmp_path / "run" / "log.jsonl")[-1]
    assert last["size_unit"] == "ms" and last["size"] <= limit
    assert last["size"] == pytest.approx(assignment.size_of(last["bits"], training.budget))
