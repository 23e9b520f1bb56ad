"""Writes ResNet-18 as ONNX by PyTorch's own exporter, in f32 or with fake quantization (QDQ), random weights."""

import argparse
import warnings

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels, out_channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )
        self.relu2 = nn.ReLU()

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(out + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, channels = [], width
        for stage in range(4):
            for index in range(2):
                out_channels = width * 2**stage
                blocks.append(Block(channels, out_channels, 2 if stage > 0 and index == 0 else 1))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.blocks(self.pool(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.average(x), 1))


def randomize(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 1.5)


def fake_quantized(model, size):
    from torch.ao.quantization import FakeQuantize, MinMaxObserver, PerChannelMinMaxObserver, QConfig, QConfigMapping
    from torch.ao.quantization.fake_quantize import disable_observer
    from torch.ao.quantization.quantize_fx import fuse_fx, prepare_qat_fx

    activation = FakeQuantize.with_args(
        observer=MinMaxObserver, quant_min=0, quant_max=255, dtype=torch.quint8, reduce_range=False
    )
    weight = FakeQuantize.with_args(
        observer=PerChannelMinMaxObserver,
        quant_min=-128,
        quant_max=127,
        dtype=torch.qint8,
        qscheme=torch.per_channel_symmetric,
        ch_axis=0,
    )
    example = torch.randn(1, 3, size, size)
    fused = fuse_fx(model.eval())
    mapping = QConfigMapping().set_global(QConfig(activation=activation, weight=weight))
    prepared = prepare_qat_fx(fused.train(), mapping, (example,)).eval()
    with torch.no_grad():
        for _ in range(4):
            prepared(torch.randn(4, 3, size, size))
    prepared.apply(disable_observer)
    return prepared


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--quantized", action="store_true")
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--opset", type=int, default=13)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.manual_seed(7)
    torch.set_num_threads(1)
    model = ResNet18(options.width, 10)
    randomize(model)
    model.eval()
    if options.quantized:
        model = fake_quantized(model, options.size)
    axes = {"image": {0: "batch", 2: "height", 3: "width"}} if options.dynamic else None
    torch.onnx.export(
        model,
        torch.randn(1, 3, options.size, options.size),
        options.path,
        input_names=["image"],
        output_names=["logits"],
        opset_version=options.opset,
        dynamic_axes=axes,
    )


main()
