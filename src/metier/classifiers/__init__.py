"""The methods: one contract, a registry, and models that answer several targets."""

from metier.classifiers.building import build
from metier.classifiers.contract import Classifier
from metier.classifiers.fitting import fit
from metier.classifiers.model import Answer, Model, load_classifier
from metier.classifiers.registry import METHODS, method_class

__all__ = [
    "METHODS",
    "Answer",
    "Classifier",
    "Model",
    "build",
    "fit",
    "load_classifier",
    "method_class",
]
