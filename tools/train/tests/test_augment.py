import numpy as np
import pytest
import torch

from spikelet_train import augment


@pytest.fixture
def images():
    return torch.randint(
        0, 256, (64, 3, 12, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(3)
    )


def generator():
    return torch.Generator().manual_seed(5)


def test_crop_takes_windows_of_the_reflected_image(images):
    padding = 2
    cropped = augment.random_crop(images, padding, generator())
    assert cropped.shape == images.shape and cropped.dtype == torch.uint8
    shifts = set()
    for image, crop in zip(images.numpy(), cropped.numpy()):
        wide = np.pad(image, ((0, 0), (padding, padding), (padding, padding)), mode="reflect")
        fits = [
            (y, x)
            for y in range(2 * padding + 1)
            for x in range(2 * padding + 1)
            if np.array_equal(wide[:, y : y + 12, x : x + 10], crop)
        ]
        assert len(fits) == 1
        shifts.add(fits[0])
    assert len(shifts) > 12


def test_crop_without_padding_changes_nothing(images):
    assert torch.equal(augment.random_crop(images, 0, generator()), images)


def test_two_epochs_show_both_sides_of_every_image(images):
    first = torch.arange(64) % 3 == 0
    even = augment.alternating_flip(images, first, 0)
    odd = augment.alternating_flip(images, first, 1)
    assert torch.equal(even[~first], images[~first]) and torch.equal(even[first], images[first].flip(3))
    assert torch.equal(odd, even.flip(3))


def test_cutout_covers_at_most_its_square(images):
    fill = torch.tensor([1, 2, 3], dtype=torch.uint8)
    cut = augment.cutout(images, 4, generator(), fill)
    assert cut.shape == images.shape and cut.dtype == torch.uint8
    changed = (cut != images).any(1)
    assert changed.flatten(1).sum(1).max() <= 16 and changed.any()
    covered = cut.permute(0, 2, 3, 1)[changed]
    assert (covered == fill).all()


def test_normalise_gives_zero_mean_and_unit_deviation(images):
    pixels = images.double() / 255
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3), unbiased=False)
    out = augment.normalise(images, mean.float(), std.float())
    assert out.dtype == torch.float32
    assert torch.allclose(out.double().mean((0, 2, 3)), torch.zeros(3, dtype=torch.float64), atol=1e-5)
    assert torch.allclose(
        out.double().std((0, 2, 3), unbiased=False), torch.ones(3, dtype=torch.float64), atol=1e-5
    )
