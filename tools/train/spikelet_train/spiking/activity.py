"""How much a network fires, and what that costs."""

from contextlib import contextmanager
from dataclasses import dataclass

from . import energy
from .coding import HybridCoding
from .network import neurons
from .neurons import Lif


@contextmanager
def counted(model):
    """Within it, the spiking layers of `model` count what they emit; before pooling, and without dropout."""
    counting = [module for module in model.modules() if isinstance(module, (Lif, HybridCoding))]
    for module in counting:
        module.forget()
        module.counting = True
    try:
        yield
    finally:
        for module in counting:
            module.counting = False


@dataclass(frozen=True)
class Activity:
    """`zeta`: spikes of a neuron over all steps, averaged over neurons and samples, by layer; `most`: the
    most that one neuron fired for one sample; `spikes`: all spikes of one sample, on average."""

    zeta: dict
    most: dict
    spikes: float
    neurons: int
    input_zeta: float

    @property
    def mean(self):
        """Spikes of a neuron over all steps, averaged over the network."""
        return self.spikes / self.neurons


def activity(model):
    """What was `counted` in `model`."""
    layers = neurons(model)
    return Activity(
        zeta={name: layer.emitted / (layer.samples * layer.neurons) for name, layer in layers.items()},
        most={name: layer.most for name, layer in layers.items()},
        spikes=sum(layer.emitted / layer.samples for layer in layers.values()),
        neurons=sum(layer.neurons for layer in layers.values()),
        input_zeta=energy.input_events(model),
    )


def energies(costs, found, pairs, steps):
    """For each pair of constants, nJ of one sample: spiking, the same network as an ANN, and their ratio.

    `spiking_input_every_step` has the first layer's products at every step instead of once.
    """
    table = {}
    for pair in pairs:
        spiking, ann = energy.energy(costs, found.zeta, pair, found.input_zeta)
        again, _ = energy.energy(costs, found.zeta, pair, found.input_zeta, steps)
        table[pair.name] = {
            "mac_pj": round(pair.mac, 5),
            "ac_pj": round(pair.ac, 5),
            "spiking": round(spiking / 1000, 4),
            "spiking_input_every_step": round(again / 1000, 4),
            "ann": round(ann / 1000, 4),
            "ratio": round(ann / max(spiking, 1e-12), 2),
        }
    return table
