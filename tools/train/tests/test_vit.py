import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import coloured
from torch import nn

from spikelet_train.errors import TrainingError
from spikelet_train.export import container, fold, graph, onnx
from spikelet_train.methods.loop import Training, run
from spikelet_train.methods.options import Options
from spikelet_train.models import VISION_TRANSFORMERS, build
from spikelet_train.models.bert import Bert
from spikelet_train.trained import Trained

DIST = Path(__file__).resolve().parents[3] / "dist"
WIDTH = 1 / 8
SHAPE = (1, 3, 32, 32)


def network(name="vit-cifar"):
    """A small network whose weights all matter."""
    torch.manual_seed(3)
    model = build(name, WIDTH, 5).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model


def exported(model):
    source = Trained("vit-cifar", model, tuple("abcde"), (0.5,) * 3, (0.25,) * 3, {})
    return container.pack(graph.build_graph(fold.folded(model), source, SHAPE), {})


@pytest.mark.parametrize(
    "name, parameters",
    [
        # The published counts of DeiT for 1000 classes.
        ("vit-tiny", 5_717_416),
        ("deit-small", 22_050_664),
        ("vit-base", 86_567_656),
    ],
)
def test_parameter_counts(name, parameters):
    model = build(name, 1.0, 1000)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_all_sizes_have_scores_of_one_column_a_class():
    assert build("vit-cifar", WIDTH, 7).eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 7)
    assert {"vit-tiny", "vit-small", "vit-base", "vit-large", "deit-tiny"} <= set(VISION_TRANSFORMERS)


@pytest.mark.parametrize("width", [0.1, 1 / 192])
def test_widths_that_the_heads_cannot_share_are_refused(width):
    with pytest.raises(TrainingError) as caught:
        build("vit-cifar", width, 10)
    assert caught.value.code == "model-width"


@pytest.mark.parametrize("name", ["vit-cifar", "vit-cifar-conv"])
def test_training_learns_and_goes_on_from_its_checkpoint(tmp_path, name):
    train, test = coloured(96, seed=1), coloured(30, seed=2)
    options = Options(
        model=name, width=WIDTH, epochs=4, batch=16, rate=3e-3, weight_decay=0.05, average=0.8
    )
    assert run(Training, options, train, test, tmp_path) > 0.6
    assert run(Training, options, train, test, tmp_path) > 0.6


def test_rates_of_other_optimizers_are_refused():
    with pytest.raises(TrainingError, match="AdamW") as caught:
        Training(Options(model="vit-cifar", width=WIDTH), coloured(16, seed=1))
    assert caught.value.code == "option-range"


@pytest.mark.parametrize("name", ["vit-cifar", "vit-cifar-conv"])
def test_the_engine_computes_what_the_network_computes(tmp_path, name):
    if shutil.which("node") is None or not (DIST / "index.js").is_file():
        pytest.skip("needs node and the built package: npm run build")
    model = network(name)
    (tmp_path / "model.spikelet").write_bytes(exported(model))
    x = torch.randn(2, *SHAPE[1:], generator=torch.Generator().manual_seed(5))
    (tmp_path / "in.f32").write_bytes(x.numpy().tobytes())
    script = Path(__file__).with_name("run_model.mjs")
    places = [tmp_path / part for part in ("model.spikelet", "in.f32", "out.f32")]
    done = subprocess.run(
        ["node", script, DIST, *places], capture_output=True, text=True, timeout=120, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    found = np.fromfile(tmp_path / "out.f32", np.float32).reshape(2, 2, 5)
    expected = model(x).detach().numpy()
    for which in (0, 1):
        assert np.allclose(found[:, which], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("opset", [13, 17])
def test_onnx_is_written_in_both_forms_of_layer_normalisation(tmp_path, opset):
    path = tmp_path / "model.onnx"
    assert onnx.write(path, fold.traced(network()), SHAPE, opset=opset) == path.stat().st_size
    assert (b"LayerNormalization" in path.read_bytes()) == (opset == 17)


def test_bert_does_not_see_hidden_tokens():
    torch.manual_seed(1)
    model = Bert(50, 24, 2, 3, 4, 16).eval()
    tokens, kinds = torch.arange(9)[None], torch.zeros(1, 9, dtype=torch.int64)
    mask = torch.tensor([[1] * 7 + [0] * 2])
    other = tokens.clone()
    other[0, 7:] = 40
    assert torch.allclose(model(tokens, kinds, mask), model(other, kinds, mask), atol=1e-6)
    assert not torch.allclose(model(tokens, kinds, mask), model(other, kinds, mask | 1), atol=1e-3)
