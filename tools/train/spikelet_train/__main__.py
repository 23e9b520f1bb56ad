"""Command line: `python3 -m spikelet_train <command> --help`."""

import argparse
import os
import sys
from pathlib import Path

from . import __version__
from .errors import TrainingError

# OpenMP reads it when torch loads: threads that wait for another spin otherwise, and starve it where cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    from . import methods
except ModuleNotFoundError as missing:
    sys.exit(f"error (dependency-missing): {missing.name} is not installed; pip install -r requirements.txt")


def _parser():
    parser = argparse.ArgumentParser(prog="spikelet_train", description="Train networks for Spikelet.")
    parser.add_argument("--version", action="version", version=f"spikelet_train {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, method in methods.METHODS.items():
        _training_arguments(commands.add_parser(name, help=method.summary), method.options)
    _scene_arguments(commands.add_parser("scene", help="split the pixels of a hyperspectral scene"))
    _evaluate_arguments(commands.add_parser("evaluate", help="accuracy of a trained network"))
    _export_arguments(commands.add_parser("export", help="write a trained network as model file and ONNX"))
    _verify_arguments(commands.add_parser("verify", help="compare the engine with the integer reference"))
    _curve_arguments(commands.add_parser("curve", help="draw the accuracy of a training as SVG"))
    return parser


def _data_arguments(parser):
    parser.add_argument("--data", required=True, help="folder, zip of class folders, CIFAR-10/100 archive, or scene.json")
    parser.add_argument("--cache", help="folder that keeps decoded images")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: PyTorch's choice)")


def _training_arguments(parser, kind):
    _data_arguments(parser)
    parser.add_argument("--out", required=True, help="folder for the checkpoint and the log")
    defaults = kind()
    for name, field in kind.__dataclass_fields__.items():
        flag, default = "--" + name.replace("_", "-"), getattr(defaults, name)
        if field.type is bool:
            help_text = field.metadata["help"].replace("%", "%%")
            parser.add_argument(flag, action="store_true", help=help_text)
        else:
            text = f"{field.metadata['help']} (default {default!r})".replace("%", "%%")
            parser.add_argument(flag, type=field.type, default=default, help=text)


def _scene_arguments(parser):
    parser.add_argument("--cube", required=True, help="MATLAB file of the cube [height, width, bands]")
    parser.add_argument("--labels", required=True, help="MATLAB file of the labels; 0: not known")
    parser.add_argument("--cube-variable", help="name of its array, where there are several")
    parser.add_argument("--labels-variable", help="name of its array, where there are several")
    parser.add_argument("--split", default="disjoint", help="disjoint areas (default), or random, which leaks")
    parser.add_argument("--train", type=float, default=0.4, help="share of pixels to train on (default 0.4)")
    parser.add_argument("--patch", type=int, default=5, help="patches that must not overlap (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the split (default 1)")
    parser.add_argument("--normalise", default="minmax", help="minmax of the cube, or bands (default minmax)")
    parser.add_argument("--names", default="", help="names of classes: 1=corn,2=fallow")
    parser.add_argument("--out", required=True, help="folder for scene.json and split.json")


def _evaluate_arguments(parser):
    _data_arguments(parser)
    parser.add_argument("--checkpoint", required=True, help="checkpoint.pt of a training")
    parser.add_argument("--attack", help="accuracy under attacks too: fgsm,pgd7,pgd20")
    parser.add_argument("--epsilon", type=float, default=0.031, help="reach of an attack (default 0.031)")
    parser.add_argument("--attack-step", type=float, default=0.0, help="step of PGD (default: the usual)")
    parser.add_argument("--images", type=int, default=0, help="test images to attack (default 0: all)")
    parser.add_argument("--checks", action="store_true", help="check that the attacks are not deceived")
    parser.add_argument("--transfer", help="checkpoint.pt of another training, attacked for --checks instead")


def _export_arguments(parser):
    parser.add_argument("--checkpoint", required=True, help="checkpoint.pt of a training")
    parser.add_argument("--out", help="the .spikelet file to write")
    parser.add_argument("--onnx", help="the .onnx file to write")
    parser.add_argument("--size", type=int, default=32, help="side of the input images (default 32)")
    parser.add_argument("--keep-batch-norm", action="store_true", help="do not fold it into the convolutions")
    parser.add_argument(
        "--dynamic-batch", action="store_true", help="leave the batch size open in the ONNX file"
    )
    text = "spiking: thresholds in units of the integer accumulators"
    parser.add_argument("--fold-scales", action="store_true", help=text)
    parser.add_argument("--golden", type=int, default=0, help="spiking: images to store with their spikes")
    parser.add_argument("--data", help="data set of the --golden images, from its test part")
    parser.add_argument("--cache", help="folder that keeps decoded images")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: PyTorch's choice)")


def _verify_arguments(parser):
    _data_arguments(parser)
    parser.add_argument("--model", required=True, help=".spikelet file of integers, or a folder that has one")
    parser.add_argument("--images", type=int, default=1000, help="test images (default 1000)")
    parser.add_argument("--node", default="node", help="the Node.js that runs the engine (default: node)")
    parser.add_argument("--keep", help="folder for the inputs and the logits, as little-endian float32")


def _curve_arguments(parser):
    parser.add_argument("--log", required=True, help="log.jsonl of a training")
    parser.add_argument("--out", required=True, help="the .svg file to write")
    parser.add_argument("--title", default="Accuracy by epoch")


def _load(arguments, split):
    import torch

    from . import data

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    return data.load(arguments.data, split, arguments.cache)


def _run_training(arguments):
    from .methods.loop import run

    method = methods.METHODS[arguments.command]
    names = method.options.__dataclass_fields__
    options = method.options(**{name: getattr(arguments, name) for name in names})
    test = _load(arguments, "test")
    result = run(method.training, options, _load(arguments, "train"), test, arguments.out)
    _say(f"accuracy {100 * result:.2f} % of {len(test)} test images")


def _run_scene(arguments):
    from .data.scene import SceneRequest, describe

    names = [entry.split("=", 1) for entry in arguments.names.split(",") if entry]
    if any(len(entry) != 2 for entry in names):
        raise TrainingError("option-names", f'--names "{arguments.names}" is not of the form 1=corn,2=fallow')
    request = SceneRequest(
        cube=arguments.cube,
        labels=arguments.labels,
        kind=arguments.split,
        train=arguments.train,
        patch=arguments.patch,
        seed=arguments.seed,
        normalise=arguments.normalise,
        names=tuple((number.strip(), name.strip()) for number, name in names),
        cube_variable=arguments.cube_variable,
        labels_variable=arguments.labels_variable,
    )
    split, warnings = describe(request, arguments.out)
    for warning in warnings:
        _say(warning)
    _say(f"{arguments.out}: {len(split.train)} pixels to train on, {len(split.test)} to test on")


def _run_evaluate(arguments):
    import torch

    from . import attack, attack_checks, trained
    from .evaluate import accuracy

    source = trained.load(arguments.checkpoint)
    test = _load(arguments, "test")
    if source.scene:
        _evaluate_scene(source, test)
        return
    result = accuracy(source.model, test, torch.tensor(source.mean), torch.tensor(source.std))
    print(f"{100 * result:.3f} % of {len(test)} test images")
    network = attack.Normalised(source.model, source.mean, source.std)
    names = [name for name in (arguments.attack or "").split(",") if name]
    attacks = attack.attacks_named(names, arguments.epsilon, arguments.attack_step)
    for name, apply in attacks.items():
        share = attack.robust_accuracy(network, test, apply, arguments.images)
        print(f"{100 * share:.3f} % under {name} of reach {arguments.epsilon:g}")
    if arguments.checks:
        other = trained.load(arguments.transfer) if arguments.transfer else None
        other = other and attack.Normalised(other.model, other.mean, other.std)
        attack_checks.run(network, test, arguments.images, arguments.epsilon, other, print)


def _evaluate_scene(source, test):
    from .agreement import agreement, confusion
    from .evaluate import scores_of
    from .spiking import activity
    from .spiking.network import is_spiking

    with activity.counted(source.model):
        best = scores_of(source.model, test.images, source.inputs(test)).argmax(1)
    found = agreement(confusion(test.labels, best.numpy(), len(test.classes)))
    shares = f"OA {100 * found.overall:.3f} %, AA {100 * found.average:.3f} %, kappa {found.kappa:.5f}"
    print(f"{shares} of {len(test)} test pixels")
    if is_spiking(source.model):
        _say_energy(source, test)


def _say_energy(source, test):
    import torch

    from .layers import weighted_layers
    from .spiking import activity, energy

    found = activity.activity(source.model)
    bits = next(iter(weighted_layers(source.model).values())).quantizer.bits
    costs = energy.layer_costs(source.model, source.inputs(test)(torch.as_tensor(test.images[:1])))
    print(f"{found.mean:.4f} spikes of a neuron over all steps")
    print(f"{'each pixel':13s}  {'constants':37s}  {'MAC, AC in pJ':15s}  nJ a pixel  times less than")
    for where, table in (("by its patch", costs), ("in a scene", energy.over_a_scene(costs))):
        for pair, full in _pairs(energy, bits):
            ratios = energy.ratios(table, found.zeta, pair, full)
            print(
                f"{where:13s}  {ratios.pair:37s}  {pair.mac:.4f}, {pair.ac:.5f}  {ratios.spiking:10.2f}  "
                f"{ratios.to_few_bits:.1f} ANN of {pair.name}, {ratios.to_full:.0f} ANN of {full.name}; "
                f"{ratios.bound:.1f} if nothing fired"
            )


def _pairs(energy, bits):
    """Constants of the spiking network with those of the float network that it is compared with."""
    if not bits:
        return [(energy.FP32, energy.FP32), (energy.INT32, energy.INT32)]
    return [
        (energy.paper_pair(bits), energy.INT32),
        (energy.bit_pair(bits), energy.FP32),
        (energy.bit_pair(bits), energy.INT32),
    ]


def _run_export(arguments):
    from dataclasses import replace

    from . import channels, trained
    from .export import container, fold, graph, onnx, quantized
    from .layers import weighted_layers, without_masks
    from .spiking.network import is_spiking

    if not arguments.out and not arguments.onnx:
        raise TrainingError(
            "option-missing", "nothing to write: give --out model.spikelet, --onnx model.onnx or both"
        )
    source = trained.load(arguments.checkpoint)
    shape = source.input_shape(arguments.size)
    if is_spiking(source.model):
        _export_spiking(arguments, container, source, shape)
        return
    if arguments.golden or arguments.fold_scales:
        raise TrainingError("option-spiking", "--golden and --fold-scales are for spiking networks")
    if source.quantized:
        source = replace(source, model=channels.without_masked_channels(source.model))
        built = quantized.build_quantized(source.model, source, shape)
        _export_quantized(arguments, container, built, source)
        return
    if weighted_layers(source.model):
        model = without_masks(channels.without_masked_channels(source.model))
        source = replace(source, model=model)
    network = fold.traced(source.model) if arguments.keep_batch_norm else fold.folded(source.model)
    if arguments.out:
        size = container.write(arguments.out, graph.build_graph(network, source, shape), source.provenance)
        _say(f"{arguments.out}: {size} bytes")
    if arguments.onnx:
        size = onnx.write(arguments.onnx, network, shape, arguments.dynamic_batch)
        _say(f"{arguments.onnx}: {size} bytes")


def _export_quantized(arguments, container, graph, source):
    if arguments.onnx or arguments.keep_batch_norm:
        raise TrainingError(
            "option-quantized",
            "a network of integers has no --onnx and no --keep-batch-norm; give --out alone",
        )
    size = container.write(arguments.out, graph, source.provenance)
    _say(f"{arguments.out}: {size} bytes")


def _export_spiking(arguments, container, source, shape):
    from .export import golden
    from .export.spiking import build_spiking
    from .verify import spread

    if arguments.onnx or arguments.keep_batch_norm:
        raise TrainingError(
            "option-spiking", "a spiking network has no --onnx and no --keep-batch-norm; give --out alone"
        )
    if arguments.golden and not arguments.data:
        raise TrainingError("option-missing", "--golden needs images: give --data")
    graph = build_spiking(source.model, source, shape, arguments.fold_scales)
    model = container.pack(graph, source.provenance)
    _say(f"{arguments.out}: {container.write_bytes(arguments.out, model)} bytes")
    if arguments.golden:
        import torch

        test = _load(arguments, "test")
        images, _ = spread(test, arguments.golden)
        inputs = source.inputs(test)(torch.as_tensor(images)).numpy()
        path = golden.golden_path(arguments.out)
        _say(f"{path}: {golden.write(path, model, inputs)} bytes, {len(images)} images")


def _run_verify(arguments):
    from . import verify

    verify.run(arguments, _load(arguments, "test"), print)


def _run_curve(arguments):
    from . import curve, log

    Path(arguments.out).write_text(curve.draw(log.read(arguments.log), arguments.title), encoding="utf-8")
    _say(f"{arguments.out}: written")


def _say(text):
    print(text, file=sys.stderr)


_COMMANDS = {
    **dict.fromkeys(methods.METHODS, _run_training),
    "scene": _run_scene,
    "evaluate": _run_evaluate,
    "export": _run_export,
    "verify": _run_verify,
    "curve": _run_curve,
}


def main(argv=None):
    """Runs one command; returns 0 when done, 1 when it failed (argparse exits with 2 on wrong arguments)."""
    arguments = _parser().parse_args(argv)
    try:
        _COMMANDS[arguments.command](arguments)
    except TrainingError as error:
        _say(f"error ({error.code}): {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the last checkpoint is complete, and the same command goes on from it")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
