"""Bit gradients: how strongly the loss depends on the bits of quantized weights."""

import numpy as np

from .layers.quantizer import greatest_level


def decode(levels, bits):
    """The two's complement bits, uint8 [..., bits] from the lowest up, of integer `levels`."""
    codes = np.asarray(levels).astype(np.int64) & (2**bits - 1)
    return ((codes[..., None] >> np.arange(bits)) & 1).astype(np.uint8)


def place_values(bits):
    """What each bit adds to a level: 1, 2, 4, ... and the negative sign bit."""
    values = 2 ** np.arange(bits)
    values[-1] = -values[-1]
    return values


def explicit_gradient(gradient, scale, bits):
    """Mean over all bits of all weights of |dL/db|, each bit on its own: dL/db_j = S * place value * dL/dw_q.

    `scale` must broadcast over `gradient`. `closed_form` gives the same without a tensor for each bit.
    """
    by_bit = (np.asarray(gradient) * scale)[..., None] * place_values(bits)
    return np.abs(by_bit).sum() / (bits * np.asarray(gradient).size)


def closed_form(mean_reach, bits):
    """The normalised bit gradient from `mean_reach = mean(S * greatest level * |dL/dw_q|)`.

    The place values of q bits add up to 2^q - 1, so the sum over the bits is `S * (2^q - 1) * |dL/dw_q|`.
    """
    return mean_reach * (2**bits - 1) / (bits * greatest_level(bits))


def interval_gradients(layers, normalise="own", reference=4):
    """The mean bit gradient of each layer over the batches since its sensitivity was last reset.

    `layers` maps names to quantized layers. With `normalise` "own" a layer counts the bits that it has; with
    "q_free" all layers count `reference` bits over their present range, so that layers that are narrow
    already do not look more sensitive for that alone.
    """
    found = {}
    for name, layer in layers.items():
        total, count = layer.quantizer.sensitivity.tolist()
        bits = layer.quantizer.bits if normalise == "own" else reference
        found[name] = closed_form(total / max(count, 1), bits)
    return found
