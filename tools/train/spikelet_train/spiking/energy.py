"""Compute energy of a network by its operations, in picojoules at 45 nm: arithmetic only, no memory."""

from dataclasses import dataclass, replace

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


# What the ratios 560.6 and 44.8 of HYPER-SNN say together: a product and sum of 32 bits is worth 12.51 of 6.
PAPER_EXPONENT = 1.51


def paper_pair(bits):
    """The pair whose products and sums shrink together as HYPER-SNN's two ratios imply; sums alone, whose
    energy they do not tell, in proportion to the width."""
    share = bits / 32
    return Pair(f"INT{bits} (HYPER-SNN)", INT32.mac * share**PAPER_EXPONENT, INT32_ADD * share)


@dataclass(frozen=True)
class LayerCost:
    """A weighted layer: `macs` of one pass over one sample, `source` the name of the spiking layer that it
    reads, or None where it reads the input. `places` are the pixels around which it computes: where a whole
    scene is classified, neighbours share all but one of them."""

    name: str
    macs: int
    source: object
    places: int = 1


def layer_costs(model, x):
    """The `LayerCost` of every weighted layer, in order; `x` [1, ...] is one input of the network."""
    layers, outputs = weighted_layers(model), {}
    handles = [
        layer.register_forward_hook(lambda _, given, out, name=name: outputs.update({name: out[0].shape}))
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
            shape = outputs[node.target]
            macs = shape.numel() * layers[node.target].weight[0].numel()
            # Of volumes the last two axes are pixels.
            places = shape[-2] * shape[-1] if len(shape) == 4 else 1
            costs.append(LayerCost(node.target, macs, _source(node, modules), places))
    return costs


def over_a_scene(costs):
    """What each layer costs for one pixel of a whole scene, whose patches share what they have in common."""
    return [replace(cost, macs=cost.macs / cost.places, places=1) for cost in costs]


@dataclass(frozen=True)
class Ratios:
    """Energy of one sample in nJ, and how many times more than the spiking network the others take.

    `bound` is the ratio to the network of few bits if nothing fired: the first layer computes products.
    """

    pair: str
    float_mac: float
    spiking: float
    few_bits: float
    full: float
    bound: float

    @property
    def to_few_bits(self):
        return self.few_bits / self.spiking

    @property
    def to_full(self):
        return self.full / self.spiking


def ratios(costs, zeta, pair, full):
    """The `Ratios` of a spiking network in `pair` to the same network in `pair`, and in the pair `full`."""
    spiking, few_bits = energy(costs, zeta, pair)
    silent, _ = energy(costs, dict.fromkeys(zeta, 0.0), pair)
    products = sum(cost.macs for cost in costs)
    return Ratios(
        pair=f"{pair.name} against {full.name}",
        float_mac=full.mac,
        spiking=spiking / 1000,
        few_bits=few_bits / 1000,
        full=products * full.mac / 1000,
        bound=few_bits / silent,
    )


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
