"""The `.spikelet` container: a safetensors file whose metadata holds the graph."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from ..errors import TrainingError

DTYPES = {"float32": "F32", "int32": "I32", "int8": "I8", "uint8": "U8"}
ALIGNMENT = 8


def pack(graph, provenance):
    """The bytes of a model file with `graph`; `provenance` maps names to text."""
    stored = {name: _bytes(array) for name, array in graph.constants.items()}
    metadata = {
        "format": "spikelet",
        "version": "1",
        "graph": _json(graph.document),
        "sha256": _json({name: hashlib.sha256(data).hexdigest() for name, data in stored.items()}),
        "provenance": _json(provenance),
    }
    return serialise(graph.constants, metadata)


def serialise(tensors, metadata):
    """The bytes of a safetensors file: arrays by name, in this order, and `metadata` from names to text."""
    header, chunks, offset = {}, [], 0
    for name, array in tensors.items():
        data = _bytes(array)
        header[name] = {
            "dtype": DTYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    text = _json({"__metadata__": metadata, **header}).encode("utf-8")
    # The tensor bytes begin after the 8-byte length and the header: spaces keep them aligned.
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(8, "little") + text + b"".join(chunks)


def unpack(data):
    """(metadata, tensors) of the container `data`; refuses what safetensors' rules forbid."""
    if len(data) < 8:
        raise TrainingError("container-damaged", f"{len(data)} bytes are too few for a model file")
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        raise TrainingError(
            "container-damaged", f"the header claims {length} bytes, {len(data) - 8} are there"
        )
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"))
    except ValueError as error:
        raise TrainingError("container-damaged", f"the header is no JSON: {error}") from error
    metadata = header.pop("__metadata__", {})
    body, tensors, end = memoryview(data)[8 + length :], {}, 0
    names = {stored: name for name, stored in DTYPES.items()}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
        first, last = entry["data_offsets"]
        dtype = np.dtype(names[entry["dtype"]]).newbyteorder("<")
        size = int(np.prod(entry["shape"], dtype=np.int64)) * dtype.itemsize
        if first != end or last - first != size or last > len(body):
            raise TrainingError(
                "container-damaged", f"{name} lies at {first} to {last}, expected {end} to {end + size}"
            )
        tensors[name] = np.frombuffer(body[first:last], dtype).reshape(entry["shape"])
        end = last
    if end != len(body):
        raise TrainingError("container-damaged", f"{len(body) - end} bytes follow the last tensor")
    return metadata, tensors


def write(path, graph, provenance):
    """Writes the model file so that `path` is never half written; returns its size in bytes."""
    return write_bytes(path, pack(graph, provenance))


def write_bytes(path, data):
    """Writes `data` so that `path` is never half written; returns its size."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    os.replace(partial, path)
    return len(data)


def _bytes(array):
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
