"""Thresholds for a converted network: a percentile of the weighted input, layer by layer."""

import math
import operator

import torch

from ..layers import QUANTIZED
from .network import neurons, outputs, set_steps
from .neurons import Lif, SingleSpikeOutput

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


@torch.no_grad()
def normalise_thresholds(model):
    """Divides the weights before each layer of neurons by its threshold, which becomes 1: the same spikes.

    A step of an optimizer is as large for small weights as for large ones: where a threshold is a hundredth,
    a step that suits another layer carries every neuron across it. Neurons that also receive what was not
    weighted, such as a shortcut's spikes, keep their threshold. Returns the names of the others.
    """
    modules, changed = dict(model.named_modules()), []
    for node in model.graph.nodes:
        neuron = modules.get(node.target) if node.op == "call_module" else None
        if not isinstance(neuron, (Lif, SingleSpikeOutput)):
            continue
        layers = _weighted_sources(node.all_input_nodes[0], modules)
        if layers is None:
            continue
        for layer in layers:
            layer.weight.div_(neuron.threshold)
            if layer.quantizer.bits:
                layer.quantizer.assign(layer.effective_weight(), layer.quantizer.bits)
        neuron.threshold.fill_(1.0)
        changed.append(node.target)
    return changed


def _weighted_sources(node, modules):
    """The layers whose sum a value is, if nothing else is in it and nothing else reads them; else None."""
    if len(node.users) > 1:
        return None
    if node.op == "call_module" and isinstance(modules[node.target], tuple(QUANTIZED.values())):
        return [modules[node.target]]
    if node.op != "call_function" or node.target not in (operator.add, torch.add):
        return None
    found = [_weighted_sources(source, modules) for source in node.all_input_nodes]
    return None if None in found or len(found) < 2 else [layer for layers in found for layer in layers]
