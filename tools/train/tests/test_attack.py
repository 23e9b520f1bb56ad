import pytest
import torch
from conftest import coloured
from torch import nn

from spikelet_train import attack, attack_checks
from spikelet_train.errors import TrainingError
from spikelet_train.methods.loop import Training
from spikelet_train.methods.options import Options

EPSILON = 0.031


@pytest.fixture(scope="module")
def network():
    """A trained network on pixels, in evaluation mode."""
    options = Options(
        model="resnet20", width=0.25, epochs=6, batch=16, rate=0.1, padding=0, cutout=0, average=0.8
    )
    training = Training(options, coloured(48, seed=1))
    for _ in range(6):
        training.run_epoch()
    return attack.Normalised(training.average.model, training.inputs.mean, training.inputs.std).eval()


@pytest.fixture(scope="module")
def images():
    return coloured(24, seed=2)


def pixels_of(dataset):
    return torch.as_tensor(dataset.images).float() / 255, torch.as_tensor(dataset.labels)


@pytest.mark.parametrize("name", ["fgsm", "pgd7", "pgd20"])
def test_attacks_stay_within_reach_and_among_pixels(network, images, name):
    pixels, labels = pixels_of(images)
    attacked = attack.attacks_named((name,), EPSILON)[name](network, pixels, labels)
    assert (attacked - pixels).abs().max() <= EPSILON + 1e-6
    assert attacked.min() >= 0 and attacked.max() <= 1
    assert (attacked != pixels).float().mean() > 0.9


def test_fgsm_is_a_step_along_the_sign_of_the_gradient():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
    network[1].weight.data = torch.tensor([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]])
    pixels = torch.tensor([0.5, 0.5, 0.99]).view(1, 3, 1, 1)
    attacked = attack.fgsm(network, pixels, torch.tensor([1]), 0.1)
    assert torch.allclose(attacked.flatten(), torch.tensor([0.6, 0.4, 1.0]))


def test_normalisation_is_inside_the_attacked_network(images):
    pixels, _ = pixels_of(images)
    mean, std = torch.tensor([0.2, 0.3, 0.4]), torch.tensor([0.1, 0.2, 0.3])
    expected = (pixels - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    assert torch.allclose(attack.Normalised(nn.Identity(), mean, std)(pixels), expected)


def test_sanity_of_the_attacks(network, images):
    def under(epsilon, name, step=0.0):
        return attack.robust_accuracy(network, images, attack.attacks_named((name,), epsilon, step)[name])

    clean = attack.robust_accuracy(network, images, lambda network, pixels, labels: pixels)
    assert clean > 0.9
    # More steps are no weaker, a reach of half the range leaves nothing, and some reach in between hurts.
    for epsilon in (0.1, 0.2):
        assert under(epsilon, "pgd7", epsilon / 4) <= under(epsilon, "fgsm") + 1e-9 <= clean + 1e-9
    assert under(0.5, "pgd20", 0.1) < 0.05


def test_an_attack_leaves_mode_and_gradients_alone(network, images):
    network.train()
    learned = [parameter.requires_grad for parameter in network.parameters()]
    attack.robust_accuracy(network, images, attack.attacks_named(("fgsm",), EPSILON)["fgsm"], count=8)
    assert network.training
    network.eval()
    assert all(parameter.grad is None for parameter in network.parameters())
    assert [parameter.requires_grad for parameter in network.parameters()] == learned


def test_steps_are_those_of_the_usual_attacks():
    assert attack.step_size(0.031, 7) == attack.step_size(0.031, 20) == 0.01
    assert attack.step_size(8 / 255, 1) == pytest.approx(10 / 255)


def test_attacked_images_are_evenly_chosen(images):
    seen = []
    attack.robust_accuracy(
        nn.Sequential(nn.Flatten(), nn.Linear(3072, 3)),
        images,
        lambda network, pixels, labels: seen.append(labels) or pixels,
        count=4,
    )
    assert torch.cat(seen).tolist() == images.labels[[0, 6, 12, 18]].tolist()


@pytest.mark.parametrize("name", ["pgd", "pgd0", "fgsm2", "apgd7", ""])
def test_an_unknown_attack_is_refused(name):
    with pytest.raises(TrainingError) as caught:
        attack.attacks_named((name,), EPSILON)
    assert caught.value.code == "option-attack"


class Deaf(nn.Module):
    """Answers as `network`, but its gradient by the pixels is zero."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return self.network((pixels * 255).round() / 255)


def test_checks_hold_for_a_network_that_hides_nothing(network, images):
    found = attack_checks.checks(network, images, 12, 0.1, other=network)
    assert [check.holds for check in found] == [True] * 4
    said = []
    attack_checks.run(network, images, 6, 0.1, None, said.append)
    assert [line.split(":")[0] for line in said] == ["holds"] * 3 + ["left out"]


def test_checks_see_a_network_that_hides_its_gradients(network, images):
    found = attack_checks.checks(Deaf(network).eval(), images, 12, 0.2, other=network)
    failed = {check.name for check in found if not check.holds}
    assert failed == {"a reach of half the range leaves nothing", "its own gradients are no weaker"}
    with pytest.raises(TrainingError) as caught:
        attack_checks.run(Deaf(network).eval(), images, 6, 0.2, network, lambda line: None)
    assert caught.value.code == "attack-unsound"
