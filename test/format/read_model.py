"""Reads a model file by the rules of the safetensors format alone and prints what it holds as JSON."""

import hashlib
import json
import struct
import sys

ELEMENT = {"F32": "f", "I32": "i", "F16": "e", "U8": "B", "I8": "b"}


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    metadata = header.pop("__metadata__")
    covered = 0
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        assert begin == covered, f"{name} begins at {begin}, not at {covered}"
        covered = end
        count = 1
        for size in entry["shape"]:
            count *= size
        code = ELEMENT[entry["dtype"]]
        assert (8 + length + begin) % struct.calcsize(code) == 0, f"{name} is not aligned"
        assert end - begin == count * struct.calcsize(code), f"{name} has {end - begin} bytes"
        stored = data[begin:end]
        tensors[name] = {
            "dtype": entry["dtype"],
            "shape": entry["shape"],
            "sha256": hashlib.sha256(stored).hexdigest(),
            "values": struct.unpack(f"<{count}{code}", stored),
        }
    assert covered == len(data), "bytes after the last tensor"
    return metadata, tensors


def unpack_bits(stored, count, bits):
    stream = int.from_bytes(bytes(stored), "little")
    values = [(stream >> (i * bits)) & ((1 << bits) - 1) for i in range(count)]
    return [v - (1 << bits) if v >> (bits - 1) else v for v in values]


def unpack_gaps(bits, count, low):
    positions, at, last = [], 0, -1
    for _ in range(count):
        high = 0
        while not (bits >> at) & 1:
            high, at = high + 1, at + 1
        at += 1
        last += 1 + (high << low) + ((bits >> at) & ((1 << low) - 1))
        at += low
        positions.append(last)
    assert bits >> at == 0, "bits after the last position"
    return positions


def unpack_sparse(stored, count, sparsity):
    non_zeros, width = sparsity["nonZeros"], sparsity["valueBits"]
    begin = len(stored) - (non_zeros * width + 7) // 8
    bits = int.from_bytes(bytes(stored[:begin]), "little")
    if sparsity["positions"] == "bitmap":
        positions = [i for i in range(count) if (bits >> i) & 1]
    else:
        positions = unpack_gaps(bits, non_zeros, sparsity["riceBits"])
    if width == 1:
        signs = int.from_bytes(bytes(stored[begin:]), "little")
        values = [1 - 2 * ((signs >> i) & 1) for i in range(non_zeros)]
    else:
        values = unpack_bits(stored[begin:], non_zeros, width)
    weights = [0] * count
    for position, value in zip(positions, values):
        weights[position] = value
    return weights


def main():
    metadata, tensors = read(sys.argv[1])
    graph = json.loads(metadata["graph"])
    hashes = json.loads(metadata["sha256"])
    texts = {"__graph__": metadata["graph"], "__provenance__": metadata.get("provenance")}
    for name, expected in hashes.items():
        found = (
            hashlib.sha256(texts[name].encode()).hexdigest()
            if name in texts
            else tensors[name]["sha256"]
        )
        assert found == expected, f"{name}: SHA-256 {found} is not {expected}"
    assert set(tensors) <= set(hashes), "a tensor has no hash"
    constants = {}
    for name, description in graph["constants"].items():
        count = 1
        for size in description["shape"]:
            count *= size
        values = tensors[name]["values"]
        if "sparsity" in description:
            values = unpack_sparse(values, count, description["sparsity"])
        elif description.get("bits", 8) < 8:
            values = unpack_bits(values, count, description["bits"])
        constants[name] = list(values)
        if "scales" in description:
            constants[f"scales of {name}"] = list(tensors[description["scales"]]["values"])
    document = {
        "format": metadata["format"],
        "version": metadata["version"],
        "provenance": json.loads(metadata.get("provenance", "null")),
        "graph": graph,
        "constants": constants,
    }
    json.dump(document, sys.stdout)


main()
