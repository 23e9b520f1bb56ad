"""Bit widths for the layers of a network from their bit gradients: the integer program of BMPQ."""

from dataclasses import dataclass

import numpy as np
import torch

from .. import allocation
from ..errors import TrainingError
from ..layers.quantizer import greatest_level, initial_scale


@dataclass(frozen=True)
class Groups:
    """`free` lists tuples of layer names that share a width, `fixed` the layers that keep theirs."""

    free: tuple
    fixed: tuple


def groups_of(layers):
    """First and last layer fixed; the 1x1 convolution of a shortcut tied to its block's first convolution."""
    names = list(layers)
    fixed = (names[0], names[-1])
    tied = {}
    for name in names:
        if name in fixed:
            continue
        block = name.split(".shortcut.")[0]
        tied.setdefault(f"{block}.conv1" if block != name else name, []).append(name)
    return Groups(tuple(tuple(members) for members in tied.values()), fixed)


@torch.no_grad()
def quantization_error(layer, bits):
    """Squared distance of a layer's weights from their levels at `bits` bits."""
    weight, quantizer = layer.effective_weight(), layer.quantizer
    scale = initial_scale(weight, bits, quantizer.clip, quantizer.per_channel)
    scale = scale.view(-1, *([1] * (weight.dim() - 1)))
    level = greatest_level(bits)
    return (weight - (weight / scale).round().clamp(-level, level) * scale).square().sum().item()


def costs_of(layers, groups, gradients, candidates, kind):
    """Costs [groups, candidates]: "error" is gradient times squared quantization error, "bits" minus gradient
    times width."""
    rows = []
    for members in groups.free:
        row = np.zeros(len(candidates))
        for name in members:
            for position, bits in enumerate(candidates):
                amount = quantization_error(layers[name], bits) if kind == "error" else -bits
                row[position] += gradients[name] * amount
        rows.append(row)
    return np.array(rows)


def problem_of(groups, costs, candidates, budget, fixed_bits):
    """The integer program; what the fixed layers take of the budget is taken off first."""
    taken = budget.base + sum(budget.size(name, fixed_bits) for name in groups.fixed)
    sizes = np.array(
        [
            [sum(budget.size(name, bits) for name in members) for bits in candidates]
            for members in groups.free
        ],
        dtype=float,
    )
    least = taken + sizes.min(1).sum()
    if least > budget.limit:
        raise TrainingError(
            "budget-infeasible",
            f"the budget is {budget.describe(budget.limit)}, but with {fixed_bits} bits in the first and the "
            f"last layer and candidates {', '.join(map(str, candidates))} the smallest is "
            f"{budget.describe(least)}; ask for no less",
        )
    return allocation.Problem(costs, sizes, budget.limit - taken)


def widths(groups, candidates, choice, fixed_bits):
    """Bits by layer name."""
    chosen = {
        name: candidates[index] for members, index in zip(groups.free, choice) for name in members
    }
    return {**chosen, **{name: fixed_bits for name in groups.fixed}}


def size_of(bits, budget):
    """What the assignment `bits` takes of the budget."""
    return budget.base + sum(budget.size(name, width) for name, width in bits.items())
