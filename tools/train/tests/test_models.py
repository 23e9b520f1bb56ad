import pytest
import torch

from spikelet_train.errors import TrainingError
from spikelet_train.models import build


@pytest.mark.parametrize(
    "name, width, classes, parameters",
    [
        # 11,173,962 and 14,728,266 are the published counts of the CIFAR forms at width 1.
        ("resnet18", 1.0, 10, 11_173_962),
        ("vgg16", 1.0, 10, 14_728_266 - 4_224),
        # ResNet-20 with 1x1 shortcuts: 269,722 of the parameter-free form, and 2 shortcuts with their norms.
        ("resnet20", 1.0, 10, 269_722 + 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64),
        ("resnet18", 0.5, 10, 2_797_610),
        ("resnet18", 0.5, 100, 2_797_610 + 90 * 257),
    ],
)
def test_parameter_counts(name, width, classes, parameters):
    model = build(name, width, classes)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@pytest.mark.parametrize("name", ["resnet18", "resnet20", "vgg16"])
def test_scores_have_one_column_a_class(name):
    model = build(name, 0.125, 7).eval()
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize("side", [16, 24])
def test_residual_networks_take_other_sizes(side):
    assert build("resnet18", 0.125, 3).eval()(torch.zeros(1, 3, side, side)).shape == (1, 3)


@pytest.mark.parametrize(
    "name, width, code", [("alexnet", 1, "model-unknown"), ("resnet18", 0, "model-width")]
)
def test_unknown_models_are_refused(name, width, code):
    with pytest.raises(TrainingError) as caught:
        build(name, width, 10)
    assert caught.value.code == code
