"""What this Python is and what it has of requirements.txt, as JSON. Runs in any Python, with nothing installed."""

import json
import os
import re
import sys

PYTHON = (3, 9)
# For the tests of this folder only.
NOT_NEEDED = ("pytest",)


def needed():
    """(name, least version) of every package that a training needs."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requirements.txt")
    with open(path) as lines:
        pairs = [line.strip().split(">=") for line in lines if line.strip()]
    return [(name, least) for name, least in pairs if name not in NOT_NEEDED]


def installed(name):
    """The version of a package, or None."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def numbers(version):
    """The leading numbers of a version: 1.13.0a0+git as (1, 13, 0)."""
    return tuple(int(part) for part in re.match(r"[\d.]*", version).group().strip(".").split(".") if part)


def package(name, least):
    found = installed(name)
    enough = found is not None and numbers(found) >= numbers(least)
    return {"name": name, "needed": least, "found": found, "enough": enough}


def report():
    enough = sys.version_info >= PYTHON
    return {
        "executable": sys.executable,
        "python": {
            "needed": ".".join(map(str, PYTHON)),
            "found": ".".join(map(str, sys.version_info[:3])),
            "enough": enough,
        },
        "packages": [package(name, least) for name, least in needed()] if enough else [],
    }


if __name__ == "__main__":
    print(json.dumps(report()))
