"""The integer arithmetic of a model file on arrays: the reference that the engine must equal bit for bit."""

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import TrainingError
from .bit_stream import unpack_bits
from .sparse_weights import unpack_sparse

_F32 = np.float32
_NO_BIAS = np.zeros(1, np.int32)


def run(document, tensors, image):
    """The float32 output for one float32 `image` [N, C, H, W] that is normalised already.

    `document` is the graph of a model file, `tensors` its stored tensors; the batch size is the image's.
    """
    constants = constants_of(document, tensors)
    values, quantizations = {document["inputs"][0]["name"]: np.asarray(image, _F32)}, {}
    for node in document["nodes"]:
        if node["op"] not in _OPERATIONS:
            raise TrainingError("reference-operation", f'{node["name"]}: the reference has no {node["op"]}')
        own = node.get("quantization")
        inputs = [constants.get(name, values.get(name)) for name in node["inputs"]]
        given = [quantizations.get(name) for name in node["inputs"] if name not in constants]
        output = node["outputs"][0]
        values[output] = _OPERATIONS[node["op"]](node.get("attributes", {}), own, given, *inputs)
        quantizations[output] = own or given[0]
    return values[document["outputs"][0]["name"]]


def constants_of(document, tensors):
    """Weights as (int8 levels, float32 scales), all else as it is stored."""
    found = {}
    for name, entry in document["constants"].items():
        stored = np.asarray(tensors[name])
        if "bits" in entry:
            found[name] = (_levels(entry, stored), np.asarray(tensors[entry["scales"]]))
        else:
            found[name] = stored
    return found


def _levels(entry, stored):
    """The int8 weights that a constant's description and its stored bytes mean."""
    count = int(np.prod(entry["shape"]))
    if "sparsity" in entry:
        levels = unpack_sparse(stored, count, entry["sparsity"])
    else:
        levels = stored if entry["bits"] == 8 else unpack_bits(stored, count, entry["bits"])
    return levels.reshape(entry["shape"])


def _multiplier(scale, output_scale):
    return _F32(np.float64(scale) / np.float64(output_scale))


def _stored(scaled, zero_point):
    """clamp(roundHalfEven(scaled) + zero point, 0, 255) of float32 values."""
    return (np.rint(scaled.astype(np.float64)) + zero_point).clip(0, 255).astype(np.uint8)


def _requantize(accumulators, multiplier, zero_point):
    return _stored(accumulators.astype(_F32) * multiplier, zero_point)


def _quantize(given, own, _, x):
    return _stored(x * _F32(1 / np.float64(own["scale"])), own["zeroPoint"])


def _dequantize(given, own, inputs, x):
    return (_F32(inputs[0]["scale"]) * (x.astype(_F32) - _F32(inputs[0]["zeroPoint"]))).astype(_F32)


def _finish(sums, bias, scales, channels, own, inputs):
    """int32 sums [N, out, ...] plus bias, requantized for each output channel."""
    shape = (1, channels, *([1] * (sums.ndim - 2)))
    sums = (sums.astype(np.int64) + np.broadcast_to(bias, channels).reshape(shape)).astype(np.int32)
    multipliers = _multiplier(np.float64(inputs[0]["scale"]) * scales.astype(np.float64), own["scale"])
    return _requantize(sums, np.asarray(multipliers, _F32).reshape(shape), own["zeroPoint"])


def _centred(x, quantization):
    # Integers below 2^53 are exact in float64, whatever the order of their sums.
    return torch.from_numpy(x.astype(np.float64) - quantization["zeroPoint"])


def conv_sums(given, x, weight):
    """The convolution of float tensors by the attributes `given`, over two axes or three."""
    axes = weight.dim() - 2
    pads = given.get("pads", [0] * (2 * axes))
    # F.pad begins with the last axis.
    ends = [end for axis in reversed(range(axes)) for end in (pads[axis], pads[axes + axis])]
    rest = (given.get("strides", 1), 0, given.get("dilations", 1), given.get("groups", 1))
    return (F.conv2d if axes == 2 else F.conv3d)(F.pad(x, ends), weight, None, *rest)


def _conv(given, own, inputs, x, weight, bias=_NO_BIAS):
    levels, scales = weight
    sums = conv_sums(given, _centred(x, inputs[0]), torch.from_numpy(levels.astype(np.float64)))
    return _finish(sums.numpy(), bias, scales, len(levels), own, inputs)


def _linear(given, own, inputs, x, weight, bias=_NO_BIAS):
    levels, scales = weight
    sums = _centred(x, inputs[0]).numpy() @ levels.astype(np.float64).T
    return _finish(sums, bias, scales, len(levels), own, inputs)


def _add(given, own, inputs, a, b):
    parts = [
        (value.astype(_F32) - _F32(q["zeroPoint"])) * _multiplier(q["scale"], own["scale"])
        for value, q in zip((a, b), inputs)
    ]
    return _stored(parts[0] + parts[1], own["zeroPoint"])


def _global_average_pool(given, own, inputs, x):
    sums = (x.astype(np.int64) - inputs[0]["zeroPoint"]).sum((2, 3), keepdims=True)
    area = x.shape[2] * x.shape[3]
    return _requantize(sums, _multiplier(inputs[0]["scale"], own["scale"] * area), own["zeroPoint"])


def average_pool(given, own, quantization, x):
    """The mean of each window of integers whose zero point is 0, as integers of the quantization `own`."""
    (rows, columns), (down, across) = given["kernel"], given["strides"]
    height, width = (x.shape[2] - rows) // down + 1, (x.shape[3] - columns) // across + 1
    sums = np.zeros((*x.shape[:2], height, width), np.int64)
    for row, column in np.ndindex(rows, columns):
        part = x[:, :, row : row + (height - 1) * down + 1 : down]
        sums += part[..., column : column + (width - 1) * across + 1 : across]
    factor = _multiplier(quantization["scale"], np.float64(own["scale"]) * (rows * columns))
    return np.rint(sums.astype(_F32) * factor).clip(0, 255).astype(np.uint8)


def _max_pool(given, own, inputs, x):
    pads = given.get("pads", [0, 0, 0, 0])
    pooled = F.max_pool2d(
        torch.from_numpy(x.astype(np.float32)),
        given["kernel"],
        given.get("strides", 1),
        pads[:2],
        given.get("dilations", 1),
    )
    return pooled.numpy().astype(np.uint8)


def _clip(given, own, inputs, x):
    # The bounds are levels: clipping the level is what looking up the clipped value gives.
    scale, zero_point = inputs[0]["scale"], inputs[0]["zeroPoint"]
    low, high = (round(given[name] / scale) + zero_point for name in ("minimum", "maximum"))
    return x.clip(low, high).astype(np.uint8)


def _reshape(given, own, inputs, x):
    return x.reshape(len(x), *given["shape"][1:])


_OPERATIONS = {
    "quantize": _quantize,
    "dequantize": _dequantize,
    "conv": _conv,
    "linear": _linear,
    "add": _add,
    "averagePool": lambda given, own, inputs, x: average_pool(given, own, inputs[0], x),
    "globalAveragePool": _global_average_pool,
    "maxPool": _max_pool,
    "clip": _clip,
    "reshape": _reshape,
}
