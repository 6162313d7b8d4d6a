"""Answering files of any size: their columns are kept and the answers added."""

from metier.runtime.files.batches import BadRow
from metier.runtime.files.formats import FileFormat
from metier.runtime.files.stream import FileOutcome, predict_file
from metier.runtime.files.watching import Watcher

__all__ = ["BadRow", "FileFormat", "FileOutcome", "Watcher", "predict_file"]
