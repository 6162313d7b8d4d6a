"""A model: a classifier for each target that it answers, in one folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from metier.classifiers.answers import Answer, AnswerMemory, answers_of_classifier
from metier.classifiers.contract import Classifier, read_manifest
from metier.classifiers.packaged import MANIFEST, is_packaged_rules, place_of
from metier.classifiers.registry import method_class
from metier.classifiers.rules import RulesClassifier
from metier.classifiers.threads import in_threads
from metier.errors import ModelError
from metier.guidelines import load_guidelines, packaged_targets
from metier.titles import LONGEST, normalise

__all__ = [
    "Answer",
    "Model",
    "load_classifier",
    "read_model_manifest",
    "tier_places",
    "write_model_manifest",
]

# Where a run folder keeps its model.
RUN_MODEL = "model"
# So few titles are answered for all targets at once.
FEW = 32
# Raised when a model folder can no longer be read by the code before it.
FORMAT = 1


class Model:
    """Maps each target to a classifier.

    Titles that differ in spacing or in compatible characters alone are one title
    (``metier.titles.normalise``); only the first 1,000 characters of one are read. Each is asked
    once, and the answers to the latest titles are kept. A model may be asked from several threads.

    Attributes:
        classifiers: Target to fitted classifier.
        tier: The tier that it was loaded as, or None for a model without tiers.
    """

    def __init__(self, classifiers: Mapping[str, Classifier], *, tier: str | None = None) -> None:
        self.classifiers = dict(classifiers)
        self.tier = tier
        self._memory = AnswerMemory()

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
        asked = [normalise(title[:LONGEST]) for title in titles]
        known = {} if explain else self._memory.recall(asked)
        missing = [title for title in dict.fromkeys(asked) if title not in known]
        if missing:
            found = self._ask(missing, explain)
            if not explain:
                self._memory.keep(found)
            known |= found
        rows = [known[title] for title in asked]
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.classifiers)
        return {
            target: list(column) for target, column in zip(self.classifiers, columns, strict=True)
        }

    def _ask(self, titles: Sequence[str], explain: bool) -> dict[str, tuple[Answer, ...]]:
        def work(classifier: Classifier) -> list[Answer]:
            return answers_of_classifier(classifier, titles, explain=explain, tier=self.tier)

        classifiers = list(self.classifiers.values())
        # Many titles keep all processors busy for one target after the other; few do not.
        alone = any(each.is_costly or each.is_quick for each in classifiers)
        if len(titles) <= FEW and not alone:
            columns = in_threads(work, classifiers)
        else:
            columns = [work(each) for each in classifiers]
        return dict(zip(titles, zip(*columns, strict=True), strict=True))

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
    def load(cls, folder: Path, tier: str | None = None) -> Model:
        """Read a run folder, a model folder, or the folder of a single classifier.

        The name of a packaged model stands for it, and ``rules`` for the packaged rules, unless
        there is such a folder.

        Args:
            folder: The folder.
            tier: Which tier of an exported model to load; by default the one that it names.

        Raises:
            ModelError: If the folder holds none of them, or no such tier; or if there is no such
                folder and no packaged model of that name.
        """
        if is_packaged_rules(folder):
            _refuse_tier(folder, tier, ())
            return cls.rules()
        place = place_of(folder)
        if (place / RUN_MODEL / MANIFEST).exists():
            place = place / RUN_MODEL
        if (place / MANIFEST).exists():
            content = read_model_manifest(place)
            # Errors name the model as it was asked for.
            parts = tier_places(folder, content, tier)
            return cls(
                {target: load_classifier(place / part) for target, part in parts.items()},
                tier=tier or content.get("tier"),
            )
        if (folder / "results.json").exists():
            raise ModelError(
                f"The run {folder} kept no model: name a variant for each target under [model] in "
                "its study file, or load a trial's own model folder."
            )
        classifier = load_classifier(folder)
        _refuse_tier(folder, tier, ())
        return cls({classifier.scale.target: classifier})


def write_model_manifest(
    folder: Path,
    places: Mapping[str, str],
    *,
    tiers: Mapping[str, Mapping[str, str]] | None = None,
    tier: str | None = None,
) -> None:
    """Write which target is answered from which folder, relative to the manifest.

    Args:
        folder: The model folder.
        places: Target to folder.
        tiers: Tier to such places, where the model has tiers.
        tier: The tier that ``places`` are of.
    """
    content: dict[str, object] = {"format": FORMAT, "targets": dict(places)}
    if tiers is not None:
        content |= {"tier": tier, "tiers": {name: dict(found) for name, found in tiers.items()}}
    (folder / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_model_manifest(folder: Path) -> dict[str, Any]:
    """Read what ``write_model_manifest`` wrote.

    Raises:
        ModelError: If it is broken or of another format.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content["format"]
        parts = [content["targets"], *content.get("tiers", {}).values()]
        if not all(isinstance(place, str) for part in parts for place in part.values()):
            raise TypeError("a place is no text")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is broken.") from error
    if found != FORMAT:
        raise ModelError(
            f"{folder} was written in format {found}; this version of metier reads format {FORMAT}."
        )
    return dict(content)


def tier_places(folder: Path, manifest: Mapping[str, Any], tier: str | None) -> dict[str, str]:
    """Return the folder of each target's classifier, relative to the model folder.

    Args:
        folder: The model folder, as an error is to name it.
        manifest: What ``read_model_manifest`` read there.
        tier: The tier, or None for the one that the model names.

    Raises:
        ModelError: If there is no such tier.
    """
    tiers: Mapping[str, Mapping[str, str]] = manifest.get("tiers", {})
    _refuse_tier(folder, tier, tuple(tiers))
    return dict(manifest["targets"] if tier is None else tiers[tier])


def load_classifier(folder: Path) -> Classifier:
    """Read one classifier, whatever its method.

    Raises:
        ModelError: If the folder holds none that this version knows.
    """
    _, content = read_manifest(folder)
    return method_class(str(content.get("method"))).load(folder)


def _refuse_tier(folder: Path, tier: str | None, there: Sequence[str]) -> None:
    if tier is not None and tier not in there:
        has = f"it has: {', '.join(there)}" if there else "it has none (metier export makes them)"
        raise ModelError(f"The model '{folder}' has no tier '{tier}'; {has}.")
