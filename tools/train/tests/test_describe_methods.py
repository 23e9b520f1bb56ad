import subprocess
import sys
from pathlib import Path

import pytest

import check_requirements
import describe_methods
from spikelet_train.methods import METHODS

FOLDER = Path(__file__).resolve().parent.parent


def options_of(method):
    options = describe_methods.description()["methods"][method]["options"]
    return {option["name"]: option for option in options}


@pytest.mark.parametrize("method", METHODS)
def test_every_option_of_a_method_is_described(method):
    described = options_of(method)
    names = {name.replace("_", "-") for name in METHODS[method].options.__dataclass_fields__}
    assert names | {"data", "out", "cache", "threads"} == set(described)
    assert described["data"]["required"] and not described["epochs"]["required"]
    assert all(option["help"] for option in described.values())


def test_kinds_follow_the_types():
    described = options_of("bmpq")
    kinds = {name: described[name]["kind"] for name in ("epochs", "rate", "clip", "per-channel")}
    assert kinds == {"epochs": "integer", "rate": "number", "clip": "text", "per-channel": "switch"}


def test_requirements_are_those_of_the_file():
    assert [name for name, _ in check_requirements.needed()] == ["torch", "numpy", "scipy", "pillow"]
    report = check_requirements.report()
    assert report["python"]["enough"] and all(package["enough"] for package in report["packages"])


@pytest.mark.parametrize(
    "version, expected",
    [("1.13.0a0+git", (1, 13, 0)), ("2.4", (2, 4)), ("2.0.0.post1", (2, 0, 0)), ("unknown", ())],
)
def test_versions_are_compared_by_their_leading_numbers(version, expected):
    assert check_requirements.numbers(version) == expected


def test_the_package_runs_from_any_folder(tmp_path):
    command = [sys.executable, str(FOLDER / "run.py"), "--version"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["spikelet_train", describe_methods.__version__]
