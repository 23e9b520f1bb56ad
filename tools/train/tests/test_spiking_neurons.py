import math

import pytest
import torch
from torch import nn

from spikelet_train.spiking import HybridCoding, Integrator, Lif, SingleSpikeOutput, StepDropout
from spikelet_train.spiking.coding import one_spike
from spikelet_train.spiking.neurons import Fire, _Steps, surrogate


def spikes_of(lif, currents):
    """Spikes of one neuron by step, for its currents by step."""
    return lif(torch.tensor(currents).view(-1, 1)).view(-1).tolist()


def stepwise(current, threshold, leak, steps, spread, once, fire):
    """The layer as one writes it down, differentiated by autograd."""
    given = [current] * steps if spread else current.chunk(steps)
    u, free, found = torch.zeros_like(given[0]), torch.ones_like(given[0]), []
    for now in given:
        u = leak * u + now
        spike = fire(u, threshold) * free
        if once:
            free = free * (1 - spike.detach())
        else:
            u = u - threshold * spike.detach()
        found.append(spike)
    return torch.cat(found)


def test_a_constant_input_gives_the_spikes_of_the_closed_form():
    lif = Lif(5, spread=True)
    assert lif(torch.tensor([[0.625]])).view(-1).tolist() == [0, 1, 0, 1, 1]


@pytest.mark.parametrize("constant", [0.25, 0.375, 0.625, 0.9375, 1.0])
def test_all_that_came_in_is_in_the_spikes_and_the_membrane(constant):
    # The membrane is above 0 and at most 1 after the reset: constant * t = spikes + membrane has one answer.
    found = torch.tensor(spikes_of(Lif(16), [constant] * 16)).cumsum(0).tolist()
    assert found == [math.ceil(constant * t) - 1 for t in range(1, 17)]


def test_the_threshold_itself_does_not_fire():
    assert spikes_of(Lif(3), [1.0, 0.0, 0.5]) == [0, 0, 1]


def test_the_leak_takes_from_what_the_reset_has_left():
    # u: 1.5 fires, 0.5; 0.25 + 0.5; 0.375 + 0.5; 0.4375 + 0.6 fires
    assert spikes_of(Lif(4, leak=0.5), [1.5, 0.5, 0.5, 0.6]) == [1, 0, 0, 1]


def test_a_neuron_fires_at_most_once():
    assert spikes_of(Lif(4, once=True), [0.5, 0.75, 3.0, 3.0]) == [0, 1, 0, 0]


def test_a_constant_current_is_spread_over_the_steps():
    current = torch.rand((3, 4, 2, 2), generator=torch.Generator().manual_seed(1))
    over_time = Lif(6)(torch.cat([current] * 6))
    assert torch.equal(Lif(6, spread=True)(current), over_time)


def test_counts_are_of_spikes_neurons_and_samples():
    lif = Lif(5, spread=True)
    lif.counting = True
    lif(torch.tensor([[0.625, 0.0], [2.0, 0.625]]))
    assert (lif.emitted, lif.samples, lif.neurons, lif.most) == (3 + 5 + 3, 2, 2, 5)


@pytest.mark.parametrize("z, expected", [(0.0, 0.3), (0.5, 0.15), (-0.5, 0.15), (1.0, 0.0), (-1.5, 0.0)])
def test_the_surrogate_is_a_triangle(z, expected):
    u = torch.tensor([2.0 * (z + 1)], requires_grad=True)
    Fire.apply(u, torch.tensor(2.0)).backward()
    # By z the height, by u that over the threshold.
    assert u.grad.item() == pytest.approx(expected / 2, abs=1e-7)
    assert surrogate(u.detach(), torch.tensor(2.0)).item() == pytest.approx(expected, abs=1e-7)


def test_the_surrogate_is_the_derivative_of_a_smooth_step():
    u = torch.linspace(0.05, 3.9, 78, dtype=torch.float64, requires_grad=True)
    threshold = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)

    def smooth(u, threshold):
        z = (u / threshold - 1).clamp(-1, 1)
        return 0.3 * (z - z * z.abs() / 2)

    assert torch.autograd.gradcheck(lambda u, v: smooth(u, v).sum(), (u, threshold))
    weights = torch.linspace(-1, 1, 78, dtype=torch.float64)
    expected = torch.autograd.grad((smooth(u, threshold) * weights).sum(), (u, threshold))
    found = torch.autograd.grad((Fire.apply(u, threshold) * weights).sum(), (u, threshold))
    for ours, theirs in zip(found, expected):
        assert torch.allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("spread", [False, True])
def test_backpropagation_through_time_is_that_of_autograd(spread, once):
    draw = torch.Generator().manual_seed(4)
    samples = 3 if spread else 3 * 7
    current = torch.rand((samples, 5, 2, 2), generator=draw, dtype=torch.float64).requires_grad_()
    threshold = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    leak = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
    weights = torch.rand((3 * 7, 5, 2, 2), generator=draw, dtype=torch.float64) - 0.3
    found = _Steps.apply(current, threshold, leak, 7, spread, once, 0.3)
    expected = stepwise(current, threshold, leak, 7, spread, once, Fire.apply)
    assert torch.equal(found, expected) and 0 < found.mean() < 1
    by_us = torch.autograd.grad((found * weights).sum(), (current, threshold, leak))
    by_autograd = torch.autograd.grad((expected * weights).sum(), (current, threshold, leak))
    for ours, theirs in zip(by_us, by_autograd):
        assert torch.allclose(ours, theirs, atol=1e-12)


def test_the_weights_gradient_is_a_sum_over_the_steps():
    draw = torch.Generator().manual_seed(5)
    before = (torch.rand((4 * 2, 6), generator=draw) < 0.4).float()
    linear, lif = nn.Linear(6, 3, bias=False), Lif(4, threshold=0.5, leak=0.8)
    lif(linear(before)).sum().backward()
    current = linear(before).detach().requires_grad_()
    stepwise(current, lif.threshold, lif.leak, 4, False, False, Fire.apply).sum().backward()
    per_step = [g.t() @ o for g, o in zip(current.grad.chunk(4), before.chunk(4))]
    assert torch.allclose(linear.weight.grad, sum(per_step), atol=1e-6)


def test_parameters_stay_where_they_mean_something():
    lif = Lif(3, threshold=-2.0, leak=1.7)
    lif.clamp()
    assert lif.leak.item() == 1 and lif.threshold.item() == pytest.approx(1e-3)
    low = Lif(3, leak=-0.5)
    low.clamp()
    assert low.leak.item() == 0


def test_the_integrator_sums_and_leaks():
    currents = torch.tensor([[1.0], [2.0], [4.0]])
    assert Integrator(3)(currents).item() == 7
    assert Integrator(3, leak=0.5)(currents).item() == 0.25 + 1 + 4


def test_scores_rise_with_an_early_spike():
    output = SingleSpikeOutput(4, weight=2.0)
    # u of class 0: 2 2 2 2, crosses at step 1; class 1: 0 0 0 2, at step 4; class 2 never.
    currents = torch.tensor([[2.0, 0.0, 0.1], [0, 0, 0.1], [0, 0, 0.1], [0, 2.0, 0.1]])
    expected = torch.tensor([[2 + 2.0 * 4 / 4, 2 + 2.0 * 1 / 4, 0.4]])
    assert torch.allclose(output(currents), expected)


def test_scores_have_a_gradient_by_the_time_of_the_spike():
    output = SingleSpikeOutput(3)
    currents = torch.tensor([[0.9], [0.0], [0.0]], requires_grad=True)
    output(currents).sum().backward()
    by_membrane_alone = 1.0
    assert currents.grad[0].item() > by_membrane_alone


def test_dropout_is_the_same_at_every_step():
    torch.manual_seed(2)
    dropout = StepDropout(4, 0.5).train()
    kept = dropout(torch.ones(4 * 3, 50)).view(4, 3, 50)
    assert torch.equal(kept, kept[:1].expand(4, 3, 50))
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropout.eval()(torch.ones(12, 5)), torch.ones(12, 5))


def test_pixels_fire_once_the_brighter_the_earlier():
    # Places 0, 0.1, 0.3, 0.65, 0.9, 1 of the range; thresholds 0.75, 0.5, 0.25 at steps 2 to 4.
    image = torch.tensor([[-1.0, -0.8, -0.4, 0.3, 0.8, 1.0]])
    events = one_spike(image, 4)
    assert events[:, 0].tolist() == [
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 1, 0, 0],
        [0, 0, -1, 0, 0, 0],
    ]


def test_hybrid_coding_begins_with_the_image_itself():
    image = torch.randn((2, 3, 8, 8), generator=torch.Generator().manual_seed(3))
    coding = HybridCoding(5)
    with torch.no_grad():
        coding.size.fill_(0.5)
    coding.counting = True
    coded = coding(image).view(5, 2, 3, 8, 8)
    assert torch.equal(coded[0], image)
    assert set(coded[1:].detach().abs().unique().tolist()) == {0.0, 0.5}
    assert (coded[1:].abs() > 0).sum(0).max() == 1
    assert coding.emitted == (coded[1:] != 0).sum().item()
    assert coding.emitted / (coding.samples * coding.neurons) <= 1
