"""From a spiking network to the graph of a model file: time is the leading axis of its values."""

import copy
import operator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.fx.passes.shape_prop import ShapeProp

from ..errors import TrainingError
from ..layers import QUANTIZED, ValueRange
from ..spiking import HybridCoding, Integrator, Lif, SingleSpikeOutput, StepDropout
from .bit_stream import pack_bits
from .graph import Graph, describe, pair
from .spiking_parts import hybrid_coding, single_spike_scores


@dataclass(frozen=True)
class Value:
    """A value of the file: its name, its scale (None: float), and the threshold unit of a current: what one
    unit of it is worth to the neurons that read it (float, or float64 [channels])."""

    name: str
    scale: object = None
    unit: object = 1.0
    shape: tuple = ()


def build_spiking(model, trained, shape, folded=False):
    """The graph of the spiking network `model` for one image of `shape` [1, C, H, W].

    With `folded`, layers that read spikes give their accumulators themselves, and thresholds are in units of
    the accumulator, whole numbers where the neurons do not leak: then the layer only adds integers.
    """
    model = copy.deepcopy(model).cpu().float().to(memory_format=torch.contiguous_format).eval()
    ShapeProp(model).propagate(torch.zeros(shape))
    walk = Walk(model, folded)
    for node in model.graph.nodes:
        walk.visit(node)
    # Elements of four bytes first: every tensor is aligned without holes.
    constants = dict(sorted(walk.constants.items(), key=lambda item: -item[1].dtype.itemsize))
    return Graph(describe(trained, shape, walk.descriptions, walk.nodes), constants)


class Walk:
    """Collects what the traced nodes, visited in order, mean."""

    def __init__(self, model, folded):
        self.modules = dict(model.named_modules())
        self.folded = folded
        self.values, self.nodes = {}, []
        self.constants, self.descriptions = {}, {}

    def visit(self, node):
        if node.op == "placeholder":
            shape = tuple(node.meta["tensor_meta"].shape)
            self.values[node] = Value("image", shape=shape)
        elif node.op == "call_module":
            self._module(node, self.modules[node.target])
        elif node.op == "call_function" and node.target in (operator.add, torch.add):
            names = [self._current(argument) for argument in node.args]
            self.values[node] = self.emit("add", node.name, names, Value(node.name))
        elif node.op == "call_method" and node.target in ("flatten", "reshape", "view"):
            self._reshape(node)
        elif node.op != "output":
            self._refuse(node, f"{node.op} {node.target}")

    def _module(self, node, module):
        source = self.values[node.all_input_nodes[0]]
        if isinstance(module, tuple(QUANTIZED.values())):
            self.values[node] = self._layer(node, module, source)
        elif isinstance(module, Lif):
            self.values[node] = self._lif(node.target, module, source)
        elif isinstance(module, nn.AvgPool2d):
            self.values[node] = self._pool(node, module, source)
        elif isinstance(module, ValueRange):
            scale, zero_point = module.quantization()
            scale = float(np.float32(scale))
            own = {"scale": scale, "zeroPoint": zero_point}
            value = Value(node.name, scale)
            self.values[node] = self.emit("quantize", node.name, [source.name], value, None, own)
        elif isinstance(module, HybridCoding):
            self.values[node] = hybrid_coding(self, node.name, module, source)
        elif isinstance(module, SingleSpikeOutput):
            single_spike_scores(self, module, source)
        elif isinstance(module, Integrator):
            leak = self.parameter("scores.leak", 1.0 if module.leak is None else module.leak.item())
            self.emit("integrate", "logits", [source.name, leak], Value("logits"))
        elif isinstance(module, (StepDropout, nn.Identity)):
            self.values[node] = source
        elif isinstance(module, nn.Flatten):
            self._reshape(node)
        else:
            self._refuse(node, type(module).__name__)

    def _layer(self, node, module, source):
        bits, attributes = module.quantizer.bits, None
        if isinstance(module, (nn.Conv2d, nn.Conv3d)):
            attributes = {
                "strides": pair(module.stride),
                "pads": pair(module.padding) * 2,
                "dilations": pair(module.dilation),
                "groups": module.groups,
            }
        op = "conv" if attributes else "linear"
        weight, unit = f"{node.target}.weight", 1.0
        if bits:
            levels, scales = module.quantizer.integers(module.effective_weight())
            scales = self._checked(weight, scales)
            if self.folded and source.scale is not None and self._feeds_neurons(node):
                unit = scales.astype(np.float64) * source.scale
                scales = np.full(len(scales), 1 / source.scale, np.float32)
            self._store_levels(weight, levels.numpy(), scales, bits)
        else:
            self.constant(weight, self._checked(weight, module.effective_weight()))
        return self.emit(op, node.target, [source.name, weight], Value(node.target, unit=unit), attributes)

    def _feeds_neurons(self, node):
        """Whether only a layer of neurons reads the current, and its inputs are spikes, not the image."""
        spiked = any(isinstance(self.modules.get(one), Lif) for one in self._path(node))
        readers = [self.modules.get(user.target) for user in node.users]
        return spiked and all(isinstance(reader, Lif) for reader in readers)

    def _path(self, node):
        while node.all_input_nodes:
            node = node.all_input_nodes[0]
            yield node.target

    def _lif(self, name, module, source):
        threshold = module.threshold.item() / np.asarray(source.unit)
        leak = module.leak.item()
        if threshold.ndim:
            # Without a leak, sums of integers stay integers.
            threshold = np.maximum(np.rint(threshold), 1) if leak == 1 else threshold
            threshold = threshold[:1] if (threshold == threshold[0]).all() else threshold
        inputs = [source.name, self.parameter(f"{name}.threshold", threshold)]
        inputs.append(self.parameter(f"{name}.leak", leak))
        attributes = {"steps": module.steps if module.spread else 0}
        if module.once:
            attributes.update(once=True, reset="none")
        return self.emit("lif", name, inputs, Value(name, 1.0), attributes)

    def _pool(self, node, module, source):
        kernel, pads = pair(module.kernel_size), pair(module.padding) * 2
        attributes = {"kernel": kernel, "strides": pair(module.stride), "pads": pads}
        if any(pads) or module.ceil_mode:
            self._refuse(node, "an average pool with padding or a size rounded up")
        if source.scale is None:
            return self.emit("averagePool", node.target, [source.name], Value(node.target), attributes)
        # The count of spikes in the window: exact, whatever has been pooled before.
        scale = source.scale / (kernel[0] * kernel[1])
        own = {"scale": scale, "zeroPoint": 0}
        value = Value(node.target, scale)
        return self.emit("averagePool", node.target, [source.name], value, attributes, own)

    def _reshape(self, node):
        source = self.values[node.all_input_nodes[0]]
        shape = list(node.meta["tensor_meta"].shape)
        value = Value(node.name, source.scale)
        self.values[node] = self.emit("reshape", node.name, [source.name], value, {"shape": shape})

    def _current(self, node):
        """The name of a value as float."""
        value = self.values[node]
        if value.scale is None:
            return value.name
        name = f"{value.name}_real"
        if not any(entry["name"] == name for entry in self.nodes):
            self.emit("dequantize", name, [value.name], Value(name))
        return name

    def _store_levels(self, name, levels, scales, bits):
        self.constants[name] = levels if bits == 8 else pack_bits(levels, bits)
        self.constants[f"{name}.scales"] = scales
        self.descriptions[name] = {
            "dtype": "i8",
            "shape": list(levels.shape),
            "bits": bits,
            "axis": 0,
            "scales": f"{name}.scales",
        }

    def _checked(self, name, values):
        array = values.detach().cpu().float().contiguous().numpy()
        if not np.isfinite(array).all():
            raise TrainingError(
                "export-not-finite", f"{name} holds values that are no finite numbers; train again"
            )
        return array

    def parameter(self, name, value):
        """A float32 constant [1] or [channels] for the neurons."""
        return self.constant(name, np.asarray(value, np.float64).reshape(-1).astype(np.float32))

    def constant(self, name, array):
        """Stores a float32 constant; returns its name."""
        self.constants[name] = np.asarray(array, np.float32)
        self.descriptions[name] = {"dtype": "f32", "shape": list(self.constants[name].shape)}
        return name

    def emit(self, op, name, inputs, value, attributes=None, quantization=None):
        """Adds a node whose output is `value`, and returns `value`."""
        entry = {"op": op, "name": name, "inputs": inputs, "outputs": [value.name]}
        if attributes:
            entry["attributes"] = attributes
        if quantization:
            entry["quantization"] = quantization
        self.nodes.append(entry)
        return value

    def _refuse(self, node, what):
        raise TrainingError(
            "export-unsupported", f'"{node.name}" ({what}) has no counterpart in a spiking model file'
        )
