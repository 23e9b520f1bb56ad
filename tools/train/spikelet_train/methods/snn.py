"""Spiking networks: an ANN's weights, thresholds from its activity, fine-tuning by surrogate gradients."""

from dataclasses import dataclass

import torch

from .. import checkpoint
from ..errors import TrainingError
from ..layers.quantizer import CLIPS
from ..spiking import SpikingSettings, neurons, to_spiking
from ..spiking import activity as activities
from ..spiking import energy
from ..spiking.conversion import normalise_thresholds, set_thresholds
from .loop import Training, decay_groups, weights_of
from .options import Options, check, option

CODINGS = ("direct", "hybrid")


@dataclass(frozen=True)
class SnnOptions(Options):
    model: str = option("plain-vgg9", "network: one of the plain ones, without bias and normalisation")
    epochs: int = option(20, "passes over the training images")
    batch: int = option(64, "images a step")
    rate: float = option(5e-4, "highest learning rate, of Adam; thresholds start at 1")
    warm_up: float = option(0.0, "share of the training in which the learning rate rises")
    momentum: float = option(0.9, "decay of Adam's average of gradients")
    weight_decay: float = option(0.0, "decay of weights; thresholds and leaks have none")
    label_smoothing: float = option(0.0, "share of the target that is spread over all classes")
    cutout: int = option(0, "side of the square that is covered in pixels, 0 for none")
    average: float = option(0.99, "decay of the average of the weights, a step")
    steps: int = option(5, "time steps")
    bits: int = option(8, "bits of weights; 0: float weights")
    clip: str = option("max", f"range of weights: {', '.join(CLIPS)}")
    per_channel: bool = option(False, "a scale for each output channel instead of each layer")
    coding: str = option("direct", "input: the image at every step, or hybrid: events after the first step")
    single_spike: bool = option(False, "neurons fire at most once; scores by membrane and time of the spike")
    mask_from: float = option(0.0, "share of the training before --single-spike limits the hidden neurons")
    earliness: float = option(1.0, "weight of the spike's time in the scores of --single-spike")
    threshold_scale: float = option(0.2, "factor on the thresholds that are found")
    percentile: float = option(0.997, "share of weighted inputs that a threshold is above")
    calibration_images: int = option(512, "training images for the thresholds; 0: leave them at 1")
    calibration_steps: int = option(100, "time steps for the thresholds")
    leak: float = option(1.0, "first leak")
    gamma: float = option(0.3, "height of the surrogate gradient")
    dropout: float = option(0.2, "share of dropped spikes while training")
    spike_penalty: float = option(0.0, "weight in the loss of spikes by the sums that they cost")
    spike_budget: float = option(0.0, "sums for each product of the ANN that --spike-penalty leaves alone")
    energy_exponent: float = option(2.0, "how the energy of a product grows with its bits")

    def __post_init__(self):
        super().__post_init__()
        check(1 <= self.steps <= 1000, "steps", self.steps, "1 to 1000")
        check(self.bits in (0, *range(2, 9)), "bits", self.bits, "0 or 2 to 8")
        check(self.clip in CLIPS, "clip", self.clip, " or ".join(CLIPS))
        check(self.coding in CODINGS, "coding", self.coding, " or ".join(CODINGS))
        check(self.coding != "hybrid" or self.steps > 1, "steps", self.steps, "2 or more with hybrid coding")
        check(0 <= self.mask_from <= 1, "mask_from", self.mask_from, "0 to 1")
        check(self.threshold_scale > 0, "threshold_scale", self.threshold_scale, "above 0")
        check(0 < self.percentile <= 1, "percentile", self.percentile, "above 0 and at most 1")
        check(self.calibration_images >= 0, "calibration_images", self.calibration_images, "0 or more")
        check(self.calibration_steps >= 1, "calibration_steps", self.calibration_steps, "1 or more")
        check(0 <= self.leak <= 1, "leak", self.leak, "0 to 1")
        check(self.spike_penalty >= 0, "spike_penalty", self.spike_penalty, "0 or more")
        check(self.spike_budget >= 0, "spike_budget", self.spike_budget, "0 or more")
        check(self.gamma > 0, "gamma", self.gamma, "above 0")
        check(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")


def settings_of(options):
    """How the network of a training spikes."""
    return SpikingSettings(
        steps=options.steps,
        bits=options.bits,
        clip=options.clip,
        per_channel=options.per_channel,
        coding=options.coding,
        once=options.single_spike and options.mask_from == 0,
        single_output=options.single_spike,
        earliness=options.earliness,
        leak=options.leak,
        gamma=options.gamma,
        dropout=options.dropout,
    )


class Snn(Training):
    """Trains weights, thresholds and leaks together; the first epoch begins with the search of thresholds."""

    method = "snn"

    def start_from(self, path, model):
        """Weights of a float network, or all that a spiking one of the same form has learned."""
        record, tensors = weights_of(path, self.train)
        self.learned = tensors["average"] if record.get("method") == self.method else None
        if self.learned is None:
            super().start_from(path, model)

    def build(self, model):
        self.calibrated, self.costs = False, None
        model = to_spiking(model, settings_of(self.options), self.inputs.ends)
        if self.options.weights and self.learned is not None:
            checkpoint.restore(model, self.learned, self.options.weights)
            self.calibrated = True
        for layer in neurons(model).values():
            layer.watched = self.options.spike_penalty > 0
        return model

    def build_optimizer(self):
        options = self.options
        return torch.optim.Adam(
            self.parameter_groups(), lr=options.rate, betas=(options.momentum, 0.999), amsgrad=True
        )

    def parameter_groups(self):
        return decay_groups(self.model.parameters(), self.options.weight_decay)

    def loss(self, x, labels):
        if not self.options.spike_penalty:
            return super().loss(x, labels)
        if self.costs is None:
            self.costs = energy.layer_costs(self.model, x[:1])
        loss, scores = super().loss(x, labels)
        # Without a budget the pressure never ends, and in the end no neuron fires.
        above = (self.spike_cost(self.costs) - self.options.spike_budget).clamp_min(0)
        return loss + self.options.spike_penalty * above, scores

    def spike_cost(self, costs):
        """Sums that the spikes of the last pass took for each product of the network as an ANN."""
        layers, total = neurons(self.model), sum(cost.macs for cost in costs)
        spiking = [cost for cost in costs if cost.source is not None]
        return sum(layers[cost.source].activity * (cost.macs / total) for cost in spiking)

    def run_epoch(self):
        if not self.calibrated:
            self._calibrate()
        if self.options.single_spike and self.progress() >= self.options.mask_from - 1e-9:
            self._fire_once()
        return super().run_epoch()

    def after_step(self):
        for layer in self._trained_neurons(self.model):
            layer.clamp()

    def accuracy(self, dataset):
        with activities.counted(self.average.model):
            return super().accuracy(dataset)

    def evaluate(self, dataset):
        """Spikes and energy of the test images that `accuracy` has just gone through."""
        options, network = self.options, self.average.model
        found = activities.activity(network)
        layers = neurons(network)
        over = [name for name, layer in layers.items() if layer.once and found.most[name] > 1]
        if over:
            raise TrainingError("spikes-too-many", f"neurons of {', '.join(over)} fired more than once")
        x = self.prepare(torch.as_tensor(dataset.images[:1]).to(self.device))
        pairs = [energy.FP32, energy.INT32]
        pairs += [energy.bit_pair(options.bits, options.energy_exponent)] if options.bits else []
        costs = energy.layer_costs(network, x)
        return {
            "spikes": round(found.spikes, 2),
            "spikes_per_neuron": round(found.mean, 5),
            "spikes_per_layer": {name: round(value, 5) for name, value in found.zeta.items()},
            "most_spikes": max(found.most.values()),
            "thresholds": {name: round(layer.threshold.item(), 6) for name, layer in layers.items()},
            "leaks": {name: round(layer.leak.item(), 6) for name, layer in layers.items()},
            "energy_nj": activities.energies(costs, found, pairs, options.steps),
        }

    def state(self):
        once = any(layer.once for layer in neurons(self.model).values())
        return {"calibrated": self.calibrated, "once": once}

    def restore_state(self, state):
        self.calibrated = state["calibrated"]
        if state["once"]:
            self._fire_once()

    def _trained_neurons(self, model):
        return [module for module in model.modules() if hasattr(module, "clamp")]

    def _fire_once(self):
        for model in (self.model, self.average.model):
            for layer in neurons(model).values():
                layer.once = True

    def _calibrate(self):
        options = self.options
        self.calibrated = True
        if options.calibration_images == 0:
            return
        draw = torch.Generator().manual_seed(options.seed)
        chosen = torch.randperm(len(self.images), generator=draw)[: options.calibration_images]
        set_thresholds(
            self.model,
            self.prepare(self.images[chosen].to(self.device)),
            options.calibration_steps,
            options.threshold_scale,
            options.percentile,
        )
        normalise_thresholds(self.model)
        self.average.model.load_state_dict(self.model.state_dict())


def rebuild(model, record, tensors):
    """The spiking form of the float network `model` that the checkpoint's weights `tensors` fit."""
    options = SnnOptions(**record["options"])
    model = to_spiking(model, settings_of(options), (0.0, 1.0))
    for layer in neurons(model).values():
        layer.once = record["state"]["once"]
    return model
