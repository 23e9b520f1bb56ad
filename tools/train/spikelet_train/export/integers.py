"""Integer weights and biases of a layer with its batch normalisation folded into them."""

import numpy as np

BIAS_LIMIT = 2**30


def integer_layer(layer, norm, input_scale, output_scale):
    """(int8 levels, float32 scales, int32 bias) of `layer` and the batch normalisation `norm` (or None).

    The real output of channel c is `input_scale * scales[c] * (sum + bias[c])`. A channel whose sum cannot
    move the output by half a step has no levels left, so that its scale can be one that suits the bias.
    """
    levels, scales = layer.quantizer.integers(layer.effective_weight())
    levels, scales = levels.numpy().copy(), scales.numpy().astype(np.float64)
    bias = np.zeros(len(scales)) if layer.bias is None else layer.bias.detach().double().numpy()
    if norm is not None:
        factor, shift = _affine(norm)
        signs = np.sign(factor).astype(np.int8)
        levels *= signs.reshape(-1, *([1] * (levels.ndim - 1)))
        scales, bias = scales * np.abs(factor), bias * factor + shift
    reach = np.abs(levels.reshape(len(levels), -1).astype(np.int64)).sum(1) * 255 * input_scale * scales
    idle = reach < 0.5 * output_scale
    levels[idle] = 0
    scales[idle] = output_scale / input_scale / 256
    scales = scales.astype(np.float32)
    unit = input_scale * scales.astype(np.float64)
    return levels, scales, np.rint(bias / unit).clip(-BIAS_LIMIT, BIAS_LIMIT).astype(np.int32)


def _affine(norm):
    """Batch normalisation in evaluation mode as (factor, shift), float64."""
    factor = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.detach().double() - norm.running_mean.double() * factor
    return factor.numpy(), shift.numpy()
