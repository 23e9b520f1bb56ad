"""Quantization-aware training: one width for all weights, one for all activations."""

from dataclasses import dataclass

from ..layers import Pact, Settings, convert
from ..layers.quantizer import CLIPS
from .loop import Training, decay_groups
from .options import Options, check, option


@dataclass(frozen=True)
class QatOptions(Options):
    bits: int = option(8, "bits of all weights")
    activation_bits: int = option(8, "bits of all rectified activations")
    clip: str = option("max", f"range of weights: {', '.join(CLIPS)}")
    per_channel: bool = option(False, "a scale for each output channel instead of each layer")
    alpha: float = option(0.0, "first upper end of activations; 0: the greatest of the first batch")
    alpha_decay: float = option(5e-4, "weight decay of the upper ends")

    def __post_init__(self):
        super().__post_init__()
        check(2 <= self.bits <= 8, "bits", self.bits, "2 to 8")
        check(2 <= self.activation_bits <= 8, "activation_bits", self.activation_bits, "2 to 8")
        check(self.clip in CLIPS, "clip", self.clip, " or ".join(CLIPS))
        check(self.alpha >= 0, "alpha", self.alpha, "0 or above")


def settings_of(options):
    """How the layers of a training are quantized."""
    return Settings(
        options.bits, options.activation_bits, options.clip, options.per_channel, options.alpha
    )


class Qat(Training):
    """Trains weights at their levels, and the upper ends of activations with them."""

    method = "qat"

    def build(self, model):
        return convert(model, settings_of(self.options), self.inputs.ends)

    def parameter_groups(self):
        ends = [module.alpha for module in self.model.modules() if isinstance(module, Pact)]
        known = {id(end) for end in ends}
        others = [one for one in self.model.parameters() if id(one) not in known]
        return [
            *decay_groups(others, self.options.weight_decay),
            {"params": ends, "weight_decay": self.options.alpha_decay},
        ]


def rebuild(model, record, tensors):
    """The quantized form of the float network `model`."""
    return convert(model, settings_of(QatOptions(**record["options"])), (0.0, 1.0))
