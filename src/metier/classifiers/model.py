"""A model: a classifier for each target that it answers, in one folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from metier.classifiers.contract import Classifier, read_manifest
from metier.classifiers.registry import method_class
from metier.classifiers.rules import RulesClassifier
from metier.errors import ModelError
from metier.guidelines import load_guidelines, packaged_targets

__all__ = ["Answer", "Model", "load_classifier"]

MANIFEST = "model.json"
# Where a run folder keeps its model.
RUN_MODEL = "model"
# The method that needs no training, and the name of its model.
RULES = "rules"


@dataclass(frozen=True)
class Answer:
    """What a model says of one title for one target.

    Attributes:
        label: The most probable label.
        confidence: Its probability, in [0, 1].
        rank: The expected numeric rank, or None for a target without order.
        reason: What decided, in a few words, or None where the method cannot say.
    """

    label: str
    confidence: float
    rank: float | None
    reason: str | None = None


class Model:
    """Maps each target to a classifier.

    Attributes:
        classifiers: Target to fitted classifier.
    """

    def __init__(self, classifiers: Mapping[str, Classifier]) -> None:
        self.classifiers = dict(classifiers)

    @classmethod
    def rules(cls) -> Model:
        """Return the rules of the packaged targets; nothing is trained and no folder is needed."""
        pages = [load_guidelines(target) for target in packaged_targets()]
        return cls({page.target: RulesClassifier(page.scale, page=page) for page in pages})

    def predict(self, titles: Sequence[str], *, explain: bool = False) -> dict[str, list[Answer]]:
        """Answer every target for every title, in the titles' order.

        Args:
            titles: The titles.
            explain: Whether answers come with their reasons, where the method can say them.
        """
        return {
            target: _answers(classifier, titles, explain)
            for target, classifier in self.classifiers.items()
        }

    def save(self, folder: Path) -> None:
        """Write each classifier into a folder of its target's name, and a manifest last."""
        folder.mkdir(parents=True, exist_ok=True)
        for target, classifier in self.classifiers.items():
            scratch = folder / f"{target}.tmp"
            shutil.rmtree(scratch, ignore_errors=True)
            classifier.save(scratch)
            shutil.rmtree(folder / target, ignore_errors=True)
            scratch.rename(folder / target)
        write_model_manifest(folder, {target: target for target in self.classifiers})

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read a run folder, a model folder, or the folder of a single classifier.

        The name ``rules`` stands for the packaged rules, unless there is such a folder.

        Raises:
            ModelError: If the folder holds none of them.
        """
        if folder == Path(RULES) and not folder.exists():
            return cls.rules()
        if (folder / RUN_MODEL / MANIFEST).exists():
            folder = folder / RUN_MODEL
        if (folder / MANIFEST).exists():
            try:
                content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
                places = dict(content["targets"])
            except (ValueError, KeyError, TypeError) as error:
                raise ModelError(f"{folder / MANIFEST} is broken.") from error
            return cls(
                {target: load_classifier(folder / place) for target, place in places.items()}
            )
        if not folder.is_dir():
            raise ModelError(f"There is no model folder '{folder}', and no model of that name.")
        if (folder / "results.json").exists():
            raise ModelError(
                f"The run {folder} kept no model: name a variant for each target under [model] in "
                "its study file, or load a trial's own model folder."
            )
        classifier = load_classifier(folder)
        return cls({classifier.scale.target: classifier})


def write_model_manifest(folder: Path, places: Mapping[str, str]) -> None:
    """Write which target is answered from which folder, relative to the manifest."""
    text = json.dumps({"format": 1, "targets": dict(places)}, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def load_classifier(folder: Path) -> Classifier:
    """Read one classifier, whatever its method.

    Raises:
        ModelError: If the folder holds none that this version knows.
    """
    _, content = read_manifest(folder)
    return method_class(str(content.get("method"))).load(folder)


def _answers(classifier: Classifier, titles: Sequence[str], explain: bool) -> list[Answer]:
    if not titles:
        return []
    reasons = classifier.reasons(titles) if explain else None
    probabilities = classifier.predict_proba(titles)
    best = probabilities.argmax(axis=1)
    ranks = probabilities @ classifier.scale.rank_array if classifier.scale.is_ordinal else None
    return [
        Answer(
            label=classifier.scale.labels[label],
            confidence=float(probabilities[row, label]),
            rank=None if ranks is None else float(ranks[row]),
            reason=None if reasons is None else reasons[row],
        )
        for row, label in enumerate(best)
    ]
