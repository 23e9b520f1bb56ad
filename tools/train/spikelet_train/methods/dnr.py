"""DNR (arXiv 2011.03083): a sparse network that withstands attack, rewired in one training from scratch."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .. import attack
from ..channels import readers_by_space
from ..data import normalisation
from ..granularity import GRANULARITIES
from ..layers import Settings, convert, weighted_layers
from ..sparse_momentum import Prunable, SparseMomentum, prune_rate
from .bmpq import pixel_ends
from .loop import Training
from .options import Options, check, check_activation_bits, option

INITIALISATIONS = ("xavier", "house")


@dataclass(frozen=True)
class DnrOptions(Options):
    density: float = option(0.05, "share of the weights that stays; 1 trains the dense network")
    granularity: str = option("irregular", f"what is pruned as one: {', '.join(GRANULARITIES)}")
    floor: float = option(0.2, "least density of the first convolution")
    beta: float = option(0.5, "weight of the clean images in the loss; 1 trains without attack")
    rho: float = option(1e-4, "decay of the weights that would be pruned next")
    epsilon: float = option(0.031, "reach of an attack, of 1 for the whole range of a pixel")
    attack_step: float = option(0.01, "step of PGD")
    attack_steps: int = option(7, "steps of PGD in training")
    prune_rate: float = option(0.5, "share of the weights that is rewired after the first epoch")
    prune_end: float = option(0.005, "the same at the end")
    initialise: str = option("xavier", "first weights: xavier with gain 0.5, or house: those of float")
    bits: int = option(8, "bits of weights")
    activation_bits: int = option(8, "bits of activations; 0: as the layer that reads them")
    alpha: float = option(8.0, "first upper end of activations; 0: the greatest of the first batch")
    robust_images: int = option(0, "test images to attack after every epoch")

    def __post_init__(self):
        super().__post_init__()
        for name in ("density", "prune_rate", "prune_end", "epsilon", "attack_step"):
            check(0 < getattr(self, name) <= 1, name, getattr(self, name), "above 0 and at most 1")
        for name in ("beta", "floor"):
            check(0 <= getattr(self, name) <= 1, name, getattr(self, name), "0 to 1")
        check(self.granularity in GRANULARITIES, "granularity", self.granularity, " or ".join(GRANULARITIES))
        check(self.initialise in INITIALISATIONS, "initialise", self.initialise, " or ".join(INITIALISATIONS))
        check(2 <= self.bits <= 8, "bits", self.bits, "2 to 8, which is what the engine computes")
        check_activation_bits(self.activation_bits)
        check(self.attack_steps >= 1, "attack_steps", self.attack_steps, "1 or more")
        check(self.rho >= 0, "rho", self.rho, "0 or above")


def parts_of(model, granularity, floor):
    """What is pruned: each layer by itself or, for channels, the layers that read the same ones."""
    layers = weighted_layers(model)
    if granularity == "channel":
        return [
            Prunable(names[0], tuple(layers[name] for name in names)) for names in readers_by_space(model)
        ]
    first = next(iter(layers))
    return [Prunable(name, (layer,), floor if name == first else 0.0) for name, layer in layers.items()]


def quantized(options, model, ends):
    """The network with quantized layers; one scale a channel, so that channels can go without a trace."""
    return convert(model, Settings(options.bits, options.activation_bits, "max", True, options.alpha), ends)


class Dnr(Training):
    """Prunes and grows weights after every epoch; each step sees clean and attacked images."""

    method = "dnr"

    def build(self, model):
        options = self.options
        if options.initialise == "xavier" and not options.weights:
            for module in model.modules():
                if isinstance(module, (nn.Conv2d, nn.Linear)):
                    nn.init.xavier_uniform_(module.weight, gain=0.5)
        model = quantized(options, model, pixel_ends(*normalisation(self.train.images)))
        self.sparse = None
        if options.density < 1:
            generator = torch.Generator().manual_seed(options.seed)
            parts = parts_of(model, options.granularity, options.floor)
            self.sparse = SparseMomentum(parts, options.density, options.granularity, generator)
        self.noise, self.noise_epoch, self.doomed = None, None, None
        return model

    def prepare(self, images):
        """Pixels in [0, 1]: the attacked network contains the normalisation."""
        return images.float() / 255

    def loss(self, x, labels):
        network = attack.Normalised(self.model, self.mean, self.std).to(self.device)
        smoothing, beta = self.options.label_smoothing, self.options.beta
        attacked = self._attacked(network, x, labels) if beta < 1 else None
        scores = self.scores(network, x)
        loss = beta * F.cross_entropy(scores, labels, label_smoothing=smoothing)
        if attacked is not None:
            worse = self.scores(network, attacked)
            loss = loss + (1 - beta) * F.cross_entropy(worse, labels, label_smoothing=smoothing)
        return loss, scores

    def _attacked(self, network, x, labels):
        """Crafted with the statistics of evaluation; the step that follows uses those of the batch."""
        options = self.options
        if self.noise_epoch != self.epoch:
            self.noise = torch.Generator().manual_seed(options.seed * 1_000_003 + self.epoch)
            self.noise_epoch = self.epoch
        network.eval()
        attacked = attack.pgd(
            network, x, labels, options.epsilon, options.attack_step, options.attack_steps, self.noise
        )
        network.train()
        return attacked

    def after_backward(self):
        if self.sparse is None or not self.options.rho:
            return
        if self.doomed is None:
            self.doomed = self.sparse.doomed(self._rate())
        for weight, mask in self.doomed.items():
            weight.grad.add_(weight.detach() * mask, alpha=self.options.rho)

    def after_step(self):
        if self.sparse is not None:
            self.sparse.apply()

    def after_epoch(self):
        if self.sparse is None:
            return {}
        momenta = {
            layer.weight: self.optimizer.state[layer.weight]["momentum_buffer"]
            for part in self.sparse.parts
            for layer in part.layers
        }
        rate = self._rate()
        # What grows in the end would stay at zero.
        if self.progress() < 1:
            self.sparse.rewire(momenta, rate)
        self.doomed = None
        layers = weighted_layers(self.model)
        return {
            "nonzeros": self.sparse.nonzeros(),
            "target": round(self.sparse.target),
            "prune_rate": round(rate, 5),
            "density": {
                name: round(layer.mask.float().mean().item(), 5)
                for name, layer in layers.items()
                if layer.mask is not None
            },
        }

    def evaluate(self, dataset):
        """Accuracy under attack of the averaged weights."""
        count = self.options.robust_images
        if not count:
            return {}
        network = attack.Normalised(self.average.model, self.mean, self.std).to(self.device)
        attacks = attack.standard_attacks(self.options.epsilon, self.options.attack_step, counts=(7,))
        return {
            name: round(attack.robust_accuracy(network, dataset, apply, count, device=self.device), 5)
            for name, apply in attacks.items()
        }

    def _rate(self):
        return prune_rate(self.progress(), self.options.prune_rate, self.options.prune_end)

    def state(self):
        if self.sparse is None:
            return {}
        return {"adjustment": self.sparse.adjustment, "residuals": self.sparse.residuals}

    def restore_state(self, state):
        if self.sparse is not None:
            self.sparse.adjustment, self.sparse.residuals = state["adjustment"], state["residuals"]


def rebuild(model, record, tensors):
    """The sparse form of the float network `model` that the checkpoint's weights `tensors` fit."""
    model = quantized(DnrOptions(**record["options"]), model, (0.0, 1.0))
    for name, layer in weighted_layers(model).items():
        if f"{name}.mask" in tensors:
            layer.mask = torch.ones(layer.weight.shape, dtype=torch.bool)
    return model
