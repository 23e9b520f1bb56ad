"""A spiking model file on arrays, every value of it: the reference that the engine must equal bit for bit.

One sample at a time, time as the leading axis. Where a layer reads integers, sums are exact; where float
weights meet spikes, they are added in the order that the model file prescribes. Only a convolution of a float
input by float weights has no prescribed order: its last bits are this machine's.
"""

import numpy as np
import torch

from ..errors import TrainingError
from . import integer

_F32 = np.float32
_SPIKES = {"scale": 1.0, "zeroPoint": 0}


def run(document, tensors, image):
    """All values by name, arrays, for one float32 `image` [1, C, H, W] that is normalised already."""
    constants = integer.constants_of(document, tensors)
    values, quantizations = {document["inputs"][0]["name"]: np.asarray(image, _F32)}, {}
    for node in document["nodes"]:
        op, own = node["op"], node.get("quantization")
        if op not in OPERATIONS:
            raise TrainingError("reference-operation", f'{node["name"]}: the reference has no {op}')
        inputs = [constants.get(name, values.get(name)) for name in node["inputs"]]
        given = quantizations.get(node["inputs"][0])
        output = node["outputs"][0]
        values[output] = OPERATIONS[op](node.get("attributes", {}), own, given, *inputs)
        if values[output].dtype == np.uint8:
            fired = op in ("lif", "threshold")
            quantizations[output] = _SPIKES if fired else own or given
    return values


def is_spiking(document):
    """Whether the graph of a model file has neurons."""
    return any(node["op"] == "lif" for node in document["nodes"])


def spiking_layers(document):
    """Names of the values that neurons emit, in order."""
    return [node["outputs"][0] for node in document["nodes"] if node["op"] == "lif"]


def _real(sums, scales, quantization):
    """Exact integer sums [T, out, ...] in float64 as float32: rounded, then scaled for each channel."""
    factors = (np.float64(quantization["scale"]) * scales.astype(np.float64)).astype(_F32)
    return sums.astype(_F32) * factors.reshape(1, -1, *([1] * (sums.ndim - 2)))


def _conv(given, own, quantization, x, weight):
    if isinstance(weight, tuple):
        levels, scales = weight
        centred = torch.from_numpy(x.astype(np.float64) - quantization["zeroPoint"])
        sums = integer.conv_sums(given, centred, torch.from_numpy(levels.astype(np.float64)))
        return _real(sums.numpy(), scales, quantization)
    if quantization is None:
        return integer.conv_sums(given, torch.from_numpy(x), torch.from_numpy(np.array(weight))).numpy()
    if given.get("groups", 1) != 1 or weight.ndim != 4:
        what = "no groups" if weight.ndim == 4 else "no third axis"
        raise TrainingError("reference-operation", f"the reference has {what} over float weights")
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    padded = np.pad(_values(x, quantization), ((0, 0), (0, 0), (top, bottom), (left, right)))
    return _conv_in_order(padded, weight, given.get("strides", [1, 1]), given.get("dilations", [1, 1]))


def _values(x, quantization):
    return x.astype(_F32) * _F32(quantization["scale"])


def _conv_in_order(x, weight, strides, dilations):
    """Sums in float32 over the window's rows, then columns, then input channels, each rounded."""
    _, channels, rows, columns = weight.shape
    height = (x.shape[2] - (rows - 1) * dilations[0] - 1) // strides[0] + 1
    width = (x.shape[3] - (columns - 1) * dilations[1] - 1) // strides[1] + 1
    sums = np.zeros((len(x), len(weight), height, width), _F32)
    for row, column in np.ndindex(rows, columns):
        top, left = row * dilations[0], column * dilations[1]
        seen = x[:, :, top : top + (height - 1) * strides[0] + 1 : strides[0]]
        seen = seen[..., left : left + (width - 1) * strides[1] + 1 : strides[1]]
        for channel in range(channels):
            sums += weight[:, channel, row, column].reshape(1, -1, 1, 1) * seen[:, channel : channel + 1]
    return sums


def _linear(given, own, quantization, x, weight):
    if isinstance(weight, tuple):
        levels, scales = weight
        centred = x.astype(np.float64) - quantization["zeroPoint"]
        return _real(centred @ levels.astype(np.float64).T, scales, quantization)
    if quantization is None:
        return x @ weight.T
    sums = np.zeros((len(x), len(weight)), _F32)
    for value, column in zip(_values(x, quantization).T, weight.T):
        sums += value[:, None] * column
    return sums


def _parameter(values, shape):
    """A neuron parameter as it broadcasts over `shape`, everything but time."""
    if values.size == 1:
        return values.reshape(())
    return values if values.shape == shape else values.reshape(-1, *([1] * (len(shape) - 1)))


def _lif(given, own, _, current, threshold, leak):
    known = {"steps", "once", "reset"}
    reset = given.get("reset", "subtract")
    if not known.issuperset(given) or (reset != "subtract" and not given.get("once")):
        raise TrainingError("reference-operation", f"the reference has no lif with {sorted(given)}")
    shape, steps = current.shape[1:], given.get("steps") or len(current)
    threshold, leak = _parameter(threshold, shape), _parameter(leak, shape)
    u, free, spikes = np.zeros(shape, _F32), np.ones(shape, bool), []
    for t in range(steps):
        u = (leak * u) + current[0 if len(current) == 1 else t]
        fires = (u > threshold) & free
        if reset == "subtract":
            u = np.where(fires, u - threshold, u)
        if given.get("once"):
            free = free & ~fires
        spikes.append(fires.astype(np.uint8))
    return np.stack(spikes)


def _integrate(given, own, _, current, leak):
    leak, found = _parameter(leak, current.shape[1:]), []
    u = np.zeros(current.shape[1:], _F32)
    for t in range(given.get("steps") or len(current)):
        u = (leak * u) + current[0 if len(current) == 1 else t]
        found.append(u)
    return np.stack(found if given.get("output") == "all" else found[-1:])


def _average_pool(given, own, quantization, x):
    if own is None:
        raise TrainingError("reference-operation", "the reference pools integers only")
    return integer.average_pool(given, own, quantization, x)


def _quantize(given, own, _, x):
    return integer._quantize(given, own, None, x)


def _dequantize(given, own, quantization, x):
    return _F32(quantization["scale"]) * (x.astype(_F32) - _F32(quantization["zeroPoint"]))


def _elementwise(compute):
    return lambda given, own, quantization, *inputs: compute(*inputs).astype(_F32)


def _reduction(compute):
    return lambda given, own, quantization, x: compute(x, axis=tuple(given["axes"]), keepdims=True)


OPERATIONS = {
    "quantize": _quantize,
    "dequantize": _dequantize,
    "conv": _conv,
    "linear": _linear,
    "averagePool": _average_pool,
    "reshape": lambda given, own, quantization, x: x.reshape(given["shape"]),
    "lif": _lif,
    "threshold": lambda given, own, _, x, limit: (x > _parameter(limit, x.shape[1:])).astype(np.uint8),
    "integrate": _integrate,
    "add": _elementwise(np.add),
    "subtract": _elementwise(np.subtract),
    "multiply": _elementwise(np.multiply),
    "divide": _elementwise(np.divide),
    "maximum": _elementwise(np.maximum),
    "negate": _elementwise(np.negative),
    "reduceMin": _reduction(np.min),
    "reduceMax": _reduction(np.max),
    "reduceSum": _reduction(np.sum),
    "concat": lambda given, own, quantization, *inputs: np.concatenate(inputs, given["axis"]),
}
