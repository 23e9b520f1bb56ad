"""Networks without bias and normalisation, with average pools: those that can become spiking ones."""

from torch import nn

POOL = "pool"
LAYOUTS = {
    "plain-vgg5": (64, POOL, 128, 128, POOL),
    "plain-vgg9": (64, POOL, 128, 256, POOL, 256, 512, POOL, 512, POOL, 512),
    "plain-vgg11": (64, POOL, 128, 256, POOL, 512, 512, 512, POOL, 512, 512),
    "plain-vgg16": (64, 64, POOL, 128, 128, POOL, *[256] * 3, POOL, *[512] * 3, POOL, *[512] * 3),
}
BLOCKS = {"plain-resnet12": (1, 1, 1, 1), "plain-resnet20": (2, 2, 2, 2), "plain-resnet34": (3, 4, 6, 3)}
HIDDEN = 4096
STAGES = (64, 128, 256, 512)
DROPOUT_CONV = 0.2
DROPOUT_LINEAR = 0.5


def conv(inputs, outputs, kernel=3, stride=1):
    """A convolution without bias that keeps the size at stride 1."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class PlainVgg(nn.Module):
    """`layout` gives the channels of each convolution, and where an average pool takes the place of
    dropout."""

    any_size = False

    def __init__(self, layout, hidden, classes, side=32):
        super().__init__()
        layers, inputs = [], 3
        for place, entry in enumerate(layout):
            if entry == POOL:
                layers.append(nn.AvgPool2d(2, 2))
                side //= 2
                continue
            layers += [conv(inputs, entry), nn.ReLU()]
            if layout[place + 1 : place + 2] != (POOL,):
                layers.append(nn.Dropout(DROPOUT_CONV))
            inputs = entry
        self.features = nn.Sequential(*layers)
        sizes, head = (inputs * side * side, hidden, hidden), []
        for before, after in zip(sizes, sizes[1:]):
            head += [nn.Linear(before, after, bias=False), nn.ReLU(), nn.Dropout(DROPOUT_LINEAR)]
        self.classifier = nn.Sequential(*head, nn.Linear(hidden, classes, bias=False))
        self.apply(_initialise)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class PlainBlock(nn.Module):
    """Two convolutions; what the block reads is added before the second rectifier, as into a membrane."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.relu1 = conv(inputs, outputs, 3, stride), nn.ReLU()
        self.dropout = nn.Dropout(DROPOUT_CONV)
        self.conv2, self.relu2 = conv(outputs, outputs), nn.ReLU()
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv(inputs, outputs, 1, stride)

    def forward(self, x):
        y = self.conv2(self.dropout(self.relu1(self.conv1(x))))
        return self.relu2(y + self.shortcut(x))


class PlainResNet(nn.Module):
    """A stem of three convolutions and an average pool, `blocks` basic blocks a stage, one linear layer."""

    any_size = False

    def __init__(self, widths, blocks, classes, side=32):
        super().__init__()
        stem, inputs = [], 3
        for _ in range(3):
            stem += [conv(inputs, widths[0]), nn.ReLU()]
            inputs = widths[0]
        self.stem = nn.Sequential(*stem, nn.AvgPool2d(2, 2))
        side, stages = side // 2, []
        for position, (outputs, count) in enumerate(zip(widths, blocks)):
            for block in range(count):
                stride = 2 if position > 0 and block == 0 else 1
                stages.append(PlainBlock(inputs, outputs, stride))
                inputs, side = outputs, side // stride
        self.blocks = nn.Sequential(*stages)
        self.linear = nn.Linear(inputs * side * side, classes, bias=False)
        self.apply(_initialise)

    def forward(self, x):
        return self.linear(self.blocks(self.stem(x)).flatten(1))


def _initialise(module):
    if isinstance(module, nn.Conv2d):
        fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
        nn.init.normal_(module.weight, 0, (2 / fan_out) ** 0.5)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, 0, 0.01)


def _scaled(size, width):
    return max(1, round(size * width))


def plain_vgg(name):
    """The constructor (width, classes) of a VGG in `LAYOUTS`; input of 32x32 pixels."""

    def construct(width=1.0, classes=10):
        layout = tuple(entry if entry == POOL else _scaled(entry, width) for entry in LAYOUTS[name])
        return PlainVgg(layout, _scaled(HIDDEN, width), classes)

    return construct


def plain_resnet(name):
    """The constructor (width, classes) of a ResNet in `BLOCKS`; input of 32x32 pixels."""

    def construct(width=1.0, classes=10):
        return PlainResNet([_scaled(size, width) for size in STAGES], BLOCKS[name], classes)

    return construct


PLAIN_MODELS = {
    **{name: plain_vgg(name) for name in LAYOUTS},
    **{name: plain_resnet(name) for name in BLOCKS},
}
