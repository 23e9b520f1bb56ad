"""Vision transformers: patches, a class token, learned positions, blocks that normalise before computing."""

from dataclasses import dataclass, replace

from torch import nn

from ..errors import TrainingError
from ..layers.tokens import ClassToken, FirstToken, MultiHead, Tokens


@dataclass(frozen=True)
class Shape:
    """Features, blocks and heads of a transformer, the side of its patches and of its images in pixels.

    With `stem`, the channels of convolutions, patches are not cut but convolved: each convolution but the
    first halves the sides.
    """

    features: int
    blocks: int
    heads: int
    patch: int = 16
    side: int = 224
    stem: tuple = ()


SHAPES = {
    "vit-cifar": Shape(192, 6, 3, 4, 32),
    "vit-cifar-conv": Shape(128, 3, 4, 4, 32, (32, 64)),
    "vit-tiny": Shape(192, 12, 3),
    "vit-small": Shape(384, 12, 6),
    "vit-base": Shape(768, 12, 12),
    "vit-large": Shape(1024, 24, 16),
}
# DeiT is the same network, trained otherwise.
SHAPES.update({f"deit-{size}": SHAPES[f"vit-{size}"] for size in ("tiny", "small", "base")})
EPSILON = 1e-6
GROWTH = 4


class Block(nn.Module):
    """Attention, then two linear layers with GELU between them, each added to what it reads."""

    def __init__(self, features, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(features, EPSILON)
        self.query = nn.Linear(features, features)
        self.key = nn.Linear(features, features)
        self.value = nn.Linear(features, features)
        self.attention = MultiHead(features, heads)
        self.project = nn.Linear(features, features)
        self.norm2 = nn.LayerNorm(features, EPSILON)
        self.expand = nn.Linear(features, GROWTH * features)
        self.activation = nn.GELU()
        self.contract = nn.Linear(GROWTH * features, features)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.project(self.attention(self.query(y), self.key(y), self.value(y)))
        return x + self.contract(self.activation(self.expand(self.norm2(x))))


class Stem(nn.Sequential):
    """Convolutions of 3x3 with rectifiers between them in place of patches, as in "Early convolutions"."""

    def __init__(self, channels):
        layers, inputs = [], 3
        for position, outputs in enumerate(channels):
            layers.append(nn.Conv2d(inputs, outputs, 3, 1 if position == 0 else 2, 1, bias=False))
            layers.append(nn.BatchNorm2d(outputs))
            if position + 1 < len(channels):
                layers.append(nn.ReLU())
            inputs = outputs
        super().__init__(*layers)


class VisionTransformer(nn.Module):
    """A network of `shape` for `classes` classes."""

    any_size = False
    optimizer = "adamw"

    def __init__(self, shape, classes):
        super().__init__()
        self.shape = shape
        self.patches = nn.Conv2d(3, shape.features, shape.patch, shape.patch)
        if shape.stem:
            self.patches = Stem((*shape.stem, shape.features))
        self.tokens = Tokens()
        self.embedding = ClassToken((shape.side // shape.patch) ** 2, shape.features)
        self.blocks = nn.Sequential(*(Block(shape.features, shape.heads) for _ in range(shape.blocks)))
        self.norm = nn.LayerNorm(shape.features, EPSILON)
        self.first = FirstToken()
        self.head = nn.Linear(shape.features, classes)
        self.apply(_initialise)

    def forward(self, x):
        x = self.embedding(self.tokens(self.patches(x)))
        return self.head(self.first(self.norm(self.blocks(x))))


def _initialise(module):
    if isinstance(module, (nn.Linear, nn.Conv2d)) and module.bias is not None:
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _builder(shape):
    def make(width=1.0, classes=10):
        features = round(shape.features * width)
        if features % shape.heads or not features:
            raise TrainingError(
                "model-width",
                f"width {width} gives {features} features, which {shape.heads} heads cannot share",
            )
        stem = tuple(max(1, round(channels * width)) for channels in shape.stem)
        return VisionTransformer(replace(shape, features=features, stem=stem), classes)

    return make


VISION_TRANSFORMERS = {name: _builder(shape) for name, shape in SHAPES.items()}
