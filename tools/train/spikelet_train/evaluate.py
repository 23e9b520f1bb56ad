"""Accuracy of a network on a data set, one view an image."""

import torch

from .data.inputs import ImageInputs


@torch.no_grad()
def logits(model, images, mean, std, batch=250, device="cpu", channels_last=True):
    """Class scores, float32 [N, classes], for uint8 `images` [N, C, H, W]; computed in float32."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    inputs = ImageInputs(mean, std)
    return scores_of(model, images, lambda part: inputs(part).to(memory_format=layout), batch, device)


@torch.no_grad()
def scores_of(model, samples, inputs, batch=250, device="cpu"):
    """Class scores, float32 [N, classes], for `samples` [N, ...], of which `inputs` makes what `model` reads."""
    was_training = model.training
    model.eval()
    scores = []
    for start in range(0, len(samples), batch):
        part = torch.as_tensor(samples[start : start + batch]).to(device)
        scores.append(model(inputs(part)).float().cpu())
    model.train(was_training)
    return torch.cat(scores)


def accuracy(model, dataset, mean, std, **options):
    """The share of `dataset` whose label has the highest score, from 0 to 1."""
    best = logits(model, dataset.images, mean, std, **options).argmax(1)
    return (best == torch.as_tensor(dataset.labels)).double().mean().item()
