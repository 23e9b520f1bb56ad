"""Writes networks of random weights as ONNX by PyTorch's own exporter, in f32 or with fake quantization (QDQ)."""

import sys
import warnings

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit(3)

warnings.simplefilter("ignore")


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


class Tiny(nn.Module):
    """What small exports tend to hold: sizes computed at run time, a depthwise layer, hard swish, two branches."""

    def __init__(self, width, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, 2, 1)
        self.depthwise = nn.Conv2d(width, width, 3, 1, 1, groups=width)
        self.bn = nn.BatchNorm2d(width)
        self.act = nn.Hardswish()
        self.branch = nn.Conv2d(width, width, 1)
        self.pool = nn.AvgPool2d(2)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = torch.cat([self.act(self.bn(self.depthwise(x))), torch.sigmoid(self.branch(x))], 1)
        x = nn.functional.interpolate(self.pool(x), scale_factor=2.0, mode="nearest")
        x = x.view(x.size(0), x.size(1), -1).mean(2)
        return torch.softmax(self.fc(x), 1)


def randomize(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 1.5)


def fake_quantized(model, size):
    from torch.ao.quantization import FakeQuantize, MinMaxObserver, PerChannelMinMaxObserver, QConfig, QConfigMapping
    from torch.ao.quantization.fake_quantize import default_fixed_qparams_range_0to1_fake_quant, disable_observer
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
    bounded = QConfig(activation=default_fixed_qparams_range_0to1_fake_quant, weight=weight)
    for function in (torch.sigmoid, torch.softmax, torch.nn.functional.softmax):
        mapping.set_object_type(function, bounded)
    prepared = prepare_qat_fx(fused.train(), mapping, (example,)).eval()
    with torch.no_grad():
        for _ in range(4):
            prepared(torch.randn(4, 3, size, size))
    prepared.apply(disable_observer)
    return prepared


def export(path, model, size, opset, dynamic):
    torch.onnx.export(
        model,
        torch.randn(1, 3, size, size),
        path,
        input_names=["image"],
        output_names=["logits"],
        opset_version=opset,
        dynamic_axes={"image": {0: "batch", 2: "height", 3: "width"}} if dynamic else None,
    )


def network(kind, width, size, quantized):
    torch.manual_seed(7)
    model = kind(width, 10)
    randomize(model)
    model.eval()
    return fake_quantized(model, size) if quantized else model


def main():
    folder, what = sys.argv[1:]
    torch.set_num_threads(1)
    if what == "tiny":
        export(f"{folder}/torch-f32-dynamic.onnx", network(Tiny, 4, 16, False), 16, 11, True)
        export(f"{folder}/torch-qdq.onnx", network(Tiny, 4, 16, True), 16, 13, False)
    if what == "resnet18":
        model = network(ResNet18, 16, 64, False)
        for opset in (11, 13, 16):
            export(f"{folder}/f32-{opset}.onnx", model, 64, opset, True)
        export(f"{folder}/qdq-13.onnx", network(ResNet18, 16, 64, True), 64, 13, False)


main()
