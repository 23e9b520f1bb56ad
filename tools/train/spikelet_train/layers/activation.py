"""Activations at the levels of an unsigned integer: PACT for rectified ones, a followed range for others."""

import numpy as np
import torch
from torch import nn

LEAST_ALPHA = 1e-3


def _at_levels(x, scale, least, greatest):
    # Plain passes: PyTorch's fused fake quantization takes several times as long on a CPU.
    return x.mul(1 / scale).round_().clamp_(least, greatest).mul_(scale)


class _Clipped(torch.autograd.Function):
    """clamp(x, 0, alpha) at `steps` equal steps; dy/dx = 1 inside, dy/dalpha = 1 from alpha on."""

    @staticmethod
    def forward(ctx, x, alpha, steps):
        ctx.save_for_backward(x, alpha)
        return _at_levels(x, alpha.item() / steps, 0, steps)

    @staticmethod
    def backward(ctx, gradient):
        x, alpha = ctx.saved_tensors
        end = alpha.item()
        # One pass each, where masks and products would take several over the largest tensors there are.
        inside = torch.ops.aten.hardtanh_backward(gradient, x, 0.0, end)
        just_below = np.nextafter(np.float32(end), np.float32(0)).item()
        above = torch.ops.aten.threshold_backward(gradient, x, just_below)
        return inside, above.sum().view_as(alpha), None


class Pact(nn.Module):
    """Rectification with a learned upper end `alpha`, at the 2^bits levels from 0 to it.

    An `alpha` of 0 is replaced by the greatest value of the first training batch. `follows` says whether
    `bits` is to be that of the layers which read the value.
    """

    def __init__(self, bits=8, alpha=8.0, follows=False):
        super().__init__()
        self.bits, self.follows = bits, follows
        self.alpha = nn.Parameter(torch.tensor(float(alpha)))

    def quantization(self):
        """(scale, zero point) of the levels."""
        return max(self.alpha.item(), LEAST_ALPHA) / (2**self.bits - 1), 0

    def forward(self, x):
        if self.training and self.alpha == 0:
            with torch.no_grad():
                self.alpha.copy_(x.amax())
        # Levels are exact in float32 only, whatever autocast computes in.
        return _Clipped.apply(x.float(), self.alpha.clamp(min=LEAST_ALPHA), 2**self.bits - 1)


class _Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, zero_point):
        ctx.save_for_backward(x)
        # Half a step beyond: a value at the very end has a gradient, as all values are where a
        # normalisation starts at zero.
        ctx.ends = (-(zero_point + 0.5) * scale, (255.5 - zero_point) * scale)
        return _at_levels(x, scale, -zero_point, 255 - zero_point)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gradient, x, *ctx.ends), None, None


class ValueRange(nn.Module):
    """An 8-bit value with a zero point, whose range is followed while training or fixed from the start.

    `ends` is (least, greatest) of a fixed range; without it, a moving average of each batch's ends.
    """

    def __init__(self, ends=None, pace=0.05):
        super().__init__()
        self.fixed, self.pace = ends is not None, pace
        self.register_buffer("ends", torch.tensor(ends or (0.0, 0.0), dtype=torch.float32))

    def quantization(self):
        """(scale, zero point); zero is one of the levels."""
        least, greatest = min(self.ends[0].item(), 0.0), max(self.ends[1].item(), 0.0)
        scale = max((greatest - least) / 255, 1e-8)
        return scale, min(255, max(0, round(-least / scale)))

    @torch.no_grad()
    def _follow(self, x):
        now = torch.stack((x.amin(), x.amax()))
        fresh = self.ends[0] == self.ends[1]
        self.ends.copy_(torch.where(fresh, now, torch.lerp(self.ends, now, self.pace)))

    def forward(self, x):
        x = x.float()
        if self.training and not self.fixed:
            self._follow(x)
        return _Affine.apply(x, *self.quantization())
