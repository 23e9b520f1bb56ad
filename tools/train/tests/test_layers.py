import numpy as np
import pytest
import torch

from spikelet_train.layers import Pact, QuantizedConv2d, Settings, ValueRange, assign_bits, convert
from spikelet_train.layers import weighted_layers
from spikelet_train.layers.quantizer import WeightQuantizer, greatest_level, initial_scale
from spikelet_train.models import build


def weight(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_known_levels_with_ties_to_even():
    values = torch.tensor([[-7.0, -3.5, 0.0, 3.5, 7.0]])
    assert torch.equal(WeightQuantizer(values, 4)(values), torch.tensor([[-7.0, -4.0, 0.0, 4.0, 7.0]]))
    assert torch.equal(WeightQuantizer(values, 2)(values), torch.tensor([[-7.0, 0.0, 0.0, 0.0, 7.0]]))


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
def test_the_error_is_at_most_half_a_step_with_the_range_of_the_greatest_weight(bits, per_channel):
    values = weight(bits, 6, 5, 3, 3)
    quantizer = WeightQuantizer(values, bits, "max", per_channel)
    scale = quantizer.current_scale(values)
    assert scale.shape == (6 if per_channel else 1,)
    error = (quantizer(values) - values).abs()
    assert (error <= scale.view(-1, 1, 1, 1) / 2 * 1.0001).all()


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("per_channel", [False, True])
def test_no_scale_on_a_fine_grid_has_less_squared_error_than_the_fitted_one(bits, per_channel):
    values = weight(10 + bits, 3, 2000)
    rows = values if per_channel else values.reshape(1, -1)
    level = greatest_level(bits)

    def error(scale):
        return (rows - (rows / scale).round().clamp(-level, level) * scale).square().sum(1)

    fitted = error(initial_scale(values, bits, "mse", per_channel)[:, None])
    widest = rows.abs().amax(1, keepdim=True) / level
    grid = torch.stack([error(widest * share) for share in np.linspace(0.05, 1.2, 400)])
    assert (fitted <= grid.amin(0) * 1.03).all()


@pytest.mark.parametrize("clip", ["max", "mse"])
def test_the_gradient_passes_the_rounding(clip):
    values = weight(1, 4, 8).requires_grad_()
    upstream = weight(2, 4, 8)
    (WeightQuantizer(values, 3, clip)(values) * upstream).sum().backward()
    assert torch.equal(values.grad, upstream)


def test_a_learned_range_has_the_gradient_of_a_learned_step():
    values = weight(3, 2, 6).requires_grad_()
    upstream = weight(4, 2, 6)
    quantizer = WeightQuantizer(values, 3, "learned", per_channel=True)
    (quantizer(values) * upstream).sum().backward()
    steps = values.detach() / quantizer.scale.detach()[:, None]
    inside = steps.abs() <= 3
    assert torch.equal(values.grad, upstream * inside)
    by_scale = torch.where(inside, steps.round() - steps, steps.sign() * 3) * upstream
    assert torch.allclose(quantizer.scale.grad, by_scale.sum(1) * (6 * 3) ** -0.5)


def test_pact_is_a_clamp_at_equal_steps():
    x = torch.linspace(-2, 6, 41).requires_grad_()
    pact = Pact(bits=2, alpha=3.0)
    y = pact(x)
    assert torch.equal(y, x.detach().clamp(0, 3).round())
    y.sum().backward()
    assert torch.equal(x.grad, ((x > 0) & (x < 3)).float())
    assert pact.alpha.grad == (x >= 3).sum()


def test_pact_takes_its_end_from_the_first_batch_when_asked():
    pact = Pact(alpha=0.0)
    pact(torch.tensor([1.0, 5.0]))
    assert pact.alpha == 5.0


def test_a_range_follows_its_batches_in_training_only():
    followed = ValueRange(pace=0.5)
    followed(torch.tensor([-1.0, 1.0]))
    assert followed.ends.tolist() == [-1.0, 1.0]
    followed(torch.tensor([-2.0, 3.0]))
    assert followed.ends.tolist() == [-1.5, 2.0]
    followed.eval()(torch.tensor([-9.0, 9.0]))
    assert followed.ends.tolist() == [-1.5, 2.0]
    scale, zero = followed.quantization()
    y = followed(torch.linspace(-3, 4, 57))
    levels = (y / scale + zero).round()
    assert torch.allclose(levels, y / scale + zero, atol=1e-3) and levels.min() == 0 and levels.max() == 255


@pytest.mark.parametrize("name, layers, rectifications", [("resnet20", 22, 19), ("vgg16", 14, 13)])
def test_conversion_exchanges_every_layer_and_rectification(name, layers, rectifications):
    model = build(name, 0.125, 3)
    parameters = {key: value.data_ptr() for key, value in model.named_parameters()}
    converted = convert(model, Settings(), (-2.0, 2.0))
    assert len(weighted_layers(converted)) == layers
    assert sum(isinstance(module, Pact) for module in converted.modules()) == rectifications
    kept = dict(converted.named_parameters())
    assert all(kept[key].data_ptr() == place for key, place in parameters.items())


@pytest.mark.parametrize("name", ["resnet20", "vgg16"])
def test_eight_bits_are_close_to_the_float_network(name):
    torch.manual_seed(2)
    model = build(name, 0.25, 3)
    x = torch.randn(48, 3, 32, 32)
    expected = model.train()(x).detach()
    converted = convert(model, Settings(8, 8, "max", True, 0.0), (x.min().item(), x.max().item()))
    actual = converted.train()(x).detach()
    assert (actual - expected).square().mean() < 0.15**2 * expected.square().mean()


def test_the_same_bits_again_change_nothing():
    torch.manual_seed(1)
    model = convert(build("resnet20", 0.125, 3), Settings(4, 0, "learned"), (-2.0, 2.0))
    model(torch.randn(4, 3, 32, 32)).sum().backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    bits = {name: layer.quantizer.bits for name, layer in weighted_layers(model).items()}
    assign_bits(model, bits)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_activations_take_the_width_of_the_layers_that_read_them():
    model = convert(build("resnet20", 0.125, 3), Settings(4, 0), (-2.0, 2.0))
    layers = weighted_layers(model)
    bits = {name: 2 for name in layers}
    bits.update({"conv": 8, "linear": 8, "stages.0.0.conv2": 4})
    assign_bits(model, bits)
    assert model.relu_1_pact.bits == 4 and model.relu_2_pact.bits == 2 and model.relu_18_pact.bits == 8


def test_a_masked_weight_counts_as_zero():
    layer = QuantizedConv2d(torch.nn.Conv2d(2, 3, 3), 8)
    layer.mask = torch.zeros_like(layer.weight, dtype=torch.bool)
    layer.bias.data.zero_()
    assert torch.equal(layer(torch.ones(1, 2, 4, 4)), torch.zeros(1, 3, 2, 2))


def test_a_value_that_is_zero_throughout_has_a_gradient():
    x = torch.zeros(4, requires_grad=True)
    ValueRange()(x).sum().backward()
    assert torch.equal(x.grad, torch.ones(4))
