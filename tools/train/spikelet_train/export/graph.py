"""From a traced PyTorch network to the graph of a model file: nodes, constants, inputs and outputs."""

import operator
from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional as F

from ..errors import TrainingError
from .tokens import TOKEN_EXPORTS


@dataclass(frozen=True)
class Graph:
    """`document` is the JSON of the model file, `constants` its stored tensors."""

    document: dict
    constants: dict


def build_graph(traced, trained, shape):
    """The graph of the traced network `traced` for one input of `shape` [1, C, H, W].

    `trained` gives the name, the class labels and the normalisation of the input.
    """
    ShapeProp(traced).propagate(torch.zeros(shape))
    walk = _Walk(traced)
    for node in traced.graph.nodes:
        walk.visit(node)
    descriptions = {
        name: {"dtype": "f32", "shape": list(value.shape)} for name, value in walk.constants.items()
    }
    document = describe(trained, shape, descriptions, walk.nodes, walk.input, walk.output)
    return Graph(document, walk.constants)


def describe(trained, shape, descriptions, nodes, image="image", scores="logits"):
    """The JSON of a model file whose input `image` and output `scores` mean what `trained` says."""
    taken = {"name": image, "dtype": "f32", "shape": list(shape)}
    if trained.mean:
        mean, std = list(trained.mean), list(trained.std)
        taken["meaning"] = {"kind": "image", "channels": "rgb", "mean": mean, "std": std}
    return {
        "name": trained.name,
        "inputs": [taken],
        "outputs": [{"name": scores, "meaning": {"kind": "classes", "labels": list(trained.classes)}}],
        "constants": descriptions,
        "nodes": nodes,
    }


class _Walk:
    """Collects what the traced nodes, visited in order, mean."""

    def __init__(self, traced: fx.GraphModule):
        self.modules = dict(traced.named_modules())
        self.values = {}
        self.nodes = []
        self.constants = {}
        self.input = self.output = None

    def visit(self, node):
        if node.op == "placeholder":
            self.input = self.values[node] = "image"
        elif node.op == "output":
            self._finish(node.args[0])
        elif node.op == "call_module":
            self._module(node, self.modules[node.target])
        elif node.op == "call_function":
            self._function(node)
        elif node.op == "call_method" and node.target in ("flatten", "reshape", "view"):
            self._reshape(node)
        else:
            self._refuse(node, f"{node.op} {node.target}")

    def _finish(self, node):
        self.output = "logits"
        renamed = self.values[node]
        for entry in self.nodes:
            entry["inputs"] = ["logits" if name == renamed else name for name in entry["inputs"]]
            entry["outputs"] = ["logits" if name == renamed else name for name in entry["outputs"]]

    def _module(self, node, module):
        name = node.target
        if isinstance(module, (nn.Identity, nn.Dropout)):
            self.values[node] = self.values[node.args[0]]
        elif isinstance(module, (nn.Conv2d, nn.Conv3d)):
            self._convolution(node, name, module)
        elif isinstance(module, nn.Linear):
            self._emit(node, "linear", name, weights=self._weights(name, module))
        elif isinstance(module, nn.BatchNorm2d):
            statistics = {
                "scale": module.weight,
                "bias": module.bias,
                "mean": module.running_mean,
                "variance": module.running_var,
            }
            weights = [self.constant(f"{name}.{key}", value) for key, value in statistics.items()]
            self._emit(node, "batchNorm", name, {"epsilon": module.eps}, weights)
        elif isinstance(module, nn.LayerNorm) and module.elementwise_affine:
            axis = len(node.meta["tensor_meta"].shape) - len(module.normalized_shape)
            attributes = {"axis": axis, "epsilon": module.eps}
            self._emit(node, "layerNorm", name, attributes, self._weights(name, module))
        elif type(module) in TOKEN_EXPORTS:
            TOKEN_EXPORTS[type(module)](self, node, name, module)
        elif isinstance(module, nn.GELU):
            approximate = getattr(module, "approximate", "none")
            self._emit(node, "gelu", name, {"approximate": approximate})
        elif isinstance(module, nn.ReLU):
            self._emit(node, "relu", name)
        elif isinstance(module, nn.MaxPool2d):
            attributes = {
                "kernel": pair(module.kernel_size),
                "strides": pair(module.stride),
                "pads": pair(module.padding) * 2,
                "dilations": pair(module.dilation),
            }
            if module.ceil_mode:
                attributes["roundUp"] = True
            self._emit(node, "maxPool", name, attributes)
        elif isinstance(module, nn.AvgPool2d) and not module.divisor_override:
            attributes = {
                "kernel": pair(module.kernel_size),
                "strides": pair(module.stride),
                "pads": pair(module.padding) * 2,
                "countPadding": module.count_include_pad,
            }
            if module.ceil_mode:
                attributes["roundUp"] = True
            self._emit(node, "averagePool", name, attributes)
        else:
            self._refuse(node, type(module).__name__)

    def _function(self, node):
        if node.target in (F.relu, torch.relu):
            self._emit(node, "relu", node.name)
        elif node.target in (operator.add, torch.add):
            self._emit(node, "add", node.name)
        elif node.target is F.adaptive_avg_pool2d and node.args[1] in (1, (1, 1)):
            self._emit(node, "globalAveragePool", node.name)
        elif node.target is torch.flatten:
            self._reshape(node)
        else:
            self._refuse(node, getattr(node.target, "__name__", str(node.target)))

    def _convolution(self, node, name, module):
        if module.padding_mode != "zeros" or isinstance(module.padding, str):
            self._refuse(node, f"a convolution with padding {module.padding_mode} {module.padding}")
        attributes = {
            "strides": pair(module.stride),
            "pads": pair(module.padding) * 2,
            "dilations": pair(module.dilation),
            "groups": module.groups,
        }
        self._emit(node, "conv", name, attributes, self._weights(name, module))

    def _reshape(self, node):
        shape = list(node.meta["tensor_meta"].shape)
        self._emit(node, "reshape", node.name, {"shape": shape})

    def _weights(self, name, module):
        weights = [self.constant(f"{name}.weight", module.weight)]
        if module.bias is not None:
            weights.append(self.constant(f"{name}.bias", module.bias))
        return weights

    def constant(self, name, value):
        """Adds a constant and returns its name."""
        array = value.detach().cpu().float().contiguous()
        if not torch.isfinite(array).all():
            raise TrainingError(
                "export-not-finite", f"{name} holds values that are no finite numbers; train again"
            )
        self.constants[name] = array.numpy()
        return name

    def _emit(self, node, op, name, attributes=None, weights=()):
        inputs = [self.values[argument] for argument in node.args if isinstance(argument, fx.Node)]
        self.values[node] = self.append(op, name, [*inputs, *weights], attributes)

    def append(self, op, name, inputs, attributes=None):
        """Adds a node and returns the name of its output."""
        entry = {"op": op, "name": name, "inputs": inputs, "outputs": [name]}
        if attributes:
            entry["attributes"] = attributes
        self.nodes.append(entry)
        return name

    def _refuse(self, node, what):
        raise TrainingError(
            "export-unsupported",
            f'"{node.name}" ({what}) has no counterpart in a model file; export to ONNX instead',
        )


def pair(value):
    """A size of both axes as a list of two."""
    return [value, value] if isinstance(value, int) else list(value)
