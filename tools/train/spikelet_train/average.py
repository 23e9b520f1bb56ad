"""A moving average of a network's weights, which generalises better than the weights themselves."""

import copy

import torch


class WeightAverage:
    """Follows `model` with an exponential average of its parameters and statistics.

    The average starts fast and slows down to `decay`, so that it forgets the first steps.
    """

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, model):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        source = model.state_dict()
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(source[name], 1 - decay)
            else:
                value.copy_(source[name])
