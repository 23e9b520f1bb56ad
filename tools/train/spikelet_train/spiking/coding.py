"""How an image becomes the input of every step."""

import torch
from torch import nn


def one_spike(x, steps):
    """Events [steps - 1, N, ...] in {-1, 0, 1} for steps 2 to T: one a pixel at most, bright pixels early.

    With p the pixel's place between the least and the greatest value of its image, it fires at the first
    step t whose threshold 1 - (t - 1) / T is below p; the event has the sign of the pixel.
    """
    flat = x.flatten(1)
    low, high = flat.amin(1), flat.amax(1)
    shape = (-1, *([1] * (x.dim() - 1)))
    place = (x - low.view(shape)) / (high - low).clamp_min(1e-12).view(shape)
    above = [place > threshold for threshold in event_thresholds(steps)]
    first = [now & ~before for now, before in zip(above, [torch.zeros_like(above[0]), *above])]
    return torch.stack([events.to(x.dtype) * x.sign() for events in first])


def event_thresholds(steps):
    """The thresholds of steps 2 to `steps`, as float32 numbers."""
    return torch.tensor([1 - (t - 1) / steps for t in range(2, steps + 1)], dtype=torch.float32).tolist()


class HybridCoding(nn.Module):
    """The analog image at the first step, then one event of a trained size for each pixel: [T * N, ...]."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.size = nn.Parameter(torch.ones(()))
        self.counting = False
        self.forget()

    def forget(self):
        """Starts counting anew."""
        self.emitted = self.samples = self.neurons = 0

    def forward(self, x):
        events = one_spike(x, self.steps)
        if self.counting:
            self.emitted += events.abs().sum(dtype=torch.float64).item()
            self.samples += len(x)
            self.neurons = x[0].numel()
        return torch.cat([x, *(events * self.size).unbind(0)])
