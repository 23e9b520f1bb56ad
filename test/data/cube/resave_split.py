"""Reads a split that was written elsewhere and writes it again: resave_split.py <tools/train> <from> <to>."""

import sys

sys.path.insert(0, sys.argv[1])

from spikelet_train.data.patches import load_split, save_split  # noqa: E402

save_split(load_split(sys.argv[2]), sys.argv[3])
