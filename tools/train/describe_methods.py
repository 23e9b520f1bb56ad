"""The training methods with their options as JSON, for programs that drive spikelet_train."""

import json
import platform

import torch

from spikelet_train import __version__
from spikelet_train.__main__ import _training_arguments
from spikelet_train.methods import METHODS

KINDS = {int: "integer", float: "number"}


class Recorder:
    """Takes options as an argument parser does and keeps what they are."""

    def __init__(self):
        self.options = []

    def add_argument(self, flag, type=str, action=None, help="", required=False, **_):
        kind = "switch" if action == "store_true" else KINDS.get(type, "text")
        text = help.replace("%%", "%")
        self.options.append(
            {"name": flag.removeprefix("--"), "kind": kind, "help": text, "required": required}
        )


def options_of(method):
    recorder = Recorder()
    _training_arguments(recorder, method.options)
    return recorder.options


def description():
    return {
        "tool": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "methods": {
            name: {"summary": method.summary, "options": options_of(method)}
            for name, method in METHODS.items()
        },
    }


if __name__ == "__main__":
    print(json.dumps(description()))
