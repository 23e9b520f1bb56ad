"""Symmetric quantization of weights to a few bits, with a straight-through gradient."""

import torch
from torch import nn

CLIPS = ("max", "mse", "learned")

# A scale never is zero, so that a layer of zeros can be stored.
LEAST_SCALE = 1e-12


def greatest_level(bits):
    """Greatest level of `bits` bits: levels run from minus it to it, and the lowest code stays unused.

    Symmetric levels survive the change of sign by a negative batch normalisation. With `clip` "max" the
    lowest code could not occur anyway, because the scale is `max|w| / greatest_level`.
    """
    return 2 ** (bits - 1) - 1


def _rows(weight, per_channel):
    """The weight as [scales, elements a scale]."""
    return weight.reshape(weight.shape[0] if per_channel else 1, -1)


def _spread(scale, weight):
    """`scale` [scales] in a shape that broadcasts over the weight."""
    return scale.view(-1, *([1] * (weight.dim() - 1)))


@torch.no_grad()
def initial_scale(weight, bits, clip, per_channel):
    """Scales, float32 [out channels] or [1], for a weight [out, ...] as `clip` says.

    "max" covers the greatest weight; "mse" and "learned" start from the least squared error.
    """
    rows = _rows(weight, per_channel)
    level = greatest_level(bits)
    widest = (rows.abs().amax(1) / level).clamp_min(LEAST_SCALE)
    if clip == "max":
        return widest
    best = _best_of(rows, widest, torch.linspace(0.1, 1.0, 19), level)
    return _best_of(rows, best, torch.linspace(0.96, 1.04, 9), level)


def _best_of(rows, scale, shares, level):
    """The best of the scales that grow from the `shares` of `scale`, and of `scale` itself, for each row."""
    best, least = scale, _squared_error(rows, scale, level)
    for share in shares.tolist():
        trial = refined_scale(rows, scale * share, level)
        error = _squared_error(rows, trial, level)
        best, least = torch.where(error < least, trial, best), torch.minimum(error, least)
    return best


def _squared_error(rows, scale, level):
    rounded = (rows / scale[:, None]).round().clamp(-level, level) * scale[:, None]
    return (rows - rounded).square().sum(1)


def refined_scale(rows, scale, level):
    """The scale that fits `rows` [scales, elements] best, given the levels that `scale` rounds them to."""
    rounded = (rows / scale[:, None]).round().clamp(-level, level)
    power = rounded.square().sum(1)
    fitted = (rows * rounded).sum(1) / power.clamp_min(1.0)
    return torch.where(power > 0, fitted, scale).clamp_min(LEAST_SCALE)


class _Rounded(torch.autograd.Function):
    """Weights at their levels; the gradient passes as if nothing had been rounded.

    The scale's gradient is that of a learned step size: the rounding error inside the range, the level at its
    ends. A learned range passes no gradient to the weights beyond it.
    """

    @staticmethod
    def forward(ctx, weight, scale, level):
        steps = weight / _spread(scale, weight)
        levels = steps.round().clamp_(-level, level)
        ctx.level, ctx.scale_count = level, scale.numel()
        if ctx.needs_input_grad[1]:
            ctx.save_for_backward(steps, levels)
        return levels * _spread(scale, weight)

    @staticmethod
    def backward(ctx, gradient):
        if not ctx.needs_input_grad[1]:
            return gradient, None, None
        steps, levels = ctx.saved_tensors
        inside = steps.abs() <= ctx.level
        by_scale = torch.where(inside, levels - steps, levels) * gradient
        by_scale = by_scale.reshape(ctx.scale_count, -1).sum(1)
        # The step's gradient sums over all weights: this brings it to the size of one weight's.
        damping = (gradient.numel() / ctx.scale_count * ctx.level) ** -0.5
        return gradient * inside, by_scale * damping, None


class WeightQuantizer(nn.Module):
    """Quantizes one weight to `bits` bits (0: leaves it as it is).

    `clip` is one of `CLIPS`. While `observing`, each backward pass adds `mean(scale * greatest level *
    |dL/dw_q|)` to `sensitivity[0]` and one to `sensitivity[1]`: all that the bit gradient needs.
    """

    def __init__(self, weight, bits, clip="max", per_channel=False):
        super().__init__()
        self.bits, self.clip, self.per_channel, self.observing = bits, clip, per_channel, False
        self.register_buffer("sensitivity", torch.zeros(2))
        count = weight.shape[0] if per_channel else 1
        if clip == "learned":
            self.scale = nn.Parameter(torch.ones(count))
        elif clip == "mse":
            self.register_buffer("scale", torch.ones(count))
        self.assign(weight, bits)

    @torch.no_grad()
    def assign(self, weight, bits):
        """Takes another width, and with it a new scale."""
        self.bits = bits
        self.sensitivity.zero_()
        if bits and self.clip != "max":
            self.scale.copy_(initial_scale(weight, bits, self.clip, self.per_channel))

    def current_scale(self, weight):
        """Scales of the weight: float32 [out channels] or [1]."""
        if self.clip == "max":
            return initial_scale(weight, self.bits, "max", self.per_channel)
        return self.scale.abs().clamp_min(LEAST_SCALE)

    def forward(self, weight):
        if not self.bits:
            return weight
        level = greatest_level(self.bits)
        if self.clip == "mse" and self.training:
            with torch.no_grad():
                self.scale.copy_(refined_scale(_rows(weight, self.per_channel), self.scale, level))
        scale = self.current_scale(weight)
        quantized = _Rounded.apply(weight, scale.clone() if self.clip == "mse" else scale, level)
        if self.observing and quantized.requires_grad:
            reach = _spread(scale.detach() * level, weight)
            quantized.register_hook(lambda gradient: self._observe(gradient, reach))
        return quantized

    @torch.no_grad()
    def _observe(self, gradient, reach):
        self.sensitivity[0] += (gradient.abs() * reach).mean()
        self.sensitivity[1] += 1

    @torch.no_grad()
    def integers(self, weight):
        """(int8 levels in the weight's shape, float32 scales of every output channel)."""
        scale = self.current_scale(weight)
        level = greatest_level(self.bits)
        levels = (weight / _spread(scale, weight)).round().clamp(-level, level).to(torch.int8)
        return levels, scale.detach().expand(weight.shape[0]).contiguous()
