import hashlib
import json

import numpy as np
import pytest
import torch
from protobuf import read_onnx
from torch import nn

from spikelet_train.errors import TrainingError
from spikelet_train.export import container, fold, graph, onnx
from spikelet_train.models import build
from spikelet_train.trained import Trained

MODELS = ("resnet18", "resnet20", "vgg16")
SHAPE = (1, 3, 32, 32)


def network(name):
    """A small network whose normalisation statistics are those of no fresh network."""
    torch.manual_seed(4)
    model = build(name, 0.125, 5).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.3, 2.0)
    return model


def described(name, model):
    labels = ("a", "b", "ç", "d", "e")
    return Trained(name, model, labels, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4), {"method": "float"})


def run(document, constants, image):
    """Runs the graph of a model file with PyTorch's functions, by what the operations are defined to be."""
    values = {document["inputs"][0]["name"]: image}
    for node in document["nodes"]:
        given = node.get("attributes", {})
        inputs = [torch.as_tensor(constants[n]) if n in constants else values[n] for n in node["inputs"]]
        values[node["outputs"][0]] = OPERATIONS[node["op"]](given, *inputs)
    return values[document["outputs"][0]["name"]]


def convolve(given, x, weight, bias=None):
    assert given["pads"][:2] == given["pads"][2:]
    return nn.functional.conv2d(
        x, weight, bias, given["strides"], given["pads"][:2], given["dilations"], given["groups"]
    )


OPERATIONS = {
    "conv": convolve,
    "linear": lambda given, x, weight, bias: nn.functional.linear(x, weight, bias),
    "batchNorm": lambda given, x, scale, bias, mean, variance: nn.functional.batch_norm(
        x, mean, variance, scale, bias, False, 0.0, given["epsilon"]
    ),
    "relu": lambda given, x: x.clamp(min=0),
    "add": lambda given, a, b: a + b,
    "maxPool": lambda given, x: nn.functional.max_pool2d(x, given["kernel"], given["strides"]),
    "globalAveragePool": lambda given, x: x.mean((2, 3), keepdim=True),
    "reshape": lambda given, x: x.reshape(given["shape"]),
}


@pytest.mark.parametrize("keep_batch_norm", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_the_model_file_computes_what_the_network_computes(name, keep_batch_norm):
    model = network(name)
    traced = fold.traced(model) if keep_batch_norm else fold.folded(model)
    source = described(name, model)
    metadata, tensors = container.unpack(container.pack(graph.build_graph(traced, source, SHAPE), {}))
    document = json.loads(metadata["graph"])
    operations = {node["op"] for node in document["nodes"]}
    assert ("batchNorm" in operations) == keep_batch_norm
    image = torch.randn(SHAPE, generator=torch.Generator().manual_seed(8))
    constants = {key: value.copy() for key, value in tensors.items()}
    with torch.no_grad():
        expected, actual = model(image), run(document, constants, image)
    assert torch.allclose(actual, expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())


def test_nodes_are_in_order_and_use_every_constant():
    model = network("resnet18")
    document = graph.build_graph(fold.folded(model), described("resnet18", model), SHAPE).document
    known = {"image", *document["constants"]}
    used = set()
    for node in document["nodes"]:
        assert set(node["inputs"]) <= known
        used |= set(node["inputs"])
        assert not set(node["outputs"]) & known
        known |= set(node["outputs"])
    assert set(document["constants"]) <= used
    assert [output["name"] for output in document["outputs"]] == ["logits"]


def test_metadata_says_what_the_numbers_mean():
    model = network("resnet20")
    source = described("resnet20", model)
    data = container.pack(graph.build_graph(fold.folded(model), source, SHAPE), {"method": "float"})
    metadata, tensors = container.unpack(data)
    document = json.loads(metadata["graph"])
    assert metadata["format"] == "spikelet" and metadata["version"] == "1"
    assert json.loads(metadata["provenance"]) == {"method": "float"}
    meaning = {"kind": "image", "channels": "rgb", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}
    assert document["inputs"] == [{"name": "image", "dtype": "f32", "shape": list(SHAPE), "meaning": meaning}]
    assert document["outputs"][0]["meaning"] == {"kind": "classes", "labels": ["a", "b", "ç", "d", "e"]}
    digests = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in tensors.items()}
    assert json.loads(metadata["sha256"]) == digests
    shapes = {name: entry["shape"] for name, entry in document["constants"].items()}
    assert shapes == {name: list(value.shape) for name, value in tensors.items()}


def test_the_container_keeps_safetensors_rules(tmp_path):
    constants = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.arange(3, dtype=np.int8),
        "c": np.arange(5, dtype=np.int32),
        "d": np.zeros((0, 4), np.uint8),
    }
    path = tmp_path / "a.spikelet"
    size = container.write(path, graph.Graph({"name": "x"}, constants), {})
    data = path.read_bytes()
    assert len(data) == size and [file.name for file in tmp_path.iterdir()] == ["a.spikelet"]
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0 and data[8:9] == b"{"
    header = json.loads(data[8 : 8 + length])
    assert all(isinstance(value, str) for value in header.pop("__metadata__").values())
    assert [header[name]["data_offsets"] for name in "abcd"] == [[0, 24], [24, 27], [27, 47], [47, 47]]
    assert [header[name]["dtype"] for name in "abcd"] == ["F32", "I8", "I32", "U8"]
    _, tensors = container.unpack(data)
    for name, value in constants.items():
        assert np.array_equal(tensors[name], value) and tensors[name].dtype == value.dtype


def test_the_safetensors_library_reads_it(tmp_path):
    library = pytest.importorskip("safetensors.numpy", reason="the safetensors package is not installed")
    model = network("resnet20")
    built = graph.build_graph(fold.folded(model), described("resnet20", model), SHAPE)
    read = library.load(container.pack(built, {}))
    assert read.keys() == built.constants.keys()
    assert all(np.array_equal(read[name], value) for name, value in built.constants.items())


@pytest.mark.parametrize("cut", [3, 40, -1])
def test_a_cut_container_is_refused(cut):
    data = container.pack(graph.Graph({}, {"a": np.ones(4, np.float32)}), {})
    with pytest.raises(TrainingError) as caught:
        container.unpack(data[:cut])
    assert caught.value.code == "container-damaged"


def test_folding_leaves_the_network_itself_alone():
    model = network("resnet20")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fold.folded(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_normalisation_without_convolution_stays():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)).eval()
    kinds = [type(module) for module in fold.folded(model).modules()]
    assert kinds.count(nn.BatchNorm2d) == 2


def test_an_operation_without_counterpart_is_named():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus()).eval()
    with pytest.raises(TrainingError, match="Softplus") as caught:
        graph.build_graph(fold.folded(model), described("x", model), SHAPE)
    assert caught.value.code == "export-unsupported"


def test_weights_that_are_no_numbers_are_refused():
    model = network("resnet20")
    with torch.no_grad():
        model.linear.weight[0, 0] = float("nan")
    with pytest.raises(TrainingError, match="linear.weight") as caught:
        graph.build_graph(fold.folded(model), described("x", model), SHAPE)
    assert caught.value.code == "export-not-finite"


@pytest.mark.parametrize("keep_batch_norm", [False, True])
@pytest.mark.parametrize("name, convolutions, additions", [("resnet18", 20, 8), ("vgg16", 13, 0)])
def test_onnx_has_the_expected_operators(tmp_path, name, convolutions, additions, keep_batch_norm):
    model = network(name)
    traced = fold.traced(model) if keep_batch_norm else fold.folded(model)
    onnx.write(tmp_path / "a.onnx", traced, SHAPE)
    found = read_onnx((tmp_path / "a.onnx").read_bytes())
    counts = {operator: found["operators"].count(operator) for operator in set(found["operators"])}
    expected = {"Conv": convolutions, "Relu": 17 if additions else 13, "Flatten": 1, "Gemm": 1}
    expected |= {"Add": additions, "GlobalAveragePool": 1} if additions else {"MaxPool": 5}
    expected |= {"BatchNormalization": convolutions} if keep_batch_norm else {}
    assert counts == expected
    assert found["opset"] == 13
    assert (found["inputs"], found["outputs"]) == (["image"], ["logits"])
