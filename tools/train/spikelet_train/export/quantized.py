"""From a network with quantized layers to the integer graph of a model file."""

import copy
import operator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional as F

from ..errors import TrainingError
from ..layers import Pact, QuantizedConv2d, QuantizedConv3d, QuantizedLinear, ValueRange
from .bit_stream import pack_bits
from .graph import Graph, describe, pair
from .integers import integer_layer


@dataclass(frozen=True)
class _Value:
    """A value of the file: its name and its scale (None: float)."""

    name: str
    scale: object = None


@dataclass
class _Pending:
    """A node that is complete once the quantization of its output is known."""

    op: str
    name: str
    inputs: list
    attributes: object = None
    layer: object = None
    norm: object = None


def build_quantized(model, trained, shape):
    """The integer graph of the converted network `model` for one input of `shape` [1, C, H, W].

    `trained` gives the name, the class labels and the normalisation of the input.
    """
    model = copy.deepcopy(model).cpu().float().to(memory_format=torch.contiguous_format).eval()
    ShapeProp(model).propagate(torch.zeros(shape))
    walk = _Walk(model)
    for node in model.graph.nodes:
        walk.visit(node)
    # Elements of four bytes first: every tensor is aligned without holes.
    constants = dict(sorted(walk.constants.items(), key=lambda item: -item[1].dtype.itemsize))
    document = describe(trained, shape, walk.descriptions, walk.nodes)
    return Graph(document, constants)


class _Walk:
    """Collects what the traced nodes, visited in order, mean."""

    def __init__(self, model):
        self.modules = dict(model.named_modules())
        self.values, self.nodes = {}, []
        self.constants, self.descriptions = {}, {}

    def visit(self, node):
        if node.op == "placeholder":
            self.values[node] = _Value("image")
        elif node.op == "output":
            source = self._stored(node.args[0])
            self._emit("dequantize", "dequantize", [source.name], "logits")
        elif node.op == "call_module":
            self._module(node, self.modules[node.target])
        elif node.op == "call_function" and node.target in (operator.add, torch.add):
            inputs = [self._stored(argument) for argument in node.args]
            self.values[node] = _Pending("add", node.name, inputs)
        elif node.op == "call_function" and node.target is F.adaptive_avg_pool2d:
            self.values[node] = _Pending("globalAveragePool", node.name, [self._stored(node.args[0])])
        elif node.target in ("flatten", "reshape", "view", torch.flatten):
            attributes = {"shape": list(node.meta["tensor_meta"].shape)}
            self._keep("reshape", node, attributes)
        else:
            self._refuse(node, f"{node.op} {node.target}")

    def _module(self, node, module):
        source = self.values[node.args[0]]
        if isinstance(module, (nn.Identity, nn.Dropout)):
            self.values[node] = source
        elif isinstance(module, (QuantizedConv2d, QuantizedConv3d)):
            attributes = {
                "strides": pair(module.stride),
                "pads": pair(module.padding) * 2,
                "dilations": pair(module.dilation),
                "groups": module.groups,
            }
            inputs = [self._stored(node.args[0])]
            self.values[node] = _Pending("conv", node.target, inputs, attributes, module)
        elif isinstance(module, QuantizedLinear):
            inputs = [self._stored(node.args[0])]
            self.values[node] = _Pending("linear", node.target, inputs, None, module)
        elif isinstance(module, nn.BatchNorm2d):
            if not isinstance(source, _Pending) or source.layer is None or len(node.args[0].users) > 1:
                self._refuse(node, "a batch normalisation that does not follow a layer")
            source.norm = module
            self.values[node] = source
        elif isinstance(module, (Pact, ValueRange)):
            self._quantize(node, source, module)
        elif isinstance(module, nn.AvgPool2d) and not any(pair(module.padding)) and not module.ceil_mode:
            attributes = {"kernel": pair(module.kernel_size), "strides": pair(module.stride)}
            inputs = [self._stored(node.args[0])]
            self.values[node] = _Pending("averagePool", node.target, inputs, attributes)
        elif isinstance(module, nn.MaxPool2d):
            names = {"kernel": module.kernel_size, "strides": module.stride, "dilations": module.dilation}
            attributes = {name: pair(value) for name, value in names.items()}
            if module.ceil_mode:
                attributes["roundUp"] = True
            self._keep("maxPool", node, {**attributes, "pads": pair(module.padding) * 2})
        else:
            self._refuse(node, type(module).__name__)

    def _quantize(self, node, source, module):
        scale, zero_point = module.quantization()
        scale = float(np.float32(scale))
        quantization = {"scale": scale, "zeroPoint": zero_point}
        if isinstance(source, _Pending):
            constants = self._layer(source, scale) if source.layer is not None else []
            inputs = [value.name for value in source.inputs] + constants
            self._emit(source.op, source.name, inputs, source.name, source.attributes, quantization)
            self.values[node] = _Value(source.name, scale)
        elif source.scale is None:
            self._emit("quantize", node.name, [source.name], node.name, None, quantization)
            self.values[node] = _Value(node.name, scale)
        else:
            self._refuse(node, "a second quantization of one value")
        if isinstance(module, Pact) and module.bits < 8:
            bounds = {"minimum": 0.0, "maximum": float(np.float32(scale * (2**module.bits - 1)))}
            self._keep("clip", node, bounds, f"{node.name}_clip", self.values[node])

    def _layer(self, pending, output_scale):
        """Names of the weight and bias constants of a layer."""
        bits = pending.layer.quantizer.bits
        if not 2 <= bits <= 8:
            self._refuse(pending, f"a layer of {bits} bits")
        levels, scales, bias = integer_layer(
            pending.layer, pending.norm, pending.inputs[0].scale, output_scale
        )
        if not np.isfinite(scales).all():
            raise TrainingError(
                "export-not-finite", f"{pending.name} holds values that are no finite numbers; train again"
            )
        weight, offsets = f"{pending.name}.weight", f"{pending.name}.bias"
        shape = list(levels.shape)
        self.constants[weight] = levels if bits == 8 else pack_bits(levels, bits)
        self.constants[f"{weight}.scales"], self.constants[offsets] = scales, bias
        self.descriptions[weight] = {
            "dtype": "i8",
            "shape": shape,
            "bits": bits,
            "axis": 0,
            "scales": f"{weight}.scales",
        }
        self.descriptions[offsets] = {"dtype": "i32", "shape": list(bias.shape)}
        return [weight, offsets]

    def _keep(self, op, node, attributes, name=None, source=None):
        """A node whose output has the quantization of its input."""
        source, name = source or self._stored(node.args[0]), name or node.name
        self._emit(op, name, [source.name], name, attributes)
        self.values[node] = _Value(name, source.scale)

    def _stored(self, node):
        value = self.values[node]
        if isinstance(value, _Pending) or value.scale is None:
            self._refuse(node, "a value without quantization")
        return value

    def _emit(self, op, name, inputs, output, attributes=None, quantization=None):
        entry = {"op": op, "name": name, "inputs": inputs, "outputs": [output]}
        if attributes:
            entry["attributes"] = attributes
        if quantization:
            entry["quantization"] = quantization
        self.nodes.append(entry)

    def _refuse(self, node, what):
        raise TrainingError(
            "export-unsupported", f'"{node.name}" ({what}) has no integer counterpart in a model file'
        )
