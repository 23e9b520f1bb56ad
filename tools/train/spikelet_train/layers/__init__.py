"""Layers that compute with quantized weights and activations while they are trained."""

from .activation import Pact, ValueRange
from .convert import Settings, assign_bits, convert, maskable, weighted_layers, without_masks
from .weighted import QUANTIZED, QuantizedConv2d, QuantizedConv3d, QuantizedLinear

__all__ = [
    "QUANTIZED",
    "Pact",
    "QuantizedConv2d",
    "QuantizedConv3d",
    "QuantizedLinear",
    "Settings",
    "ValueRange",
    "assign_bits",
    "convert",
    "maskable",
    "weighted_layers",
    "without_masks",
]
