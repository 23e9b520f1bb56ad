"""Small transformers as PyTorch exports them: export_transformers.py <folder>. Exits with 3 without torch."""

import sys
import warnings
from pathlib import Path

try:
    import torch
except ModuleNotFoundError:
    sys.exit(3)

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools" / "train"))
from torch import nn  # noqa: E402

from spikelet_train.models.bert import Bert  # noqa: E402
from spikelet_train.models.vit import Shape, VisionTransformer  # noqa: E402

SMALL = Shape(24, 2, 3, 4, 12)


class SideBySide(nn.Module):
    """Queries, keys and values from one layer, as timm has them."""

    def __init__(self, features=24, heads=3):
        super().__init__()
        self.heads, self.scale = heads, (features // heads) ** -0.5
        self.qkv = nn.Linear(features, 3 * features)
        self.project = nn.Linear(features, features)

    def forward(self, x):
        batch, tokens, features = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, features // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        weights = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        return self.project((weights @ v).transpose(1, 2).reshape(batch, tokens, features))


def export(path, model, inputs, names, opset, dynamic=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), inputs, str(path), opset_version=opset, input_names=names, output_names=["y"],
            dynamic_axes=dynamic,
        )


def randomised(model):
    """Weights and biases that all matter."""
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model


def main(folder):
    torch.manual_seed(1)
    image, sequence = torch.zeros(1, 3, 12, 12), torch.zeros(1, 7, 24)
    for opset in (13, 14, 17):
        model = randomised(VisionTransformer(SMALL, 5))
        export(folder / f"vit-{opset}.onnx", model, (image,), ["x"], opset)
    model = randomised(SideBySide())
    axes = {"x": {0: "batch", 1: "tokens"}}
    export(folder / "side-by-side-13.onnx", model, (sequence,), ["x"], 13, axes)
    encoder = nn.TransformerEncoderLayer(24, 3, 48, 0.0, "gelu", batch_first=True, norm_first=True)
    # Training mode keeps the layer on its way of single operators; without dropout it computes the same.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            randomised(encoder).train(), (sequence,), str(folder / "encoder-14.onnx"), opset_version=14,
            input_names=["x"], output_names=["y"], training=torch.onnx.TrainingMode.PRESERVE,
        )
    bert = randomised(Bert(50, 24, 2, 3, 4, 16))
    tokens = torch.zeros(1, 9, dtype=torch.int64)
    names = ["tokens", "kinds", "mask"]
    axes = {name: {0: "batch", 1: "length"} for name in names}
    export(folder / "bert-13.onnx", bert, (tokens, tokens, tokens + 1), names, 13, axes)


main(Path(sys.argv[1]))
