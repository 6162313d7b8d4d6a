"""Predicting: titles and whole files."""

from metier.runtime.answering import Answerer
from metier.runtime.explained import answers_of
from metier.runtime.files import BadRow, FileFormat, FileOutcome, Watcher, predict_file

__all__ = [
    "Answerer",
    "BadRow",
    "FileFormat",
    "FileOutcome",
    "Watcher",
    "answers_of",
    "predict_file",
]
