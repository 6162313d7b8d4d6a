"""Rules over the markers of the guidelines: fast, explained, and fitted to nothing."""

from metier.classifiers.rules.classifier import RulesClassifier, Verdict
from metier.classifiers.rules.recognition import statuses

__all__ = ["RulesClassifier", "Verdict", "statuses"]
