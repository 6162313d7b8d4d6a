"""Predicting: titles and whole files."""

from metier.runtime.files import FileOutcome, predict_file

__all__ = ["FileOutcome", "predict_file"]
