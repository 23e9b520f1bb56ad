"""What an assignment of bits may cost: bits against float32, packed bytes, or milliseconds from a table."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .errors import TrainingError

FLOAT_BITS = 32


@dataclass(frozen=True)
class Budget:
    """`size(name, bits)` of a layer in `unit`; all layers together may take `limit`.

    `float_bits` is the size of the network in float32, where the budget was given as a ratio to it.
    """

    unit: str
    limit: float
    size: Callable
    float_bits: int = 0

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


def by_milliseconds(layers, limit, path):
    """At most `limit` milliseconds by the JSON table {layer: {bits: ms}} in the file `path`."""
    try:
        table = json.loads(Path(path).read_text(encoding="utf-8"))
        table = {name: {int(bits): float(ms) for bits, ms in row.items()} for name, row in table.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise TrainingError(
            "cost-table", f'{path} is no table of the form {{"layer": {{"2": 0.1}}}}: {error}'
        ) from error

    def size(name, bits):
        if name not in table or bits not in table[name]:
            raise TrainingError("cost-table", f"{path} has no time for layer {name} at {bits} bits")
        return table[name][bits]

    return Budget("ms", limit, size)
