"""Batch normalisation folded into the convolution before it."""

import copy

import torch
from torch import nn

from ..layers.tokens import trace


def folded(module):
    """A traced copy of `module` in evaluation mode whose convolutions have taken up batch normalisation.

    Computed in float64: `weight * gamma / sqrt(variance + epsilon)`, and the bias accordingly. A batch
    normalisation whose input is no convolution, or one that is used elsewhere too, stays.
    """
    traced = trace(_copy(module))
    modules = dict(traced.named_modules())
    for node in list(traced.graph.nodes):
        if node.op != "call_module" or not isinstance(modules[node.target], nn.BatchNorm2d):
            continue
        source = node.args[0]
        if source.op != "call_module" or not isinstance(modules[source.target], nn.Conv2d):
            continue
        if len(source.users) > 1:
            continue
        _fold(modules[source.target], modules[node.target])
        node.replace_all_uses_with(source)
        traced.graph.erase_node(node)
    traced.delete_all_unused_submodules()
    traced.recompile()
    return traced


def traced(module):
    """A traced copy of `module` in evaluation mode, nothing folded."""
    return trace(_copy(module))


def _copy(module):
    return copy.deepcopy(module).cpu().float().to(memory_format=torch.contiguous_format).eval()


@torch.no_grad()
def _fold(conv, norm):
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = torch.zeros(conv.out_channels, dtype=torch.float64) if conv.bias is None else conv.bias.double()
    conv.weight.copy_(conv.weight.double() * scale[:, None, None, None])
    bias = (bias - norm.running_mean.double()) * scale + norm.bias.double()
    conv.bias = nn.Parameter(bias.float(), requires_grad=False)
