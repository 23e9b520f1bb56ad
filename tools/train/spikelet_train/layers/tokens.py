"""Layers of transformers that PyTorch has no module for: one node, or a few, of a model file each."""

import torch
from torch import fx, nn


class Tokens(nn.Module):
    """[N, C, H, W] as a sequence of pixels [N, H * W, C]."""

    def forward(self, x):
        return x.flatten(2).transpose(1, 2)


class ClassToken(nn.Module):
    """Puts a learned token before the others, and adds learned positions: [N, L, C] to [N, L + 1, C]."""

    def __init__(self, tokens, features):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, features))
        self.position = nn.Parameter(torch.zeros(1, tokens + 1, features))
        nn.init.trunc_normal_(self.token, std=0.02)
        nn.init.trunc_normal_(self.position, std=0.02)

    def forward(self, x):
        return torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position


class FirstToken(nn.Module):
    """The first of a sequence of tokens: [N, L, C] to [N, C]."""

    def forward(self, x):
        return x[:, 0]


class MultiHead(nn.Module):
    """softmax(q k' / sqrt(depth)) v for each head, heads side by side in the features of [N, L, C]."""

    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        self.scale = (features // heads) ** -0.5

    def forward(self, q, k, v):
        q, k, v = (self.split(one, self.heads) for one in (q, k, v))
        weights = ((q @ k.transpose(2, 3)) * self.scale).softmax(3)
        return (weights @ v).transpose(1, 2).flatten(2)

    @staticmethod
    def split(x, heads):
        """[N, L, C] as [N, heads, L, C / heads]."""
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


TOKEN_LAYERS = (Tokens, ClassToken, FirstToken, MultiHead)


class Tracer(fx.Tracer):
    """Keeps the layers of this file as they are."""

    def is_leaf_module(self, module, name):
        return isinstance(module, TOKEN_LAYERS) or super().is_leaf_module(module, name)


def trace(model):
    """`model` as a graph of PyTorch's layers and those of this file."""
    return fx.GraphModule(model, Tracer().trace(model))
