"""BERT's encoder: for measurements and tests of export, not for training."""

import torch
from torch import nn

from ..layers.tokens import MultiHead

EPSILON = 1e-12
# What is added to the scores of tokens that are not to be seen.
HIDDEN = -10000.0


class Layer(nn.Module):
    """Attention, then two linear layers, each added to what it reads and then normalised."""

    def __init__(self, features, heads, growth):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(features, features)
        self.key = nn.Linear(features, features)
        self.value = nn.Linear(features, features)
        self.project = nn.Linear(features, features)
        self.norm1 = nn.LayerNorm(features, EPSILON)
        self.expand = nn.Linear(features, growth * features)
        self.activation = nn.GELU()
        self.contract = nn.Linear(growth * features, features)
        self.norm2 = nn.LayerNorm(features, EPSILON)

    def forward(self, x, mask):
        q, k, v = (MultiHead.split(layer(x), self.heads) for layer in (self.query, self.key, self.value))
        scores = q @ k.transpose(2, 3) / (q.shape[3] ** 0.5) + mask
        attended = (scores.softmax(3) @ v).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.project(attended))
        return self.norm2(x + self.contract(self.activation(self.expand(x))))


class Bert(nn.Module):
    """Tokens, their kinds (integers [N, L]) and a mask [N, L], 1 for tokens that count, to [N, features].

    The result is the first token's, through a linear layer and tanh.
    """

    def __init__(self, vocabulary=30522, features=768, layers=12, heads=12, growth=4, longest=512):
        super().__init__()
        self.words = nn.Embedding(vocabulary, features)
        self.positions = nn.Embedding(longest, features)
        self.kinds = nn.Embedding(2, features)
        self.norm = nn.LayerNorm(features, EPSILON)
        self.layers = nn.ModuleList(Layer(features, heads, growth) for _ in range(layers))
        self.pool = nn.Linear(features, features)

    def forward(self, tokens, kinds, mask):
        places = torch.arange(tokens.shape[1], device=tokens.device)[None]
        x = self.norm(self.words(tokens) + self.positions(places) + self.kinds(kinds))
        hidden = (1.0 - mask[:, None, None, :].to(x.dtype)) * HIDDEN
        for layer in self.layers:
            x = layer(x, hidden)
        return torch.tanh(self.pool(x[:, 0]))
