"""Augmentation of whole batches of uint8 images [N, C, H, W], without a loop over the images."""

import torch


def random_crop(images, padding, generator):
    """Shifts each image by up to `padding` pixels; what comes into view is the reflected image."""
    if padding == 0:
        return images
    count, _, height, width = images.shape
    offsets = torch.randint(-padding, padding + 1, (2, count), generator=generator)
    rows = _reflect(torch.arange(height) + offsets[0][:, None], height)
    columns = _reflect(torch.arange(width) + offsets[1][:, None], width)
    batch = torch.arange(count)[:, None, None]
    # Indices on both sides of the channel slice put it last: [N, H, W, C].
    return images[batch, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _reflect(index, size):
    index = index.abs()
    return torch.where(index >= size, 2 * (size - 1) - index, index)


def alternating_flip(images, first_flip, epoch):
    """Mirrors half of the images, and in the next epoch the other half.

    `first_flip` is bool [N]: whether an image is mirrored in even epochs. Over two epochs the network sees
    both sides of every image, where independent draws would repeat one side for half of them.
    """
    flip = first_flip ^ bool(epoch % 2)
    return torch.where(flip[:, None, None, None], images.flip(3), images)


def cutout(images, size, generator, fill):
    """Covers a square of `size` pixels, centred anywhere in each image, with `fill` (a value a channel)."""
    if size == 0:
        return images
    count, _, height, width = images.shape
    top = torch.randint(0, height, (count, 1), generator=generator) - size // 2
    left = torch.randint(0, width, (count, 1), generator=generator) - size // 2
    rows, columns = torch.arange(height), torch.arange(width)
    in_rows = (rows >= top) & (rows < top + size)
    in_columns = (columns >= left) & (columns < left + size)
    covered = (in_rows[:, :, None] & in_columns[:, None, :])[:, None]
    return torch.where(covered, fill.view(1, -1, 1, 1), images)


def normalise(images, mean, std):
    """uint8 images as float32 with the mean and standard deviation (in [0, 1] units) taken out."""
    scale = 1.0 / (255.0 * std)
    return images.float() * scale.view(1, -1, 1, 1) - (mean / std).view(1, -1, 1, 1)
