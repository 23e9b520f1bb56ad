"""Ways to train a network, one file each."""

from dataclasses import dataclass
from typing import Callable

from . import bmpq, dnr, qat, snn
from .loop import Training
from .options import Options


@dataclass(frozen=True)
class Method:
    """`rebuild(model, record, tensors)` gives the form of the float network `model` that a checkpoint has
    weights for."""

    summary: str
    options: type
    training: type
    rebuild: Callable


METHODS = {
    "float": Method("train a float network", Options, Training, lambda model, record, tensors: model),
    "qat": Method(
        "train a network with one bit width for all weights, another for all activations",
        qat.QatOptions,
        qat.Qat,
        qat.rebuild,
    ),
    "bmpq": Method(
        "train a network with a bit width for each layer (BMPQ)", bmpq.BmpqOptions, bmpq.Bmpq, bmpq.rebuild
    ),
    "dnr": Method(
        "train a sparse network that withstands attack (DNR)", dnr.DnrOptions, dnr.Dnr, dnr.rebuild
    ),
    "snn": Method(
        "turn a trained network without bias into a spiking one and fine-tune it",
        snn.SnnOptions,
        snn.Snn,
        snn.rebuild,
    ),
}
