"""What is pruned as one: single weights, runs of four input channels, or whole input channels."""

import torch

GRANULARITIES = ("irregular", "grouped", "channel")
RUN = 4


def scores(values, granularity):
    """A norm for each unit of `values` [out, in, ...]: [units], in an order that `expand` knows.

    "grouped" takes runs of four input channels at one window position (the last run may be shorter),
    "channel" all weights that read one input channel.
    """
    if granularity == "irregular":
        return values.abs().reshape(-1)
    if granularity == "grouped":
        runs = -(-values.shape[1] // RUN)
        padded = values.new_zeros((values.shape[0], runs * RUN, *values.shape[2:]))
        padded[:, : values.shape[1]] = values
        return padded.view(values.shape[0], runs, RUN, *values.shape[2:]).norm(dim=2).reshape(-1)
    others = [axis for axis in range(values.dim()) if axis != 1]
    return values.square().sum(others).sqrt()


def expand(units, shape, granularity):
    """The mask over weights of `shape` that the mask `units` over units means."""
    if granularity == "irregular":
        return units.view(shape)
    if granularity == "grouped":
        runs = -(-shape[1] // RUN)
        grouped = units.view(shape[0], runs, *shape[2:])
        return grouped.repeat_interleave(RUN, dim=1)[:, : shape[1]].contiguous()
    return units.view(1, -1, *([1] * (len(shape) - 2))).expand(shape).contiguous()


def collapse(mask, granularity):
    """The units of a mask that `expand` made."""
    return scores(mask.float(), granularity) > 0


def unit_size(shape, granularity):
    """Weights that one unit stands for (a shorter last run counts as a whole one)."""
    if granularity == "irregular":
        return 1
    if granularity == "grouped":
        return min(RUN, shape[1])
    return int(torch.Size(shape).numel() // shape[1])
