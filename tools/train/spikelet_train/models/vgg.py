"""VGG-16 in its CIFAR form: 13 convolutions with batch normalisation, max pools, one linear layer."""

from torch import nn

LAYOUT = (
    64,
    64,
    "pool",
    128,
    128,
    "pool",
    256,
    256,
    256,
    "pool",
    512,
    512,
    512,
    "pool",
    512,
    512,
    512,
    "pool",
)


class Vgg(nn.Module):
    """`layout` gives the channels of each convolution, and where a max pool halves the image."""

    # Odd sides are rounded up, so that smaller training images leave one pixel to the linear layer too.
    any_size = True

    def __init__(self, layout, classes=10):
        super().__init__()
        layers, inputs = [], 3
        for entry in layout:
            if entry == "pool":
                layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
                continue
            layers += [nn.Conv2d(inputs, entry, 3, 1, 1, bias=False), nn.BatchNorm2d(entry), nn.ReLU()]
            inputs = entry
        self.features = nn.Sequential(*layers)
        self.linear = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.linear(self.features(x).flatten(1))


def vgg16(width=1.0, classes=10):
    """VGG-16 with 64 to 512 channels at width 1; input of 32x32 pixels."""
    scaled = [entry if entry == "pool" else max(1, round(entry * width)) for entry in LAYOUT]
    return Vgg(scaled, classes)
