"""Encoders exported to ONNX: they answer without torch."""
