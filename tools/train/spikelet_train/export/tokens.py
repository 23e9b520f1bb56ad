"""Nodes of a model file for the layers of transformers."""

from ..layers.tokens import ClassToken, FirstToken, MultiHead, Tokens


def _tokens(walk, node, name, module):
    batch, features, height, width = node.args[0].meta["tensor_meta"].shape
    flat = {"shape": [batch, features, height * width]}
    walk.append("reshape", f"{name}.flat", [walk.values[node.args[0]]], flat)
    walk.values[node] = walk.append("transpose", name, [f"{name}.flat"], {"permutation": [0, 2, 1]})


def _class_token(walk, node, name, module):
    token = walk.constant(f"{name}.token", module.token)
    position = walk.constant(f"{name}.position", module.position)
    walk.append("concat", f"{name}.tokens", [token, walk.values[node.args[0]]], {"axis": 1})
    walk.values[node] = walk.append("add", name, [f"{name}.tokens", position])


def _first_token(walk, node, name, module):
    batch, _, features = node.args[0].meta["tensor_meta"].shape
    part = {"starts": [0], "ends": [1], "axes": [1], "steps": [1]}
    walk.append("slice", f"{name}.part", [walk.values[node.args[0]]], part)
    walk.values[node] = walk.append("reshape", name, [f"{name}.part"], {"shape": [batch, features]})


def _multi_head(walk, node, name, module):
    inputs = [walk.values[argument] for argument in node.args]
    attributes = {"heads": module.heads, "scale": module.scale}
    walk.values[node] = walk.append("attention", name, inputs, attributes)


TOKEN_EXPORTS = {
    Tokens: _tokens,
    ClassToken: _class_token,
    FirstToken: _first_token,
    MultiHead: _multi_head,
}
