"""From a network of rectifiers to one of spiking neurons, by exchanging modules in its traced form."""

from dataclasses import dataclass

from torch import fx, nn

from ..errors import TrainingError
from ..layers import QUANTIZED, ValueRange
from .coding import HybridCoding
from .neurons import GAMMA, Integrator, Lif, SingleSpikeOutput, StepDropout


@dataclass(frozen=True)
class SpikingSettings:
    """`bits` 0 keeps float weights; `coding` is "direct" or "hybrid"; `earliness` is the weight of the time
    of the first spike in the scores of `single_output`."""

    steps: int = 5
    bits: int = 8
    clip: str = "max"
    per_channel: bool = False
    coding: str = "direct"
    once: bool = False
    single_output: bool = False
    earliness: float = 1.0
    leak: float = 1.0
    gamma: float = GAMMA
    dropout: float = 0.2


def to_spiking(model, settings, input_ends):
    """`model` as a traced network over time, with its own weights; thresholds are still 1.

    Rectifiers become `Lif`, dropout keeps its mask over time, the last layer is integrated. With integer
    weights the input is quantized to 8 bits within `input_ends`, (least, greatest) value.
    """
    traced = fx.symbolic_trace(model)
    modules = dict(traced.named_modules())
    # Values that are the same at every step: nothing spiked before them.
    constant = set()
    for node in list(traced.graph.nodes):
        module = modules.get(node.target) if node.op == "call_module" else None
        if _is_constant(node, constant, settings):
            constant.add(node)
        if node.op == "placeholder":
            given = _insert_input(traced, node, settings, input_ends)
            constant.update([given] if node in constant else [])
        elif node.op == "output":
            _insert_output(traced, node.args[0], settings)
        elif module is not None:
            _exchange(traced, node, module, settings, constant)
    traced.graph.lint()
    traced.recompile()
    traced.any_size = False
    return traced


def _is_constant(node, constant, settings):
    if node.op == "placeholder":
        return settings.coding == "direct"
    return bool(node.all_input_nodes) and all(source in constant for source in node.all_input_nodes)


def _exchange(traced, node, module, settings, constant):
    quantized = (settings.bits, settings.clip, settings.per_channel)
    if type(module) in QUANTIZED:
        if module.bias is not None:
            raise TrainingError("model-bias", f"{node.target} has a bias, which a spiking layer has not")
        traced.add_submodule(node.target, QUANTIZED[type(module)](module, *quantized))
    elif isinstance(module, nn.ReLU):
        spread = node.args[0] in constant
        constant.discard(node)
        lif = Lif(settings.steps, spread, settings.once, leak=settings.leak, gamma=settings.gamma)
        traced.add_submodule(node.target, lif)
    elif isinstance(module, nn.Dropout):
        traced.add_submodule(node.target, StepDropout(settings.steps, settings.dropout))
    elif not isinstance(module, (nn.AvgPool2d, nn.Identity, nn.Flatten)):
        raise TrainingError(
            "model-not-spiking",
            f"{node.target} ({type(module).__name__}) cannot be part of a spiking network; "
            "take one of the plain models",
        )


def _insert_input(traced, node, settings, ends):
    if settings.coding == "hybrid":
        node = _insert(traced, node, "coding", HybridCoding(settings.steps))
        ends = (min(ends[0], -1.5), max(ends[1], 1.5))
    return _insert(traced, node, "input_range", ValueRange(ends)) if settings.bits else node


def _insert_output(traced, node, settings):
    if settings.single_output:
        module = SingleSpikeOutput(settings.steps, settings.earliness, gamma=settings.gamma)
    else:
        module = Integrator(settings.steps)
    _insert(traced, node, "scores", module)


def _insert(traced, node, name, module):
    traced.add_submodule(name, module)
    with traced.graph.inserting_after(node):
        new = traced.graph.call_module(name, (node,))
    node.replace_all_uses_with(new, delete_user_cb=lambda user: user is not new)
    return new


def neurons(model):
    """The spiking layers by name, in the order of the network."""
    modules = dict(model.named_modules())
    return {
        node.target: modules[node.target]
        for node in model.graph.nodes
        if node.op == "call_module" and isinstance(modules[node.target], Lif)
    }


def outputs(model):
    """The output neurons of the network."""
    return model.get_submodule("scores")


def is_spiking(model):
    """Whether `model` is what `to_spiking` makes."""
    return any(isinstance(module, Lif) for module in model.modules())


def set_steps(model, steps):
    """Lets the network run for another number of steps."""
    for module in model.modules():
        if isinstance(module, (Lif, Integrator, StepDropout, HybridCoding)):
            module.steps = steps
