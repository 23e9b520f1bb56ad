"""DNR (arXiv 2011.03083): a sparse network that withstands attack, rewired in one training from scratch."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from .. import attack
from ..channels import readers_by_space
from ..granularity import GRANULARITIES
from ..errors import TrainingError
from ..layers import Settings, convert, maskable, weighted_layers
from ..overfitting import Watch
from ..sparse_momentum import Prunable, SparseMomentum, prune_rate
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
    attack_steps: int = option(7, "steps of PGD in training; 1 is fast adversarial training")
    attack_step: float = option(0.0, "step of PGD; 0: 1.25 epsilon / steps, 0.01 at least; N-FGSM: epsilon")
    share_pass: bool = option(False, "with 1 step: clean loss at its random start, both in one pass")
    start_reach: float = option(1.0, "reach of the random start, in epsilons; above 1, N-FGSM (1 step)")
    prune_rate: float = option(0.5, "share of the weights that is rewired after the first epoch")
    prune_end: float = option(0.005, "the same at the end")
    initialise: str = option("xavier", "first weights: xavier with gain 0.5, or house: those of float")
    bits: int = option(0, "bits of weights and the integer activations that go with them; 0: float")
    activation_bits: int = option(8, "bits of activations; 0: as the layer that reads them")
    alpha: float = option(8.0, "first upper end of activations; 0: the greatest of the first batch")
    attack_images: int = option(0, "test images that FGSM and PGD-7 attack after every epoch, for the log")

    def __post_init__(self):
        super().__post_init__()
        for name in ("density", "prune_rate", "prune_end", "epsilon"):
            check(0 < getattr(self, name) <= 1, name, getattr(self, name), "above 0 and at most 1")
        for name in ("beta", "floor"):
            check(0 <= getattr(self, name) <= 1, name, getattr(self, name), "0 to 1")
        check(self.granularity in GRANULARITIES, "granularity", self.granularity, " or ".join(GRANULARITIES))
        check(self.initialise in INITIALISATIONS, "initialise", self.initialise, " or ".join(INITIALISATIONS))
        check(self.bits in (0, *range(2, 9)), "bits", self.bits, "0 or 2 to 8, which the engine computes")
        check_activation_bits(self.activation_bits)
        check(self.attack_steps >= 1, "attack_steps", self.attack_steps, "1 or more")
        check(0 <= self.attack_step <= 1, "attack_step", self.attack_step, "0 to 1")
        if self.share_pass:
            check(self.attack_steps == 1, "attack_steps", self.attack_steps, "1 with share_pass")
            check(0 < self.beta < 1, "beta", self.beta, "above 0 and below 1 with share_pass")
        check(0 < self.start_reach <= 4, "start_reach", self.start_reach, "above 0 and at most 4")
        if self.start_reach != 1:
            check(self.share_pass, "start_reach", self.start_reach, "1 without share_pass")
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


def prunable(options, model, ends):
    """The network with layers that have masks and, if asked for, integer levels.

    Each channel has its own scale, so that channels can go without a trace.
    """
    if not options.bits:
        return maskable(model)
    return convert(model, Settings(options.bits, options.activation_bits, "max", True, options.alpha), ends)


class Dnr(Training):
    """Prunes and grows weights after every epoch; each step sees clean and attacked images."""

    method = "dnr"

    def build(self, model):
        options = self.options
        if self.train.bands:
            raise TrainingError("model-data", "dnr attacks the pixels of images; the data are a scene")
        if options.initialise == "xavier" and not options.weights:
            for module in model.modules():
                if isinstance(module, (nn.Conv2d, nn.Linear)):
                    nn.init.xavier_uniform_(module.weight, gain=0.5)
        model = prunable(options, model, self.inputs.ends)
        self.sparse = None
        if options.density < 1:
            # Trained weights are worth keeping where they are large; first ones are as good as any.
            generator = None if options.weights else torch.Generator().manual_seed(options.seed)
            parts = parts_of(model, options.granularity, options.floor)
            self.sparse = SparseMomentum(parts, options.density, options.granularity, generator)
        self.noise, self.noise_epoch, self.doomed, self.waiting = None, None, None, []
        self.watch = Watch(options.attack_steps, options.epsilon, options.seed)
        return model

    def prepare(self, images):
        """Pixels in [0, 1]: the attacked network contains the normalisation."""
        return images.float() / 255

    def loss(self, x, labels):
        network = attack.Normalised(self.model, self.inputs.mean, self.inputs.std).to(self.device)
        if self.noise_epoch != self.epoch:
            self.noise = torch.Generator().manual_seed(self.options.seed * 1_000_003 + self.epoch)
            self.noise_epoch = self.epoch
        if self.options.share_pass and self.watch.steps == 1:
            return self._shared_loss(network, x, labels)
        beta = self.options.beta
        attacked = self._attacked(network, x, labels) if beta < 1 else None
        loss = scores = 0
        # The clean images come last: their scores are those of the training views that are logged.
        for images, share in ((attacked, 1 - beta), (x, beta)):
            if share > 0:
                scores = self.scores(network, images)
                loss = loss + share * self._cross_entropy(scores, labels)
        return loss, scores

    def _cross_entropy(self, scores, labels):
        return F.cross_entropy(scores, labels, label_smoothing=self.options.label_smoothing)

    def _attack_step(self):
        return self.options.attack_step or attack.step_size(self.options.epsilon, self.watch.steps)

    def _attacked(self, network, x, labels):
        """Crafted with the statistics of evaluation; the step that follows uses those of the batch."""
        epsilon, count = self.options.epsilon, self.watch.steps
        with attack.crafting(network):
            scores = partial(self.scores, network)
            attacked = attack.pgd(scores, x, labels, epsilon, self._attack_step(), count, self.noise)
        self._compare(network, x, attacked, labels)
        return attacked

    def _compare(self, network, x, attacked, labels):
        if self.watch.due():
            self.watch.compare(network, partial(self.scores, network), x, attacked, labels)

    def _shared_loss(self, network, x, labels):
        """One pass at the random start has the gradients of its weights and of the pixels for the one step.

        The former wait in `waiting` until the attacked images have theirs.
        """
        epsilon, beta = self.options.epsilon, self.options.beta
        start = attack.random_start(x, self.options.start_reach * epsilon, self.noise).requires_grad_()
        scores = self.scores(network, start)
        near = beta * self._cross_entropy(scores, labels)
        learned = list(self.model.parameters())
        gradient, *found = torch.autograd.grad(near, [start, *learned])
        attacked = self._single_step(x, start.detach(), gradient.sign())
        self.waiting = list(zip(learned, found))
        self._compare(network, x, attacked, labels)
        worse = (1 - beta) * self._cross_entropy(self.scores(network, attacked), labels)
        return near.detach() + worse, scores

    def _single_step(self, x, start, direction):
        """N-FGSM (de Jorge et al. 2022) steps by epsilon from a wide start and brings nothing back."""
        epsilon = self.options.epsilon
        if self.options.start_reach > 1:
            return (start + (self.options.attack_step or epsilon) * direction).clamp(0, 1)
        return attack.stepped(x, start, direction, self._attack_step(), epsilon)

    def after_backward(self):
        for parameter, gradient in self.waiting:
            parameter.grad.add_(gradient)
        self.waiting = []
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
        return {**self.watch.summary(), **self._rewire()}

    def _rewire(self):
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
        count = self.options.attack_images
        if not count:
            return {}
        network = attack.Normalised(self.average.model, self.inputs.mean, self.inputs.std).to(self.device)
        attacks = attack.attacks_named(("fgsm", "pgd7"), self.options.epsilon)
        return {
            name: round(attack.robust_accuracy(network, dataset, apply, count, device=self.device), 5)
            for name, apply in attacks.items()
        }

    def _rate(self):
        return prune_rate(self.progress(), self.options.prune_rate, self.options.prune_end)

    def state(self):
        found = {"attack_steps": self.watch.steps, "batches": self.watch.batches}
        if self.sparse is not None:
            found.update(adjustment=self.sparse.adjustment, residuals=self.sparse.residuals)
        return found

    def restore_state(self, state):
        self.watch.steps, self.watch.batches = state["attack_steps"], state["batches"]
        if self.sparse is not None:
            self.sparse.adjustment, self.sparse.residuals = state["adjustment"], state["residuals"]


def rebuild(model, record, tensors):
    """The sparse form of the float network `model` that the checkpoint's weights `tensors` fit."""
    model = prunable(DnrOptions(**record["options"]), model, (0.0, 1.0))
    for name, layer in weighted_layers(model).items():
        if f"{name}.mask" in tensors:
            layer.mask = torch.ones(layer.weight.shape, dtype=torch.bool)
    return model
