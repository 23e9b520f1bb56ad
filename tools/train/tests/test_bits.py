import itertools

import numpy as np
import pytest
import torch

from spikelet_train import allocation, bits
from spikelet_train.errors import TrainingError
from spikelet_train.layers import QuantizedConv2d
from spikelet_train.layers.quantizer import greatest_level


@pytest.mark.parametrize("width", range(2, 9))
def test_bits_times_their_places_are_the_level(width):
    levels = np.arange(-(2 ** (width - 1)), 2 ** (width - 1))
    assert np.array_equal(bits.decode(levels, width) @ bits.place_values(width), levels)


@pytest.mark.parametrize("width", range(2, 9))
@pytest.mark.parametrize("per_channel", [False, True])
def test_the_closed_form_equals_the_explicit_sum_over_bits(width, per_channel):
    torch.manual_seed(width)
    layer = QuantizedConv2d(torch.nn.Conv2d(3, 4, 3, bias=False), width, "max", per_channel)
    layer.quantizer.observing = True
    explicit, seen = [], []

    def watch(module, inputs, quantized):
        quantized.register_hook(seen.append)

    layer.quantizer.register_forward_hook(watch)
    for _ in range(3):
        layer(torch.randn(2, 3, 6, 6)).square().sum().backward()
        scale = layer.quantizer.current_scale(layer.weight).view(-1, 1, 1, 1)
        explicit.append(bits.explicit_gradient(seen[-1].numpy(), scale.numpy(), width))
    closed = bits.interval_gradients({"layer": layer})["layer"]
    assert closed == pytest.approx(np.mean(explicit), rel=1e-5)


def test_a_common_number_of_bits_takes_the_bias_for_narrow_layers_away():
    def layer(width):
        torch.manual_seed(0)
        made = QuantizedConv2d(torch.nn.Conv2d(3, 4, 3, bias=False), width)
        made.quantizer.sensitivity.copy_(torch.tensor([6.0, 3.0]))
        return made

    layers = {"two": layer(2), "four": layer(4)}
    own = bits.interval_gradients(layers)
    assert own["two"] == pytest.approx(2.0 * 1.5) and own["four"] == pytest.approx(2.0 * 15 / 28)
    free = bits.interval_gradients(layers, "q_free")
    assert free["two"] == free["four"] == own["four"]
    assert [greatest_level(width) for width in (2, 4, 8)] == [1, 7, 127]


def instance(seed, groups, candidates):
    draw = np.random.default_rng(seed)
    counts = draw.integers(1, 400, groups)
    costs = np.sort(draw.random((groups, len(candidates))), 1)[:, ::-1] * 10.0 ** -draw.integers(0, 9)
    sizes = counts[:, None] * np.array(candidates, float)
    low, high = sizes.min(1).sum(), sizes.max(1).sum()
    return allocation.Problem(costs, sizes, low + draw.random() * (high - low))


def brute_force(problem):
    rows = np.arange(len(problem.costs))
    choices = itertools.product(range(problem.costs.shape[1]), repeat=len(rows))
    fitting = (list(choice) for choice in choices)
    return min(
        problem.costs[rows, choice].sum()
        for choice in fitting
        if problem.sizes[rows, choice].sum() <= problem.limit
    )


@pytest.mark.parametrize("candidates", [(2, 4), (2, 3, 4, 6, 8)])
def test_the_integer_program_equals_brute_force(candidates):
    for seed in range(12):
        problem = instance(seed, 5 if len(candidates) > 2 else 9, candidates)
        choice = allocation.solve(problem)
        rows = np.arange(len(choice))
        assert problem.sizes[rows, choice].sum() <= problem.limit
        assert problem.costs[rows, choice].sum() == pytest.approx(brute_force(problem), rel=1e-6)


def knapsack(problem):
    """The least cost for two candidates, by dynamic programming over whole sizes."""
    best = np.full(int(problem.limit) + 1, np.inf)
    best[0] = 0.0
    for costs, sizes in zip(problem.costs, problem.sizes.astype(int)):
        options = [
            np.concatenate((np.full(min(size, len(best)), np.inf), best[: max(0, len(best) - size)])) + cost
            for cost, size in zip(costs, sizes)
        ]
        best = np.min(options, 0)
    return best.min()


def test_the_integer_program_equals_the_knapsack_and_falls_with_the_budget():
    problem = instance(99, 20, (2, 4))
    found = []
    for share in np.linspace(0, 1, 9):
        low, high = problem.sizes.min(1).sum(), problem.sizes.max(1).sum()
        part = allocation.Problem(problem.costs, problem.sizes, np.floor(low + share * (high - low)))
        choice = allocation.solve(part)
        found.append(part.costs[np.arange(20), choice].sum())
        assert found[-1] == pytest.approx(knapsack(part), rel=1e-6)
    assert found == sorted(found, reverse=True)


def test_baselines_keep_the_budget():
    for seed in range(8):
        problem = instance(seed, 6, (2, 3, 4, 8))
        rows = np.arange(6)
        same = allocation.uniform(problem)
        assert len(set(same)) == 1 and problem.sizes[rows, same].sum() <= problem.limit
        drawn = allocation.random(problem, seed)
        assert problem.sizes[rows, drawn].sum() <= problem.limit
        assert np.array_equal(drawn, allocation.random(problem, seed))


def test_a_limit_below_the_narrowest_is_refused():
    problem = allocation.Problem(np.zeros((2, 2)), np.array([[2.0, 4.0], [20.0, 40.0]]), 21.0)
    for choose in (allocation.solve, allocation.uniform, lambda it: allocation.random(it, 1)):
        with pytest.raises(TrainingError, match="least possible is 22") as caught:
            choose(problem)
        assert caught.value.code == "budget-infeasible"
