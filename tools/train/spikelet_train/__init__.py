"""Trains the networks that Spikelet runs, and writes them as `.spikelet` and ONNX files."""

__version__ = "0.1.0"
