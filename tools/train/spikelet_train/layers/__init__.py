"""Layers that compute with quantized weights and activations while they are trained."""

from .activation import Pact, ValueRange
from .convert import Settings, assign_bits, convert, maskable, weighted_layers, without_masks
from .weighted import QuantizedConv2d, QuantizedLinear

__all__ = [
    "Pact",
    "QuantizedConv2d",
    "QuantizedLinear",
    "Settings",
    "ValueRange",
    "assign_bits",
    "convert",
    "maskable",
    "weighted_layers",
    "without_masks",
]
