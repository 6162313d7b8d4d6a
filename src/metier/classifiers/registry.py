"""Which methods there are. Adding one is a module and a line here."""

from __future__ import annotations

import importlib
from typing import NamedTuple

from metier.classifiers.contract import Classifier
from metier.errors import MissingExtraError, ModelError

__all__ = ["METHODS", "method_class"]


class Entry(NamedTuple):
    """Where a method lives; its module is imported when the method is asked for, not before."""

    module: str
    name: str
    extra: str = ""


METHODS = {
    "prompted": Entry("metier.classifiers.prompted", "PromptedClassifier", "llm"),
    "rules": Entry("metier.classifiers.rules.classifier", "RulesClassifier"),
    "substring": Entry("metier.classifiers.substring", "SubstringClassifier"),
    "recorded": Entry("metier.classifiers.recorded", "RecordedClassifier"),
    "hybrid": Entry("metier.classifiers.hybrid", "HybridClassifier"),
    "average": Entry("metier.classifiers.average", "AverageClassifier"),
    "bag-of-words": Entry("metier.classifiers.bag_of_words", "BagOfWordsClassifier", "train"),
    "probe": Entry("metier.classifiers.embedding.probe", "ProbeClassifier", "train"),
    "centroids": Entry("metier.classifiers.embedding.centroids", "CentroidClassifier", "train"),
    "zero-shot": Entry("metier.classifiers.embedding.zero_shot", "ZeroShotClassifier", "train"),
    "few-shot": Entry("metier.classifiers.embedding.few_shot", "FewShotClassifier", "train"),
    "transformer": Entry(
        "metier.classifiers.transformer.classifier", "TransformerClassifier", "train"
    ),
    "distilled": Entry("metier.classifiers.distilled.classifier", "DistilledClassifier"),
    "exported": Entry("metier.classifiers.exported.classifier", "ExportedClassifier"),
    "cascade": Entry("metier.classifiers.cascade", "CascadeClassifier"),
}


def method_class(method: str) -> type[Classifier]:
    """Return the class of a method.

    Raises:
        ModelError: If there is no such method.
        MissingExtraError: If the method's packages are not installed.
    """
    if method not in METHODS:
        raise ModelError(f"There is no method '{method}'; there are: {', '.join(METHODS)}.")
    entry = METHODS[method]
    try:
        module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "metier":
            raise
        raise MissingExtraError(f"The method '{method}'", entry.extra) from error
    found: type[Classifier] = getattr(module, entry.name)
    return found
