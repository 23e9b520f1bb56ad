"""Reads the sparse form of stored weights: positions of those that are not zero, then their values."""

import numpy as np

from ..errors import TrainingError
from .bit_stream import unpack_bits


def unpack_sparse(stored, count, sparsity):
    """int8 [count] from the bytes `stored`, which `sparsity` of the graph's JSON describes."""
    bits, nonzeros = sparsity["valueBits"], sparsity["nonZeros"]
    split = len(stored) - -(-nonzeros * bits // 8)
    positions, packed = stored[: max(split, 0)], stored[max(split, 0) :]
    if sparsity["positions"] == "bitmap":
        places = np.flatnonzero(np.unpackbits(positions, bitorder="little"))
    else:
        places = np.cumsum(_gaps(positions, nonzeros, sparsity["riceBits"]) + 1) - 1
    if split < 0 or len(places) != nonzeros or (nonzeros and places[-1] >= count):
        raise TrainingError("container-damaged", f"{len(stored)} bytes are not {nonzeros} of {count} weights")
    levels = np.zeros(count, np.int8)
    levels[places] = _signs(packed, nonzeros) if bits == 1 else unpack_bits(packed, nonzeros, bits)
    return levels


def _signs(packed, count):
    return 1 - 2 * np.unpackbits(packed, count=count, bitorder="little").astype(np.int8)


def _gaps(stream, count, rice_bits):
    """`count` numbers in the Golomb-Rice code: zeros, a one, `rice_bits` low bits; fewer if it ends."""
    bits = np.unpackbits(stream, bitorder="little").astype(np.int64)
    # The first one at or after each position; the end of the stream where there is none.
    ones = np.where(bits == 1, np.arange(len(bits)), len(bits))
    next_one = np.minimum.accumulate(ones[::-1])[::-1].tolist()
    starts, ends, at = [], [], 0
    while len(starts) < count and at < len(next_one) and next_one[at] + rice_bits < len(bits):
        starts.append(at)
        ends.append(next_one[at])
        at = next_one[at] + 1 + rice_bits
    starts, ends = np.array(starts, np.int64), np.array(ends, np.int64)
    numbers = (ends - starts) << rice_bits
    for place in range(rice_bits):
        numbers |= bits[ends + 1 + place] << place
    return numbers
