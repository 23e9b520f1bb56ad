"""Sparse momentum: weights that are small are pruned and others grow where the momentum is large."""

import math
from dataclasses import dataclass

import torch

from .granularity import collapse, expand, scores, unit_size

ROUNDS = 1000


@dataclass(frozen=True)
class Prunable:
    """Layers that are pruned alike, and the least share of their units that stays."""

    name: str
    layers: tuple
    floor: float = 0.0


def prune_rate(progress, first, last):
    """The share of weights that is rewired, falling from `first` to `last` along a cosine."""
    return last + (first - last) / 2 * (1 + math.cos(math.pi * min(progress, 1.0)))


class SparseMomentum:
    """Keeps the masks of `parts` at `density` of all their weights.

    `adjustment` makes up for what rounding has left out so far; with `residuals` it is all that a checkpoint
    must hold beside the masks. The first masks are drawn from `generator`; None keeps the largest weights.
    """

    def __init__(self, parts, density, granularity, generator):
        self.parts, self.density, self.granularity = parts, density, granularity
        self.sizes = [
            sum(unit_size(layer.weight.shape, granularity) for layer in part.layers) for part in parts
        ]
        total = sum(layer.weight.numel() for part in parts for layer in part.layers)
        self.target = density * total
        self.adjustment, self.residuals = 0.0, []
        for part in parts:
            self._start(part, generator)

    def _start(self, part, generator):
        count = len(self._scores(part))
        kept = max(self._least(part, count), round(self.density * count))
        units = torch.zeros(count, dtype=torch.bool)
        if generator is None:
            order = self._scores(part).argsort(descending=True, stable=True)
        else:
            order = torch.randperm(count, generator=generator)
        units[order[:kept]] = True
        self._mask(part, units)

    def _least(self, part, count):
        return max(1, math.ceil(part.floor * count))

    def _scores(self, part, momenta=None):
        """A norm for each unit: of the weights or, if given, of their `momenta`."""
        found = []
        for layer in part.layers:
            values = layer.weight.detach() if momenta is None else momenta[layer.weight]
            found.append(scores(values, self.granularity).square())
        return torch.stack(found).sum(0).sqrt()

    def _mask(self, part, units):
        for layer in part.layers:
            layer.mask = expand(units.to(layer.weight.device), layer.weight.shape, self.granularity)
        self.apply((part,))

    def units(self, part):
        """The mask of a part, one entry a unit."""
        return collapse(part.layers[0].mask, self.granularity)

    @torch.no_grad()
    def apply(self, parts=None):
        """Sets every masked weight to zero: to be called after each step of the optimizer."""
        for part in parts or self.parts:
            for layer in part.layers:
                layer.weight.mul_(layer.mask)

    def nonzeros(self):
        """Weights that the masks leave."""
        return sum(int(layer.mask.sum()) for part in self.parts for layer in part.layers)

    def doomed(self, rate):
        """The weights that pruning at `rate` would remove now: a mask for each layer's weight."""
        found = {}
        for part in self.parts:
            units = self.units(part)
            gone = units & ~self._pruned(part, units, rate)
            for layer in part.layers:
                found[layer.weight] = expand(gone, layer.weight.shape, self.granularity)
        return found

    def _pruned(self, part, units, rate):
        """`units` without the share `rate` of those with the least weights."""
        active = int(units.sum())
        count = min(math.ceil(rate * active), active - self._least(part, len(units)))
        if count <= 0:
            return units.clone()
        ranked = self._scores(part).masked_fill(~units, math.inf).argsort(stable=True)
        left = units.clone()
        left[ranked[:count]] = False
        return left

    @torch.no_grad()
    def rewire(self, momenta, rate):
        """Prunes the share `rate` and grows as many weights again, where `momenta` (by weight) is large."""
        before = [self.units(part) for part in self.parts]
        shares = self._shares(before, momenta)
        left = [
            self._pruned(part, units, self._rate_of(units, share, rate))
            for part, units, share in zip(self.parts, before, shares)
        ]
        removed = sum(
            size * int(old.sum() - new.sum()) for size, old, new in zip(self.sizes, before, left)
        )
        room = [0.99 * size * int((~units).sum()) for size, units in zip(self.sizes, left)]
        plan = distribute(shares, removed + self.adjustment, room)
        for part, units, amount, size in zip(self.parts, left, plan, self.sizes):
            self._grow(part, units, int(amount // size), momenta)
        self._settle()

    def _shares(self, before, momenta):
        """Each part's mean momentum over its active weights, as a share of all."""
        means = []
        for part, units in zip(self.parts, before):
            found = self._scores(part, momenta)[units]
            means.append(found.mean().item() if len(found) else 0.0)
        total = sum(means)
        return [mean / total if total > 0 else 1 / len(means) for mean in means]

    def _rate_of(self, units, share, rate):
        sparsity = 1 - units.float().mean().item()
        if sparsity < 0.2 and share > 1 / len(self.parts):
            return min(sparsity, rate)
        return rate

    def _grow(self, part, units, count, momenta):
        ranked = self._scores(part, momenta).masked_fill(units, -1).argsort(descending=True, stable=True)
        # What is pruned and grows again at once starts from zero too.
        self._mask(part, units)
        grown = units.clone()
        grown[ranked[: min(count, int((~units).sum()))]] = True
        self._mask(part, grown)

    def _settle(self):
        residual = self.target - self.nonzeros()
        self.residuals.append(residual)
        mean = sum(self.residuals) / len(self.residuals)
        self.adjustment = 0.25 * self.adjustment + 0.75 * residual + mean


def distribute(shares, amount, room):
    """`amount` in proportion to `shares`, none above its `room`; what does not fit goes to all alike."""
    amount = max(0.0, min(amount, sum(room)))
    plan = [share * amount for share in shares]
    for _ in range(ROUNDS):
        over = sum(max(0.0, given - most) for given, most in zip(plan, room))
        plan = [min(given, most) for given, most in zip(plan, room)]
        if over < 1e-6 * max(1.0, amount):
            break
        plan = [given + over / len(plan) for given in plan]
    return plan
