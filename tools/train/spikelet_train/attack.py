"""FGSM and PGD on pixels in [0, 1], the normalisation being part of the attacked network."""

import torch
from torch import nn
from torch.nn import functional as F


class Normalised(nn.Module):
    """`model` on pixels in [0, 1]: takes out the mean and the standard deviation first."""

    def __init__(self, model, mean, std):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32).view(1, -1, 1, 1))
        self.register_buffer("std", torch.as_tensor(std, dtype=torch.float32).view(1, -1, 1, 1))

    def forward(self, pixels):
        return self.model((pixels - self.mean) / self.std)


def _direction(network, pixels, labels):
    """The sign of the loss's gradient by the pixels."""
    pixels = pixels.detach().requires_grad_()
    loss = F.cross_entropy(network(pixels).float(), labels, reduction="sum")
    return torch.autograd.grad(loss, pixels)[0].sign()


def fgsm(network, pixels, labels, epsilon):
    """One step of `epsilon` along the gradient's sign. The network's mode is the caller's choice."""
    return (pixels + epsilon * _direction(network, pixels, labels)).clamp(0, 1)


def pgd(network, pixels, labels, epsilon, step, count, generator=None):
    """`count` steps of `step` from a random start, each brought back to within `epsilon` and [0, 1]."""
    noise = torch.rand(pixels.shape, generator=generator).to(pixels.device)
    attacked = (pixels + epsilon * (2 * noise - 1)).clamp(0, 1)
    for _ in range(count):
        attacked = attacked + step * _direction(network, attacked, labels)
        attacked = torch.maximum(torch.minimum(attacked, pixels + epsilon), pixels - epsilon).clamp(0, 1)
    return attacked


def robust_accuracy(network, dataset, attack, count=0, batch=250, device="cpu"):
    """Accuracy, 0 to 1, under `attack(network, pixels, labels)` on the first `count` images (0: all).

    The network is attacked and judged in evaluation mode.
    """
    was_training = network.training
    network.eval()
    images, labels = dataset.images[: count or None], dataset.labels[: count or None]
    hits = 0
    for start in range(0, len(images), batch):
        pixels = torch.as_tensor(images[start : start + batch]).to(device).float() / 255
        target = torch.as_tensor(labels[start : start + batch]).to(device)
        attacked = attack(network, pixels, target)
        with torch.no_grad():
            hits += (network(attacked).argmax(1) == target).sum().item()
    network.train(was_training)
    return hits / len(images)


def standard_attacks(epsilon, step, seed=0, counts=(7, 20)):
    """FGSM and PGD by name, as functions of (network, pixels, labels); each draws from its own generator."""
    attacks = {"fgsm": lambda network, pixels, labels: fgsm(network, pixels, labels, epsilon)}
    for count in counts:
        generator = torch.Generator().manual_seed(seed)

        def attack(network, pixels, labels, count=count, generator=generator):
            return pgd(network, pixels, labels, epsilon, step, count, generator)

        attacks[f"pgd{count}"] = attack
    return attacks
