"""Networks of seeded random weights as files, to measure: `python3 -m spikelet_train.export.untrained`."""

import argparse
import sys

import torch

from ..models import VISION_TRANSFORMERS, build
from ..trained import Trained
from . import container, fold, graph, onnx


def untrained(name, width, classes, seed):
    """The network `name` with random weights."""
    torch.manual_seed(seed)
    labels = tuple(f"class {number}" for number in range(classes))
    return Trained(name, build(name, width, classes).eval(), labels, (0.5,) * 3, (0.5,) * 3, {})


def main():
    parser = argparse.ArgumentParser(prog="spikelet_train.export.untrained", description=__doc__)
    parser.add_argument("--model", required=True, help=f"one of {', '.join(sorted(VISION_TRANSFORMERS))}")
    parser.add_argument("--width", type=float, default=1.0, help="factor on the features (default 1)")
    parser.add_argument("--classes", type=int, default=1000, help="classes (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the weights (default 1)")
    parser.add_argument("--out", help="the .spikelet file to write")
    parser.add_argument("--onnx", help="the .onnx file to write")
    parser.add_argument("--opset", type=int, default=onnx.OPSET, help="version of the ONNX operators")
    arguments = parser.parse_args()
    source = untrained(arguments.model, arguments.width, arguments.classes, arguments.seed)
    side = source.model.shape.side
    shape = (1, 3, side, side)
    network = fold.traced(source.model)
    if arguments.out:
        built = graph.build_graph(network, source, shape)
        print(f"{arguments.out}: {container.write(arguments.out, built, {})} bytes", file=sys.stderr)
    if arguments.onnx:
        size = onnx.write(arguments.onnx, network, shape, opset=arguments.opset)
        print(f"{arguments.onnx}: {size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
