"""Networks over patches of hyperspectral scenes, [N, 1, bands, patch, patch]: without bias and normalisation.

CNN-3D and the hybrid CNN-32H of HYPER-SNN (arXiv 2107.11979), with the layer tables as they are recalled.
"""

from torch import nn

DROPOUT = 0.2


def _spectral(inputs, outputs, length, stride, pad, window=1):
    """A convolution over `length` bands and `window` by `window` pixels; strides and pads along the bands."""
    return nn.Conv3d(inputs, outputs, (length, window, window), (stride, 1, 1), (pad, 0, 0), bias=False)


def _positions(bands, length, stride, pad):
    return (bands + 2 * pad - length) // stride + 1


class Cnn3d(nn.Module):
    """Six convolutions over bands and pixels, one linear layer; strides along the bands take the place of
    pools."""

    any_size = False
    patch = 5
    least_bands = 4

    def __init__(self, width, classes, bands):
        super().__init__()
        first, second, third = (max(1, round(size * width)) for size in (20, 40, 84))
        table = (
            (1, first, 3, 1, 0, 3),
            (first, second, 3, 2, 1, 1),
            (second, third, 3, 1, 1, 3),
            (third, third, 3, 2, 1, 1),
            (third, third, 3, 1, 1, 1),
            (third, third, 2, 2, 1, 1),
        )
        layers = []
        for inputs, outputs, length, stride, pad, window in table:
            layers += [_spectral(inputs, outputs, length, stride, pad, window), nn.ReLU()]
            bands = _positions(bands, length, stride, pad)
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(DROPOUT)
        self.linear = nn.Linear(third * bands, classes, bias=False)
        self.apply(_initialise)

    def forward(self, x):
        return self.linear(self.dropout(self.features(x).flatten(1)))


class Cnn32h(nn.Module):
    """One convolution over bands and pixels; its filters by its positions are an image for a plane one.

    The image has a row for each filter: with a row for each position it would be the same network with
    transposed kernels.
    """

    any_size = False
    patch = 3
    least_bands = 53
    LENGTH, STRIDE, POOL = 18, 7, 4

    def __init__(self, width, classes, bands):
        super().__init__()
        self.filters, planes = max(self.POOL + 2, round(90 * width)), max(1, round(64 * width))
        self.positions = _positions(bands, self.LENGTH, self.STRIDE, 0)
        self.conv1 = _spectral(1, self.filters, self.LENGTH, self.STRIDE, 0, self.patch)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(1, planes, 3, bias=False)
        self.relu2 = nn.ReLU()
        self.pool = nn.AvgPool2d(self.POOL, self.POOL)
        self.dropout = nn.Dropout(DROPOUT)
        rows, columns = (self.filters - 2) // self.POOL, (self.positions - 2) // self.POOL
        self.linear = nn.Linear(planes * rows * columns, classes, bias=False)
        self.apply(_initialise)

    def forward(self, x):
        image = self.relu1(self.conv1(x)).reshape(-1, 1, self.filters, self.positions)
        return self.linear(self.dropout(self.pool(self.relu2(self.conv2(image))).flatten(1)))


def _initialise(module):
    if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")


SCENE_MODELS = {"cnn-3d": Cnn3d, "cnn-32h": Cnn32h}
