"""FGSM and PGD on pixels in [0, 1], the normalisation being part of the attacked network."""

import contextlib
import re

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .errors import TrainingError


class Normalised(nn.Module):
    """`model` on pixels in [0, 1]: takes out the mean and the standard deviation first."""

    def __init__(self, model, mean, std):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32).view(1, -1, 1, 1))
        self.register_buffer("std", torch.as_tensor(std, dtype=torch.float32).view(1, -1, 1, 1))
        self.train(model.training)

    def forward(self, pixels):
        return self.model((pixels - self.mean) / self.std)


@contextlib.contextmanager
def crafting(network):
    """`network` in evaluation mode and without gradients of its own: an attack needs those of pixels only."""
    was_training = network.training
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.eval()
    for parameter in learned:
        parameter.requires_grad_(False)
    try:
        yield network
    finally:
        for parameter in learned:
            parameter.requires_grad_()
        network.train(was_training)


def _direction(network, pixels, labels):
    """The sign of the loss's gradient by the pixels."""
    pixels = pixels.detach().requires_grad_()
    loss = F.cross_entropy(network(pixels).float(), labels, reduction="sum")
    return torch.autograd.grad(loss, pixels)[0].sign()


def fgsm(network, pixels, labels, epsilon):
    """One step of `epsilon` along the gradient's sign. The network's mode is the caller's choice."""
    return (pixels + epsilon * _direction(network, pixels, labels)).clamp(0, 1)


def random_start(pixels, epsilon, generator=None):
    """Pixels anywhere within `epsilon`."""
    noise = torch.rand(pixels.shape, generator=generator).to(pixels.device)
    return (pixels + epsilon * (2 * noise - 1)).clamp(0, 1)


def stepped(pixels, attacked, direction, step, epsilon):
    """`attacked` moved by `step` along `direction`, then brought back to within `epsilon` and [0, 1]."""
    attacked = attacked + step * direction
    return torch.maximum(torch.minimum(attacked, pixels + epsilon), pixels - epsilon).clamp(0, 1)


def pgd(network, pixels, labels, epsilon, step, count, generator=None):
    """`count` steps of `step` from a random start."""
    attacked = random_start(pixels, epsilon, generator)
    for _ in range(count):
        attacked = stepped(pixels, attacked, _direction(network, attacked, labels), step, epsilon)
    return attacked


def step_size(epsilon, count):
    """The step of PGD that belongs to `count` steps: 1.25 times the reach shared out, 0.01 at least.

    One step is that of fast adversarial training (Wong et al. 2020), seven are those of the usual PGD-7.
    """
    return max(0.01, 1.25 * epsilon / count)


def robust_accuracy(network, dataset, attack, count=0, batch=250, device="cpu"):
    """Accuracy, 0 to 1, under `attack(network, pixels, labels)` on `count` images (0: all), evenly chosen.

    The network is attacked and judged in evaluation mode.
    """
    chosen = _evenly(len(dataset), count)
    hits = 0
    with crafting(network):
        for start in range(0, len(chosen), batch):
            part = chosen[start : start + batch]
            pixels = torch.as_tensor(dataset.images[part]).to(device).float() / 255
            pixels = pixels.contiguous(memory_format=torch.channels_last)
            target = torch.as_tensor(dataset.labels[part]).to(device)
            attacked = attack(network, pixels, target)
            with torch.no_grad():
                hits += (network(attacked).argmax(1) == target).sum().item()
    return hits / len(chosen)


def _evenly(total, count):
    """Indices of `count` of `total` images (0: all): data that is sorted by class gives all classes."""
    if not 0 < count < total:
        return np.arange(total)
    return np.arange(count) * total // count


def attacks_named(names, epsilon, step=0.0, seed=0):
    """Attacks by name, `("fgsm", "pgd7")`, as functions of (network, pixels, labels).

    "clean" leaves the pixels alone, "pgd20" is PGD of 20 steps, of the usual size where `step` is 0. Each
    draws from its own generator.
    """
    return {name: _named(name, epsilon, step, seed) for name in names}


def _named(name, epsilon, step, seed):
    if name == "clean":
        return lambda network, pixels, labels: pixels
    if name == "fgsm":
        return lambda network, pixels, labels: fgsm(network, pixels, labels, epsilon)
    known = re.fullmatch(r"pgd([1-9]\d{0,3})", name)
    if known is None:
        raise TrainingError("option-attack", f'there is no attack "{name}"; known are clean, fgsm and pgd7')
    count, generator = int(known[1]), torch.Generator().manual_seed(seed)
    size = step or step_size(epsilon, count)
    return lambda network, pixels, labels: pgd(network, pixels, labels, epsilon, size, count, generator)
