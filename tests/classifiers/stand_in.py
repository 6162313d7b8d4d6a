"""A classifier that keeps the contract and trains in no time: it learns whole words."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np

from metier import errors
from metier.classifiers.contract import Classifier, read_manifest, write_manifest
from metier.classifiers.registry import METHODS, Entry
from metier.titles import title_key

ENTRY = Entry(__name__, "WordCounts", "train")


class WordCounts(Classifier):
    method = "word-counts"

    def __init__(self, scale, *, smoothing: float = 1.0, seed: int = 0) -> None:
        self.scale = scale
        self.smoothing = smoothing
        self.seed = seed

    def fit(self, titles, labels, *, validation=None):
        self.counts_ = Counter(
            f"{word} {label}"
            for title, label in zip(titles, labels, strict=True)
            for word in title_key(title).split()
        )
        return self

    def predict_proba(self, titles):
        words = [title_key(title).split() for title in titles]
        rows = [
            [
                self.smoothing + sum(self.counts_[f"{word} {label}"] for word in of_title)
                for label in self.scale.labels
            ]
            for of_title in words
        ]
        found = np.asarray(rows, dtype=float).reshape(len(titles), len(self.scale.labels))
        return found / found.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        write_manifest(folder, self)
        (folder / "counts.json").write_text(json.dumps(self.counts_), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path):
        scale, _ = read_manifest(folder)
        classifier = cls(scale)
        classifier.counts_ = Counter(json.loads((folder / "counts.json").read_text()))
        return classifier


class Costly(WordCounts):
    """Its answers cost money; it keeps what it was asked."""

    method = "costly"

    @property
    def is_costly(self) -> bool:
        return True

    def predict_proba(self, titles):
        self.asked.extend(titles)
        return super().predict_proba(titles)

    @property
    def asked(self) -> list[str]:
        return vars(self).setdefault("asked_", [])


class Broken(WordCounts):
    """Its parameters do not check."""

    method = "broken"

    def __init__(self, scale, *, error: str = "") -> None:
        super().__init__(scale)
        self.error = error

    def check(self) -> None:
        if self.error == "MissingExtraError":
            raise errors.MissingExtraError("The method 'broken'", "train")
        raise getattr(errors, self.error)("It is broken.")


def register(monkeypatch) -> None:
    for kind in (WordCounts, Costly, Broken):
        monkeypatch.setitem(METHODS, kind.method, Entry(__name__, kind.__name__, "train"))
