"""Weights of a few bits as the container stores them: a little-endian bit stream, two's complement."""

import numpy as np


def pack_bits(levels, bits):
    """uint8 bytes: element i in bits [i * bits, (i + 1) * bits), zero bits at the end."""
    codes = levels.reshape(-1).astype(np.uint8)[:, None] >> np.arange(bits, dtype=np.uint8) & 1
    return np.packbits(codes.reshape(-1), bitorder="little")


def unpack_bits(stream, count, bits):
    """The `count` int8 levels that `pack_bits` stored."""
    codes = np.unpackbits(stream, count=count * bits, bitorder="little").reshape(count, bits)
    values = codes.astype(np.int16) @ (1 << np.arange(bits, dtype=np.int16))
    return np.where(codes[:, -1] == 1, values - (1 << bits), values).astype(np.int8)
