"""What an assignment of bits may cost: bits against float32, packed bytes, or measured milliseconds."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .errors import TrainingError

FLOAT_BITS = 32


@dataclass(frozen=True)
class Budget:
    """`size(name, bits)` of a layer in `unit`; with `base`, which is always taken, they may take `limit`.

    `float_bits` is the size of the network in float32, where the budget was given as a ratio to it.
    """

    unit: str
    limit: float
    size: Callable
    float_bits: int = 0
    base: float = 0.0

    def describe(self, total):
        """`total` in the terms of the budget."""
        if self.unit == "bits":
            return f"{self.float_bits / total:.4g} times fewer bits than float32 ({total:.0f} bits)"
        return f"{total:.6g} {self.unit}"


def by_ratio(layers, ratio):
    """At least `ratio` times fewer weight bits than float32; biases and normalisation are not counted."""
    counts = {name: layer.weight.numel() for name, layer in layers.items()}
    float_bits = FLOAT_BITS * sum(counts.values())
    return Budget("bits", float_bits / ratio, lambda name, bits: counts[name] * bits, float_bits)


def by_bytes(layers, limit):
    """At most `limit` bytes of packed weights with the scale and the bias of each output channel."""

    def size(name, bits):
        weight = layers[name].weight
        return (weight.numel() * bits + 7) // 8 + 8 * weight.shape[0]

    return Budget("bytes", limit, size)


def by_milliseconds(layers, limit, paths):
    """At most `limit` milliseconds by the JSON files `paths`, a text with commas between them.

    A file is a table {layer: {bits: ms}} or what `spikelet profile --json` printed: the times of the layers
    at the widths that they have there. What has no weights counts as in the first profile.
    """
    table, others = {}, []
    for path in paths.split(","):
        times, other = _times(path.strip())
        for name, row in times.items():
            table.setdefault(name, {}).update(row)
        others += [] if other is None else [other]

    def size(name, bits):
        if name not in table or bits not in table[name]:
            raise TrainingError("cost-table", f"{paths} has no time for layer {name} at {bits} bits")
        return table[name][bits]

    return Budget("ms", limit, size, base=others[0] if others else 0.0)


def _times(path):
    """({layer: {bits: ms}}, ms of all that has no weights) of one file; None for the latter in a table."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if isinstance(content.get("layers"), list):
            return _profiled(content["layers"])
        times = {
            name: {int(bits): _milliseconds(ms) for bits, ms in row.items()} for name, row in content.items()
        }
        return times, None
    except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
        raise TrainingError(
            "cost-table",
            f"{path} is neither what spikelet profile --json prints nor a table of the form "
            f'{{"layer": {{"2": 0.1}}}}: {error}',
        ) from error


def _profiled(layers):
    times, other = {}, 0.0
    for layer in layers:
        bits, ms = int(layer["weightBits"]), _milliseconds(layer["medianMs"])
        if bits:
            times[layer["name"]] = {bits: ms}
        else:
            other += ms
    return times, other


def _milliseconds(value):
    value = float(value)
    if not 0 <= value < math.inf:
        raise ValueError(f"{value} is no time")
    return value
