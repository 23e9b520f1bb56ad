import math

import pytest
import torch
from torch import nn

from spikelet_train.granularity import GRANULARITIES, RUN, collapse, expand, scores
from spikelet_train.layers import QuantizedConv2d, QuantizedLinear
from spikelet_train.sparse_momentum import Prunable, SparseMomentum, distribute, prune_rate


def layers():
    torch.manual_seed(5)
    return [
        QuantizedConv2d(nn.Conv2d(3, 16, 3, bias=False), 8),
        QuantizedConv2d(nn.Conv2d(16, 24, 3, bias=False), 8),
        QuantizedConv2d(nn.Conv2d(24, 30, 1, bias=False), 8),
        QuantizedLinear(nn.Linear(30, 10), 8),
    ]


def sparse(density, granularity, floor=0.0):
    parts = [
        Prunable(str(place), (layer,), floor if place == 0 else 0.0) for place, layer in enumerate(layers())
    ]
    return SparseMomentum(parts, density, granularity, torch.Generator().manual_seed(1))


def momenta(state, seed):
    draw = torch.Generator().manual_seed(seed)
    return {
        layer.weight: torch.randn(layer.weight.shape, generator=draw)
        for part in state.parts
        for layer in part.layers
    }


def is_supported(state):
    return all((layer.weight[~layer.mask] == 0).all() for part in state.parts for layer in part.layers)


@pytest.mark.parametrize(
    "progress, rate", [(0.0, 0.5), (0.25, 0.4275), (0.5, 0.2525), (0.75, 0.0775), (1.0, 0.005)]
)
def test_the_share_that_is_rewired_falls_along_a_cosine(progress, rate):
    assert prune_rate(progress, 0.5, 0.005) == pytest.approx(rate, abs=5e-5)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_units_and_masks_are_each_others_inverse(granularity):
    shape = (5, 10, 3, 3)
    count = len(scores(torch.ones(shape), granularity))
    assert count == {"irregular": 450, "grouped": 5 * math.ceil(10 / RUN) * 9, "channel": 10}[granularity]
    units = torch.rand(count, generator=torch.Generator().manual_seed(3)) < 0.4
    mask = expand(units, shape, granularity)
    assert mask.shape == shape and torch.equal(collapse(mask, granularity), units)


def test_a_run_is_four_input_channels_at_one_position():
    mask = expand(torch.arange(2 * 2 * 9) == 9 + 4, (2, 7, 3, 3), "grouped")
    assert mask.nonzero().tolist() == [[0, 4, 1, 1], [0, 5, 1, 1], [0, 6, 1, 1]]
    values = torch.zeros(2, 7, 3, 3)
    values[0, 4:7, 1, 1] = torch.tensor([3.0, 0.0, 4.0])
    assert scores(values, "grouped")[9 + 4] == 5.0


@pytest.mark.parametrize(
    # The slack is about one unit of the largest layer: a channel here has up to 216 of 2,454 weights.
    "granularity, density, slack",
    [
        ("irregular", 0.1, 0.01),
        ("irregular", 0.5, 0.01),
        ("grouped", 0.1, 0.02),
        ("grouped", 0.5, 0.02),
        ("channel", 0.5, 0.12),
    ],
)
def test_rewiring_keeps_the_budget_and_zero_outside_the_masks(granularity, density, slack):
    state = sparse(density, granularity)
    optimizer = torch.optim.SGD([layer.weight for part in state.parts for layer in part.layers], 0.1)
    for epoch in range(12):
        for seed in range(3):
            for weight, gradient in momenta(state, 100 * epoch + seed).items():
                weight.grad = gradient
            optimizer.step()
            state.apply()
            assert is_supported(state)
        state.rewire(momenta(state, epoch), prune_rate(epoch / 12, 0.5, 0.005))
        assert is_supported(state)
        if epoch > 3:
            assert abs(state.nonzeros() / state.target - 1) < slack


def test_rewiring_removes_the_least_weights_and_grows_where_momentum_is():
    state = sparse(0.3, "irregular")
    moving = momenta(state, 7)
    part = state.parts[1]
    layer = part.layers[0]
    before, weights = layer.mask.clone(), layer.weight.detach().clone()
    state.rewire(moving, 0.2)
    gone, grown = before & ~layer.mask, layer.mask & ~before
    stayed = before & layer.mask & (layer.weight != 0)
    assert gone.any() and grown.any()
    assert weights[gone].abs().max() <= weights[stayed].abs().min()
    assert (layer.weight[grown] == 0).all() and torch.equal(layer.weight[stayed], weights[stayed])
    least = moving[layer.weight][grown].abs().min()
    assert (moving[layer.weight][~before & ~layer.mask].abs() <= least).all()


def test_the_first_convolution_keeps_its_floor():
    state = sparse(0.02, "irregular", floor=0.2)
    for epoch in range(6):
        state.rewire(momenta(state, epoch), 0.5)
        assert state.parts[0].layers[0].mask.float().mean() >= 0.2


def test_equal_momentum_gives_every_part_the_same_share():
    assert distribute([0.25] * 4, 100, [1000] * 4) == [25] * 4


def test_what_does_not_fit_one_part_goes_to_the_others():
    plan = distribute([0.7, 0.2, 0.1], 100, [40, 500, 500])
    assert sum(plan) == pytest.approx(100) and plan[0] == pytest.approx(40)
    assert plan[1] - plan[2] == pytest.approx(10)


def test_more_than_all_room_fills_it():
    assert distribute([0.5, 0.5], 100, [10, 20]) == pytest.approx([10, 20], abs=1e-3)


def test_what_is_pruned_next_is_what_the_regulariser_sees():
    state = sparse(0.3, "irregular")
    doomed = state.doomed(0.2)
    before = {layer.weight: layer.mask.clone() for part in state.parts for layer in part.layers}
    for weight, mask in doomed.items():
        assert (mask & ~before[weight]).sum() == 0
        assert mask.sum() == math.ceil(0.2 * int(before[weight].sum()))
        assert weight[mask].abs().max() <= weight[before[weight] & ~mask].abs().min()
