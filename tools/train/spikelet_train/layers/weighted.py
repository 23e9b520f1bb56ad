"""Convolution and linear layer whose weight is masked and quantized on its way into the computation."""

import torch
from torch import nn
from torch.nn import functional as F

from .quantizer import WeightQuantizer


def _take_over(layer, source, bits, clip, per_channel):
    layer.weight, layer.bias = source.weight, source.bias
    layer.quantizer = WeightQuantizer(source.weight, bits, clip, per_channel)
    # Absent until something is pruned: bool like the weight, True where it may be other than 0.
    layer.register_buffer("mask", None)


class _Masked(torch.autograd.Function):
    """Masked weights count as zero, yet have a gradient: it says where a pruned weight should grow again."""

    @staticmethod
    def forward(ctx, weight, mask):
        return weight * mask

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def _effective(layer):
    return layer.weight if layer.mask is None else _Masked.apply(layer.weight, layer.mask)


class _QuantizedConvolution:
    """What convolutions over two and three axes have in common."""

    def __init__(self, source, bits, clip="max", per_channel=False):
        super().__init__(
            source.in_channels,
            source.out_channels,
            source.kernel_size,
            source.stride,
            source.padding,
            source.dilation,
            source.groups,
            source.bias is not None,
            source.padding_mode,
        )
        _take_over(self, source, bits, clip, per_channel)

    def effective_weight(self):
        """The weight with its mask, not yet quantized."""
        return _effective(self)

    def forward(self, x):
        return self._conv_forward(x, self.quantizer(_effective(self)), self.bias)


class QuantizedConv2d(_QuantizedConvolution, nn.Conv2d):
    """Takes the place of the convolution `source` and has its parameters."""


class QuantizedConv3d(_QuantizedConvolution, nn.Conv3d):
    """Takes the place of the convolution `source` over three axes and has its parameters."""


class QuantizedLinear(nn.Linear):
    """Takes the place of the linear layer `source` and has its parameters."""

    def __init__(self, source, bits, clip="max", per_channel=False):
        super().__init__(source.in_features, source.out_features, source.bias is not None)
        _take_over(self, source, bits, clip, per_channel)

    def effective_weight(self):
        """The weight with its mask, not yet quantized."""
        return _effective(self)

    def forward(self, x):
        return F.linear(x, self.quantizer(_effective(self)), self.bias)


# PyTorch's layers that have a quantized form.
QUANTIZED = {nn.Conv2d: QuantizedConv2d, nn.Conv3d: QuantizedConv3d, nn.Linear: QuantizedLinear}
