"""Thresholds for a converted network: a percentile of the weighted input, layer by layer."""

import math

import torch

from .network import neurons, outputs, set_steps
from .neurons import SingleSpikeOutput

PERCENTILE = 0.997
DEFAULT_THRESHOLD = 0.4


class _Reached(Exception):
    """Ends a forward pass at the layer that is looked at."""


class _Largest:
    """The values above a percentile for each step of `samples` inputs, kept while batches come in."""

    def __init__(self, samples, percentile):
        self.samples, self.percentile, self.kept = samples, percentile, None

    def add(self, values):
        """Takes [steps, samples of the batch, neurons]."""
        total = self.samples * values.shape[2]
        limit = total - min(total - 1, math.floor(self.percentile * total))
        values = values.flatten(1)
        merged = values if self.kept is None else torch.cat([self.kept, values], 1)
        self.kept = merged.topk(min(limit, merged.shape[1]), 1, sorted=False).values

    def percentiles(self):
        """The value at the percentile of each step, float [steps]."""
        return self.kept.amin(1)


@torch.no_grad()
def weighted_input_percentile(model, layer, x, batch, percentile=PERCENTILE):
    """The greatest over all steps of the `percentile` of what `layer` receives, for the inputs `x` [N, ...].

    The percentile is over all neurons and samples of a step: the value at `floor(percentile * count)` in
    rising order.
    """
    steps = 1 if getattr(layer, "spread", False) else layer.steps
    found = _Largest(len(x), percentile)

    def look(_, inputs):
        current = inputs[0].float()
        found.add(current.reshape(steps, len(current) // steps, -1))
        raise _Reached

    handle = layer.register_forward_pre_hook(look)
    try:
        for part in x.split(batch):
            try:
                model(part)
            except _Reached:
                continue
    finally:
        handle.remove()
    return found.percentiles().max().item()


@torch.no_grad()
def set_thresholds(model, x, steps=100, scale=0.2, percentile=PERCENTILE, batch=16, say=lambda text: None):
    """Gives every spiking layer of `model` its threshold, from the inputs `x` [N, ...]; returns them by name.

    Each layer is looked at with the thresholds of those before it fixed and every layer firing as often as it
    may, over `steps` steps; in the end all thresholds are multiplied by `scale`.
    """
    was_training, layers, end = model.training, neurons(model), outputs(model)
    own_steps, once = end.steps, {name: layer.once for name, layer in layers.items()}
    model.eval()
    set_steps(model, steps)
    if isinstance(end, SingleSpikeOutput):
        layers = {**layers, "scores": end}
    try:
        for layer in layers.values():
            layer.once = False
        for name, layer in layers.items():
            value = weighted_input_percentile(model, layer, x, batch, percentile)
            layer.threshold.fill_(value if value > 0 else DEFAULT_THRESHOLD)
            say(f"{name}: threshold {layer.threshold.item():.4g}")
    finally:
        set_steps(model, own_steps)
        for name, value in once.items():
            layers[name].once = value
        model.train(was_training)
    for layer in layers.values():
        layer.threshold.mul_(scale)
        layer.clamp()
    return {name: layer.threshold.item() for name, layer in layers.items()}
