"""Trained networks as files: the `.spikelet` container and ONNX."""
