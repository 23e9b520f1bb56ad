import json
import xml.etree.ElementTree as xml

import pytest

from spikelet_train import trained
from spikelet_train.__main__ import main
from spikelet_train.export import container


@pytest.fixture
def run_folder(tmp_path, data_folder):
    folder = tmp_path / "run"
    words = ["--model", "resnet20", "--width", "0.25", "--epochs", "2", "--batch", "16"]
    places = ["--data", str(data_folder), "--out", str(folder), "--cache", str(tmp_path / "cache")]
    assert main(["float", *places, *words]) == 0
    return folder


def test_train_evaluate_export_and_draw(tmp_path, data_folder, run_folder, capsys):
    checkpoint = str(run_folder / "checkpoint.pt")
    assert main(["evaluate", "--checkpoint", checkpoint, "--data", str(data_folder)]) == 0
    share = float(capsys.readouterr().out.split()[0])
    logged = json.loads((run_folder / "log.jsonl").read_text().splitlines()[-1])["test_accuracy"]
    assert share == pytest.approx(100 * logged, abs=2e-3)

    model, network = tmp_path / "model.spikelet", tmp_path / "model.onnx"
    assert main(["export", "--checkpoint", checkpoint, "--out", str(model), "--onnx", str(network)]) == 0
    metadata, _ = container.unpack(model.read_bytes())
    provenance = json.loads(metadata["provenance"])
    assert provenance["method"] == "float" and provenance["data"] == "train.zip"
    assert provenance["accuracy"].endswith("% of 24 test images")
    assert "--model resnet20 --width 0.25 --epochs 2 --batch 16" in provenance["command"]
    assert str(tmp_path) not in metadata["provenance"]
    labels = json.loads(metadata["graph"])["outputs"][0]["meaning"]["labels"]
    assert labels == ["blue", "green", "red"]
    assert network.stat().st_size > 10_000

    picture = tmp_path / "curve.svg"
    words = ["curve", "--log", str(run_folder / "log.jsonl"), "--out", str(picture), "--title", "a < b"]
    assert main(words) == 0
    lines = [element for element in xml.parse(picture).getroot() if element.tag.endswith("polyline")]
    assert [len(line.get("points").split()) for line in lines] == [2, 2]


def test_trained_network_scores_as_logged(run_folder, data_folder):
    source = trained.load(run_folder / "checkpoint.pt")
    assert source.classes == ("blue", "green", "red") and not source.model.training
    assert len(source.mean) == len(source.std) == 3


def test_what_is_wrong_is_said_with_its_code(tmp_path, data_folder, capsys):
    out = str(tmp_path / "out")
    assert main(["float", "--data", str(tmp_path / "absent"), "--out", out]) == 1
    assert "error (data-missing)" in capsys.readouterr().err
    assert main(["float", "--data", str(data_folder), "--out", out, "--model", "alexnet"]) == 1
    assert "error (model-unknown)" in capsys.readouterr().err
    assert main(["float", "--data", str(data_folder), "--out", out, "--epochs", "0"]) == 1
    assert "error (option-range)" in capsys.readouterr().err
    assert main(["export", "--checkpoint", str(tmp_path / "no.pt"), "--out", out]) == 1
    assert "error (checkpoint-missing)" in capsys.readouterr().err
    assert main(["export", "--checkpoint", str(tmp_path / "no.pt")]) == 1
    assert "error (option-missing)" in capsys.readouterr().err
    assert main(["curve", "--log", str(tmp_path / "no.jsonl"), "--out", out]) == 1
    assert "error (log-missing)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["float"], ["float", "--data", "x", "--out", "y", "--epochs", "many"], ["fly"]]
)
def test_wrong_arguments_exit_with_2(words):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
