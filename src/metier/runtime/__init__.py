"""Predicting: titles and whole files."""

from metier.runtime.explained import answers_of
from metier.runtime.files import FileOutcome, predict_file

__all__ = ["FileOutcome", "answers_of", "predict_file"]
