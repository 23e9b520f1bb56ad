"""Neurons over time, and what else treats the time steps of a value as belonging together.

A value over T steps of N samples is [T * N, ...], time first: convolutions, linear layers and pools see a
batch. A value that is the same at all steps is [N, ...].
"""

import torch
from torch import nn
from torch.nn import functional as F

GAMMA = 0.3
LEAST_THRESHOLD = 1e-3


def surrogate(u, threshold, gamma=GAMMA):
    """The derivative that a spike is given by z = u / threshold - 1: a triangle of height `gamma`."""
    return (1 - (u / threshold - 1).abs()).clamp_min_(0).mul_(gamma)


class Fire(torch.autograd.Function):
    """1 where u is above the threshold, else 0; backwards the triangular surrogate."""

    @staticmethod
    def forward(ctx, u, threshold, gamma=GAMMA):
        ctx.save_for_backward(u, threshold)
        ctx.gamma = gamma
        return (u > threshold).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient):
        u, threshold = ctx.saved_tensors
        by_z = gradient * surrogate(u, threshold, ctx.gamma)
        by_threshold = -(by_z * u).sum() / threshold**2
        return by_z / threshold, by_threshold.view_as(threshold), None


class _Steps(torch.autograd.Function):
    """All steps of a layer, and backpropagation through time that truncates nothing.

    The 0/1 mask of the reset and the mask of neurons that must not fire again are constants for the gradient.
    """

    @staticmethod
    def forward(ctx, current, threshold, leak, steps, spread, once, gamma):
        given = [current] * steps if spread else current.chunk(steps)
        membranes, spikes, u, free = [], [], torch.zeros_like(given[0]), None
        for now in given:
            u = u * leak + now
            membranes.append(u)
            fired = u > threshold
            if once:
                fired = fired if free is None else fired & free
                free = ~fired if free is None else free & ~fired
            spikes.append(fired.to(u.dtype))
            if not once:
                u = u - threshold * spikes[-1]
        ctx.spread, ctx.once, ctx.gamma = spread, once, gamma
        ctx.save_for_backward(threshold, leak, *membranes, *spikes)
        return torch.cat(spikes)

    @staticmethod
    def backward(ctx, gradient):
        threshold, leak, *saved = ctx.saved_tensors
        steps = len(saved) // 2
        membranes, spikes = saved[:steps], saved[steps:]
        free = _free_before(spikes) if ctx.once else None
        by_current, later = [None] * steps, None
        by_threshold, by_leak = torch.zeros_like(threshold), torch.zeros_like(leak)
        for t, by_spike in reversed(list(enumerate(gradient.chunk(steps)))):
            u, spike = membranes[t], spikes[t]
            by_z = by_spike * surrogate(u, threshold, ctx.gamma)
            if ctx.once:
                by_z = by_z * free[t]
            by_threshold -= (by_z * u).sum() / threshold**2
            by_u = by_z / threshold
            if later is not None:
                after = u if ctx.once else u - threshold * spike
                by_leak += (later * after).sum()
                kept = later * leak
                if not ctx.once:
                    by_threshold -= (kept * spike).sum()
                by_u = by_u + kept
            by_current[t] = later = by_u
        by_input = sum(by_current) if ctx.spread else torch.cat(by_current)
        return by_input, by_threshold, by_leak, None, None, None, None


def _free_before(spikes):
    """For each step, 1 where the neuron has not fired before it."""
    free = [torch.ones_like(spikes[0])]
    for spike in spikes[:-1]:
        free.append(free[-1] * (1 - spike))
    return free


class Lif(nn.Module):
    """Leaky integrate-and-fire neurons with a trained threshold and leak for the layer.

    `u = leak * u + current; spike where u > threshold; u = u - threshold * spike`, all in one step. With
    `once` a neuron fires at most once. With `spread` the current is [N, ...], the same at every step.
    While `watched`, `activity` is what a neuron of the last batch fired on average, with its gradient. While
    `counting`, `emitted` sums spikes over `samples`, and `most` is the most that one neuron fired.
    """

    def __init__(self, steps, spread=False, once=False, threshold=1.0, leak=1.0, gamma=GAMMA):
        super().__init__()
        self.steps, self.spread, self.once, self.gamma = steps, spread, once, gamma
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))
        self.leak = nn.Parameter(torch.tensor(float(leak)))
        self.counting, self.watched, self.activity = False, False, None
        self.forget()

    def forget(self):
        """Starts counting anew."""
        self.emitted = self.samples = self.most = self.neurons = 0

    def forward(self, current):
        settings = (self.steps, self.spread, self.once, self.gamma)
        spikes = _Steps.apply(current.float(), self.threshold, self.leak, *settings)
        if self.watched:
            self.activity = spikes.mean() * self.steps
        if self.counting:
            self._count(spikes.detach())
        return spikes

    def _count(self, spikes):
        total = spikes.view(self.steps, -1, *spikes.shape[1:]).sum(0)
        self.emitted += total.sum(dtype=torch.float64).item()
        self.samples += len(total)
        self.neurons = total[0].numel()
        self.most = max(self.most, int(total.max().item()))

    @torch.no_grad()
    def clamp(self):
        """Keeps the leak within 0 to 1 and the threshold above 0, as after every step of an optimizer."""
        self.leak.clamp_(0, 1)
        self.threshold.clamp_(min=LEAST_THRESHOLD)


class Integrator(nn.Module):
    """Output neurons that never fire: the membrane [N, classes] after the last step, not divided by steps.

    `leak` None is no leak; a number is the start of a trained one.
    """

    def __init__(self, steps, leak=None):
        super().__init__()
        self.steps = steps
        self.leak = None if leak is None else nn.Parameter(torch.tensor(float(leak)))

    def membranes(self, current):
        """The membrane after each step: a list of [N, classes]."""
        u, found = 0, []
        for now in current.float().chunk(self.steps):
            u = (u if self.leak is None else self.leak * u) + now
            found.append(u)
        return found

    def forward(self, current):
        return self.membranes(current)[-1]

    @torch.no_grad()
    def clamp(self):
        """Keeps the leak within 0 to 1."""
        if self.leak is not None:
            self.leak.clamp_(0, 1)


class SingleSpikeOutput(Integrator):
    """Scores by membrane and time of the first spike: `u(T) / threshold + weight * earliness`.

    Earliness is (T + 1 - t) / T for an output that first crosses its threshold at step t, 0 if it never does.
    """

    def __init__(self, steps, weight=1.0, threshold=1.0, gamma=GAMMA):
        super().__init__(steps)
        self.weight, self.gamma = weight, gamma
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))

    def forward(self, current):
        crossed = early = 0
        membranes = self.membranes(current)
        for u in membranes:
            crossed = crossed + (1 - crossed) * Fire.apply(u, self.threshold, self.gamma)
            early = early + crossed
        return membranes[-1] / self.threshold + self.weight * early / self.steps

    @torch.no_grad()
    def clamp(self):
        self.threshold.clamp_(min=LEAST_THRESHOLD)


class StepDropout(nn.Module):
    """Dropout whose mask is drawn once a sample and used at every step."""

    def __init__(self, steps, share):
        super().__init__()
        self.steps, self.share = steps, share

    def forward(self, x):
        if not self.training or self.share == 0:
            return x
        samples = len(x) // self.steps
        mask = F.dropout(torch.ones_like(x[:samples]), self.share)
        return x * torch.cat([mask] * self.steps)
