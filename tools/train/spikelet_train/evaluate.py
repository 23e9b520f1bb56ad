"""Accuracy of a network on a data set, one view an image."""

import torch

from .augment import normalise


@torch.no_grad()
def logits(model, images, mean, std, batch=250, device="cpu", channels_last=True):
    """Class scores, float32 [N, classes], for uint8 `images` [N, C, H, W]; computed in float32."""
    was_training = model.training
    model.eval()
    layout = torch.channels_last if channels_last else torch.contiguous_format
    scores = []
    for start in range(0, len(images), batch):
        part = torch.as_tensor(images[start : start + batch]).to(device)
        x = normalise(part, mean.to(device), std.to(device)).to(memory_format=layout)
        scores.append(model(x).float().cpu())
    model.train(was_training)
    return torch.cat(scores)


def accuracy(model, dataset, mean, std, **options):
    """The share of `dataset` whose label has the highest score, from 0 to 1."""
    best = logits(model, dataset.images, mean, std, **options).argmax(1)
    return (best == torch.as_tensor(dataset.labels)).double().mean().item()
