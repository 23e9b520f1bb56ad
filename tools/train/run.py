"""Runs spikelet_train from any folder: `python3 <this folder>/run.py <command> ...`."""

import sys

from spikelet_train.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
