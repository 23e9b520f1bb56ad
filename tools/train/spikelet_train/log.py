"""Progress for people on stderr, records for programs in a JSON-lines file."""

import json
import os
import sys
import time
from pathlib import Path

from .errors import TrainingError


class JsonLog:
    """Appends one JSON object a line; each line is on disk when `write` returns."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, record):
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")


def read(path):
    """The records of a JSON-lines file."""
    path = Path(path)
    if not path.is_file():
        raise TrainingError("log-missing", f"there is no log at {path}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class ProgressBar:
    """One line on stderr that is redrawn in a terminal; elsewhere a line every `quiet_seconds`."""

    def __init__(self, label, total, stream=None, quiet_seconds=60.0):
        self.label, self.total = label, total
        self.stream = sys.stderr if stream is None else stream
        # Whoever passes the text on to a terminal says so.
        self.terminal = self.stream.isatty() or "SPIKELET_TERMINAL" in os.environ
        self.interval = 0.2 if self.terminal else quiet_seconds
        self.start = self.drawn = time.monotonic()

    def update(self, done, note=""):
        now = time.monotonic()
        if now - self.drawn < self.interval and done < self.total:
            return
        self.drawn = now
        left = (now - self.start) / max(done, 1) * (self.total - done)
        filled = round(24 * done / self.total)
        line = (
            f"{self.label} [{'#' * filled}{'.' * (24 - filled)}] {done}/{self.total} {left:.0f} s left {note}"
        )
        if self.terminal:
            self.stream.write("\r\x1b[K" + line + ("\n" if done >= self.total else ""))
        else:
            self.stream.write(line + "\n")
        self.stream.flush()
