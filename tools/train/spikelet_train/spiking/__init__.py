"""Spiking networks: neurons, input codings, conversion from a trained ANN, activity and energy."""

from .coding import HybridCoding
from .network import SpikingSettings, neurons, outputs, set_steps, to_spiking
from .neurons import Integrator, Lif, SingleSpikeOutput, StepDropout

__all__ = [
    "HybridCoding",
    "Integrator",
    "Lif",
    "SingleSpikeOutput",
    "SpikingSettings",
    "StepDropout",
    "neurons",
    "outputs",
    "set_steps",
    "to_spiking",
]
