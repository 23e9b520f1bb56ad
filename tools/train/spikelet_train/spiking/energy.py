"""Compute energy of a network by its operations, in picojoules at 45 nm: arithmetic only, no memory."""

from dataclasses import dataclass

import torch

from ..layers import weighted_layers
from .coding import HybridCoding
from .neurons import Lif

INT32_MULTIPLY, INT32_ADD = 3.1, 0.1


@dataclass(frozen=True)
class Pair:
    """Energy of a multiply-accumulate and of an accumulate, in pJ."""

    name: str
    mac: float
    ac: float


FP32 = Pair("FP32", 4.6, 0.9)
INT32 = Pair("INT32", 3.2, 0.1)


def bit_pair(bits, exponent=2.0):
    """The pair of integers of `bits` bits: products shrink as a power of the width, sums in proportion."""
    share = bits / 32
    add = INT32_ADD * share
    return Pair(f"INT{bits} (exponent {exponent:g})", INT32_MULTIPLY * share**exponent + add, add)


@dataclass(frozen=True)
class LayerCost:
    """A weighted layer: `macs` of one pass over one sample, `source` the name of the spiking layer that it
    reads, or None where it reads the input."""

    name: str
    macs: int
    source: object


def layer_costs(model, x):
    """The `LayerCost` of every weighted layer, in order; `x` [1, ...] is one input of the network."""
    layers, outputs = weighted_layers(model), {}
    handles = [
        layer.register_forward_hook(lambda _, given, out, name=name: outputs.update({name: out[0].numel()}))
        for name, layer in layers.items()
    ]
    was_training = model.training
    try:
        with torch.no_grad():
            model.eval()(x)
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    modules = dict(model.named_modules())
    costs = []
    for node in model.graph.nodes:
        if node.op == "call_module" and node.target in layers:
            macs = outputs[node.target] * layers[node.target].weight[0].numel()
            costs.append(LayerCost(node.target, macs, _source(node, modules)))
    return costs


def _source(node, modules):
    node = node.all_input_nodes[0]
    while node.op != "placeholder":
        if node.op == "call_module" and isinstance(modules[node.target], Lif):
            return node.target
        node = node.all_input_nodes[0]
    return None


def energy(costs, zeta, pair, input_zeta=0.0, input_steps=1):
    """(spiking, ANN) energy of one sample in pJ.

    `zeta` has for each spiking layer the spikes of a neuron over all steps, on average. Layers that read the
    input cost their products once, or `input_steps` times, and sums for `input_zeta` events of a pixel.
    """
    spiking = sum(
        cost.macs * (input_steps * pair.mac + input_zeta * pair.ac)
        if cost.source is None
        else zeta[cost.source] * cost.macs * pair.ac
        for cost in costs
    )
    return spiking, sum(cost.macs for cost in costs) * pair.mac


def input_events(model):
    """Events of a pixel after the first step, on average, where the input is coded so; else 0."""
    for module in model.modules():
        if isinstance(module, HybridCoding) and module.samples:
            return module.emitted / (module.samples * module.neurons)
    return 0.0
