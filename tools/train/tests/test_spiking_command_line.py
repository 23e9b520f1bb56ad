import json

import numpy as np
import pytest

from spikelet_train.__main__ import main
from spikelet_train.export import container, golden, spiking_reference

SIZES = ["--model", "plain-vgg5", "--width", "0.03125", "--epochs", "1", "--batch", "16"]
SEARCH = ["--calibration-images", "8", "--calibration-steps", "4", "--steps", "3"]


@pytest.fixture
def run_folder(tmp_path, data_folder):
    """A spiking network, trained from an ANN by the command line."""
    places = ["--data", str(data_folder), "--cache", str(tmp_path / "cache")]
    assert main(["float", *places, "--out", str(tmp_path / "ann"), *SIZES, "--rate", "0.01"]) == 0
    weights = ["--weights", str(tmp_path / "ann" / "checkpoint.pt")]
    assert main(["snn", *places, "--out", str(tmp_path / "snn"), *SIZES, *SEARCH, *weights]) == 0
    return tmp_path / "snn"


def test_train_and_export_with_golden_spikes(tmp_path, data_folder, run_folder):
    checkpoint, out = str(run_folder / "checkpoint.pt"), tmp_path / "model.spikelet"
    words = ["export", "--checkpoint", checkpoint, "--out", str(out), "--fold-scales"]
    assert main([*words, "--golden", "2", "--data", str(data_folder)]) == 0
    metadata, tensors = container.unpack(out.read_bytes())
    document = json.loads(metadata["graph"])
    assert json.loads(metadata["provenance"])["method"] == "snn"
    stored = golden.read(golden.golden_path(out))
    assert stored["input"].shape == (2, 3, 32, 32)
    values = spiking_reference.run(document, tensors, stored["input"][1:])
    assert np.array_equal(values["features.1"], stored["spikes.features.1"][1])
    assert np.array_equal(values["logits"][0], stored["output"][1])


def test_what_does_not_fit_a_spiking_network_is_refused(tmp_path, run_folder, capsys):
    checkpoint, out = str(run_folder / "checkpoint.pt"), str(tmp_path / "model.spikelet")
    assert main(["export", "--checkpoint", checkpoint, "--out", out, "--keep-batch-norm"]) == 1
    assert "error (option-spiking)" in capsys.readouterr().err
    assert main(["export", "--checkpoint", checkpoint, "--out", out, "--golden", "2"]) == 1
    assert "error (option-missing)" in capsys.readouterr().err
    ann = str(tmp_path / "ann" / "checkpoint.pt")
    assert main(["export", "--checkpoint", ann, "--out", out, "--fold-scales"]) == 1
    assert "error (option-spiking)" in capsys.readouterr().err
