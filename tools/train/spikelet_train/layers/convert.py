"""From a float network to one with quantized layers, by exchanging modules in its traced form."""

import copy
from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.nn import functional as F

from .activation import Pact, ValueRange
from .weighted import QUANTIZED


@dataclass(frozen=True)
class Settings:
    """`weight_bits` 0 keeps weights as they are; `activation_bits` 0 gives each activation the width of the
    layers that read it."""

    weight_bits: int = 8
    activation_bits: int = 8
    clip: str = "max"
    per_channel: bool = False
    alpha: float = 8.0


def convert(model, settings, input_ends):
    """`model` as a traced network with quantized layers; `input_ends` is (least, greatest) input value.

    Convolutions and linear layers become their quantized forms, rectifications become PACT, and every other
    value that the integer engine stores gets a range. The parameters are those of `model` itself.
    """
    traced = fx.symbolic_trace(model)
    modules = dict(traced.named_modules())
    quantized = (settings.weight_bits, settings.clip, settings.per_channel)
    for node in list(traced.graph.nodes):
        module = modules.get(node.target) if node.op == "call_module" else None
        if type(module) in QUANTIZED:
            traced.add_submodule(node.target, QUANTIZED[type(module)](module, *quantized))
        elif _is_relu(node, module):
            _replace_relu(traced, node, settings)
        if node.op == "placeholder":
            _insert(traced, node, ValueRange(input_ends))
        elif isinstance(module, nn.AvgPool2d):
            # Means of rectified values are as coarse as those: layers that read them have no wider input.
            bits = settings.activation_bits
            _insert(traced, node, Pact(bits or 8, 0.0, follows=not bits))
        elif _needs_range(node, module, modules):
            _insert(traced, node, ValueRange())
    traced.graph.lint()
    traced.recompile()
    traced.any_size = getattr(model, "any_size", False)
    return traced


def maskable(model):
    """`model` as a traced float network whose convolutions and linear layers can have masks."""
    traced = fx.symbolic_trace(model)
    for name, module in list(traced.named_modules()):
        if type(module) in QUANTIZED:
            traced.add_submodule(name, QUANTIZED[type(module)](module, 0))
    traced.any_size = getattr(model, "any_size", False)
    return traced


@torch.no_grad()
def without_masks(model):
    """A copy of what `maskable` made with PyTorch's own layers: masked weights are zero in it."""
    model = copy.deepcopy(model)
    for name, layer in weighted_layers(model).items():
        bias = layer.bias is not None
        if isinstance(layer, nn.Linear):
            plain = nn.Linear(layer.in_features, layer.out_features, bias)
        else:
            sizes = (layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding)
            kind = nn.Conv2d if isinstance(layer, nn.Conv2d) else nn.Conv3d
            plain = kind(*sizes, layer.dilation, layer.groups, bias, layer.padding_mode)
        plain.weight, plain.bias = nn.Parameter(layer.effective_weight().detach().clone()), layer.bias
        model.add_submodule(name, plain)
    return model


def weighted_layers(model):
    """The quantized layers by name, in the order of the network."""
    kinds = tuple(QUANTIZED.values())
    return {name: module for name, module in model.named_modules() if isinstance(module, kinds)}


@torch.no_grad()
def assign_bits(model, bits):
    """Gives the layers the widths `bits` (by name); a layer that has its width already is left alone."""
    for name, layer in weighted_layers(model).items():
        if layer.quantizer.bits != bits[name]:
            layer.quantizer.assign(layer.effective_weight(), bits[name])
    _follow_layers(model)


def _follow_layers(model):
    modules = dict(model.named_modules())
    for node in model.graph.nodes:
        module = modules[node.target] if node.op == "call_module" else None
        if isinstance(module, Pact) and module.follows:
            widths = [layer.quantizer.bits for layer in _readers(node, modules)]
            module.bits = max(widths, default=8)


def _readers(node, modules):
    """The weighted layers that read the value of `node`, also through pooling, reshaping and ranges."""
    found = []
    for user in node.users:
        module = modules.get(user.target) if user.op == "call_module" else None
        if isinstance(module, tuple(QUANTIZED.values())):
            found.append(module)
        elif not isinstance(module, Pact):
            found += _readers(user, modules)
    return found


def _is_relu(node, module):
    return isinstance(module, nn.ReLU) or (
        node.op == "call_function" and node.target in (F.relu, torch.relu)
    )


def _replace_relu(traced, node, settings):
    bits = settings.activation_bits
    pact = Pact(bits or 8, settings.alpha, follows=not bits)
    if node.op == "call_module":
        traced.add_submodule(node.target, pact)
        return
    name = f"{node.name}_pact"
    traced.add_submodule(name, pact)
    with traced.graph.inserting_after(node):
        new = traced.graph.call_module(name, (node.args[0],))
    node.replace_all_uses_with(new)
    traced.graph.erase_node(node)


def _needs_range(node, module, modules):
    """Whether the integer engine stores this value and nothing after it gives it a range."""
    if node.op == "call_function" and node.target is F.adaptive_avg_pool2d:
        return True
    if not isinstance(module, (nn.Conv2d, nn.Conv3d, nn.Linear, nn.BatchNorm2d)):
        return False
    followers = [modules.get(user.target) if user.op == "call_module" else None for user in node.users]
    return not all(
        isinstance(follower, nn.BatchNorm2d) or _is_relu(user, follower)
        for user, follower in zip(node.users, followers)
    )


def _insert(traced, node, module):
    name = f"{node.name}_range"
    traced.add_submodule(name, module)
    with traced.graph.inserting_after(node):
        new = traced.graph.call_module(name, (node,))
    node.replace_all_uses_with(new, delete_user_cb=lambda user: user is not new)
