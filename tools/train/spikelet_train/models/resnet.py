"""Residual networks in their CIFAR form: a 3x3 stem without pooling, for images of 32x32 pixels."""

from torch import nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """`widths` gives the channels of each stage, `blocks` the basic blocks in a stage."""

    any_size = True

    def __init__(self, widths, blocks, classes=10):
        super().__init__()
        self.conv = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(widths[0])
        stages, inputs = [], widths[0]
        for position, outputs in enumerate(widths):
            stage = []
            for block in range(blocks):
                stride = 2 if position > 0 and block == 0 else 1
                stage.append(BasicBlock(inputs, outputs, stride))
                inputs = outputs
            stages.append(nn.Sequential(*stage))
        self.stages = nn.Sequential(*stages)
        self.linear = nn.Linear(inputs, classes)
        self.apply(_initialise)
        # Each block starts as its shortcut, which keeps large first steps stable.
        for module in self.modules():
            if isinstance(module, BasicBlock):
                nn.init.zeros_(module.bn2.weight)

    def forward(self, x):
        x = self.stages(F.relu(self.bn(self.conv(x))))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


def _initialise(module):
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _scaled(widths, factor):
    return [max(1, round(width * factor)) for width in widths]


def resnet18(width=1.0, classes=10):
    """ResNet-18: four stages of two blocks, 64 to 512 channels at width 1."""
    return ResNet(_scaled((64, 128, 256, 512), width), 2, classes)


def resnet20(width=1.0, classes=10):
    """ResNet-20: three stages of three blocks, 16 to 64 channels at width 1."""
    return ResNet(_scaled((16, 32, 64), width), 3, classes)
