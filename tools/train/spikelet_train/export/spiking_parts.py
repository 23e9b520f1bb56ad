"""What a spiking model file writes out in several nodes: hybrid coding, and scores of single spikes."""

from dataclasses import replace

import numpy as np

from ..spiking.coding import event_thresholds


def hybrid_coding(walk, name, module, image):
    """The nodes that make [steps, ...] of the image: itself, then its events; returns their value."""
    value = type(image)
    axes = list(range(1, len(image.shape)))

    def node(op, part, inputs, attributes=None):
        return walk.emit(op, f"{name}.{part}", inputs, value(f"{name}.{part}"), attributes).name

    over = {"axes": axes}
    low = node("reduceMin", "low", [image.name], over)
    high = node("reduceMax", "high", [image.name], over)
    least = walk.constant(f"{name}.least", np.full([1] * len(image.shape), 1e-12))
    span = node("maximum", "span", [node("subtract", "difference", [high, low]), least])
    place = node("divide", "place", [node("subtract", "above_low", [image.name, low]), span])
    steps = np.asarray(event_thresholds(module.steps), np.float32).reshape(-1, *([1] * len(axes)))
    # Above the threshold is an excess above 0: the difference of two floats is 0 only if they are equal.
    excess = node("subtract", "excess", [place, walk.constant(f"{name}.thresholds", steps)])
    zero = walk.parameter(f"{name}.zero", 0.0)
    first = node("lif", "events", [excess, zero, zero], {"steps": 0, "once": True, "reset": "none"})
    events = node("dequantize", "events_real", [first])
    negated = node("negate", "negated", [image.name])
    signs = [
        node("dequantize", f"{part}_real", [node("threshold", part, [source, zero])])
        for part, source in (("positive", image.name), ("negative", negated))
    ]
    sign = node("subtract", "sign", signs)
    size = walk.constant(f"{name}.size", np.full([1] * len(image.shape), module.size.item()))
    sized = node("multiply", "sized", [sign, size])
    signed = node("multiply", "signed", [events, sized])
    coded = node("concat", "coded", [image.name, signed], {"axis": 0})
    return replace(image, name=coded)


def single_spike_scores(walk, module, current):
    """The nodes of `u(T) / threshold + weight * earliness`, named logits at the end."""
    value = type(current)

    def node(op, part, inputs, attributes=None, output=None):
        name = output or f"scores.{part}"
        return walk.emit(op, name, inputs, value(name), attributes).name

    one, zero = walk.parameter("scores.one", 1.0), walk.parameter("scores.zero", 0.0)
    threshold = walk.parameter("scores.threshold", module.threshold.item())
    membrane = node("integrate", "membrane", [current.name, one], {"output": "all"})
    first = {"steps": 0, "once": True, "reset": "none"}
    crossed = node("lif", "first", [membrane, threshold, zero], first)
    steps = module.steps
    worth = [[module.weight * (steps - t) / steps] for t in range(steps)]
    crossed = node("dequantize", "first_real", [crossed])
    early = node("multiply", "early", [crossed, walk.constant("scores.worth", worth)])
    earliness = node("reduceSum", "earliness", [early], {"axes": [0]})
    last = node("integrate", "last", [current.name, one])
    unit = walk.constant("scores.unit", [[module.threshold.item()]])
    scaled = node("divide", "scaled", [last, unit])
    node("add", "logits", [scaled, earliness], None, "logits")
