"""Training of a float network: the shared loop as it is."""

from .loop import Training, run


def train_float(options, train, test, out):
    """Trains a float network; see `loop.run`."""
    return run(Training, options, train, test, out)
