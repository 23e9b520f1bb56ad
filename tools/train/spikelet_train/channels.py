"""Channels that belong together, and their physical removal once no layer reads them."""

import copy
import operator

import torch
from torch import nn

from .layers import QuantizedConv2d, QuantizedLinear, weighted_layers


def readers_by_space(model):
    """Tuples of layer names that read the same channels, in the order of the network.

    The operands of a sum and its result are one set of channels. Layers that read the image are left out.
    """
    spaces = _Spaces(model)
    found = {}
    for name in weighted_layers(model):
        space = spaces.read(name)
        if space is not None:
            found.setdefault(space, []).append(name)
    return [tuple(names) for names in found.values()]


class _Spaces:
    """Which layers write and read each set of channels; sums unite the sets of their operands."""

    def __init__(self, model):
        self.modules = dict(model.named_modules())
        self.parent, self.inputs, self.outputs, self.norms = {}, {}, {}, {}
        values = {}
        for node in model.graph.nodes:
            values[node] = self._visit(node, values)

    def _visit(self, node, values):
        module = self.modules.get(node.target) if node.op == "call_module" else None
        if node.op == "placeholder":
            return None
        given = values[node.args[0]] if node.args and not isinstance(node.args[0], tuple) else None
        if isinstance(module, (QuantizedConv2d, QuantizedLinear)):
            self.inputs[node.target] = given
            self.outputs[node.target] = self.parent[node.target] = node.target
            return node.target
        if isinstance(module, nn.BatchNorm2d):
            self.norms[node.target] = given
        if node.op == "call_function" and node.target in (operator.add, torch.add):
            self.parent[self.find(values[node.args[1]])] = self.find(given)
        return given

    def find(self, space):
        """The set that `space` has become part of."""
        while self.parent[space] != space:
            space = self.parent[space]
        return space

    def read(self, name):
        """The set of channels that the layer reads; None for the image."""
        space = self.inputs[name]
        return None if space is None else self.find(space)


@torch.no_grad()
def without_masked_channels(model):
    """A copy of `model` in which channels that no layer reads are gone, with their normalisation.

    What the layers compute on the other channels stays the same to the bit, if each output channel has its
    own scale.
    """
    model = copy.deepcopy(model)
    layers = weighted_layers(model)
    if all(layer.mask is None for layer in layers.values()):
        return model
    spaces = _Spaces(model)
    kept = {}
    for name, layer in layers.items():
        space = spaces.read(name)
        if space is not None and layer.mask is not None:
            read = layer.mask.transpose(0, 1).flatten(1).any(1)
            kept[space] = kept[space] | read if space in kept else read
        elif space is not None:
            kept[space] = torch.ones(layer.weight.shape[1], dtype=torch.bool)
    for name, layer in layers.items():
        _shrink(layer, kept.get(spaces.read(name)), kept.get(spaces.find(name)))
    for name, space in spaces.norms.items():
        if spaces.find(space) in kept:
            _shrink_norm(spaces.modules[name], kept[spaces.find(space)])
    return model


def _shrink(layer, read, written):
    mask = layer.mask
    for axis, kept in ((1, read), (0, written)):
        if kept is None:
            continue
        places = kept.nonzero().flatten()
        layer.weight = nn.Parameter(layer.weight.index_select(axis, places))
        mask = None if mask is None else mask.index_select(axis, places)
        if axis == 0 and layer.bias is not None:
            layer.bias = nn.Parameter(layer.bias[places])
    layer.mask = mask
    kind = "channels" if isinstance(layer, nn.Conv2d) else "features"
    for side, count in zip(("out", "in"), layer.weight.shape):
        setattr(layer, f"{side}_{kind}", count)


def _shrink_norm(norm, kept):
    norm.weight, norm.bias = nn.Parameter(norm.weight[kept]), nn.Parameter(norm.bias[kept])
    norm.running_mean, norm.running_var = norm.running_mean[kept], norm.running_var[kept]
    norm.num_features = int(kept.sum())
