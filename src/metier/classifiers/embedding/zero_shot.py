"""Zero-shot: each label is what the guidelines page says of it, and no title is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from metier.classifiers.contract import LabelledPart, read_manifest, write_manifest
from metier.classifiers.embedding.encoder import encode
from metier.classifiers.embedding.label_vectors import LabelVectors
from metier.classifiers.embedding.parameters import NearestParameters, check_against
from metier.classifiers.pages import FollowsPage, read_page, write_page
from metier.errors import ModelError
from metier.guidelines import Guidelines, Scale, guidelines_of

__all__ = ["ZeroShotClassifier"]


class ZeroShotClassifier(FollowsPage):
    """Gives a title the label whose description is nearest by cosine; nothing is fitted.

    A label's description is its name with its definition, and each of its examples; its vector
    is the mean of theirs, normalised. The encoder reads the first 64 tokens of a definition. The
    probabilities are softmax(cosine / temperature); nothing sets the temperature, so they tell
    the order of the labels better than the chance to be right.

    Args:
        scale: The labels; they must be those of the page.
        page: The guidelines, or where they are: a packaged target or the path of a page; by
            default the packaged page of the scale's target.
        backbone: The encoder.
        prefix: What the encoder expects before a text.
        centre: Whether cosines are taken from the middle of the labels. They spread then, but no
            longer tell how far a label lies from the middle, and a fallback lies close to it.
        temperature: The temperature; the default is that with which e5 encoders are trained (Wang
            et al., Text Embeddings by Weakly-Supervised Contrastive Pre-training, 2022). With
            ``centre`` cosines spread about ten times as far, and so should it.
    """

    method = "zero-shot"
    is_fitted = False

    def __init__(
        self,
        scale: Scale,
        *,
        page: str | Guidelines | None = None,
        backbone: str = "bundled:multilingual-e5-small",
        prefix: str = "query: ",
        centre: bool = False,
        temperature: float = 0.01,
    ) -> None:
        self.scale = scale
        self.page = page
        self.backbone = backbone
        self.prefix = prefix
        self.centre = centre
        self.temperature = temperature

    def check(self) -> None:
        """Check the parameters and read the page.

        Raises:
            GuidelinesError: If there is no page, or it is malformed.
            StudyError: If it has other labels, or a parameter is not allowed.
        """
        check_against(self, NearestParameters)
        guidelines_of(self.scale, self.page)

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Check parameters and page; nothing is learnt from titles."""
        self.check()
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return probabilities of shape (n, K).

        Raises:
            BackboneError: If the encoder cannot be had.
        """
        vectors = encode(titles, self.backbone, prefix=self.prefix)
        return self._descriptions.probabilities(vectors, self.temperature, len(self.scale.labels))

    def save(self, folder: Path) -> None:
        """Write parameters and page into a folder; the encoder is named, not copied."""
        own = {
            name: value
            for name, value in self.get_params().items()
            if name not in ("scale", "page")
        }
        write_manifest(folder, self, parameters=own)
        write_page(folder, self.guidelines)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no zero-shot classifier.
        """
        scale, content = read_manifest(folder)
        page = read_page(folder)
        try:
            return cls(scale, page=page, **content["parameters"])
        except (KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no zero-shot classifier, or a broken one.") from error

    @cached_property
    def _descriptions(self) -> LabelVectors:
        texts: list[str] = []
        labels: list[str] = []
        for label in self.guidelines.labels:
            described = (f"{label.name}: {label.definition}", *label.examples)
            texts += described
            labels += [label.name] * len(described)
        return LabelVectors.of(
            encode(texts, self.backbone, prefix=self.prefix),
            self.scale.indices(labels),
            centre=self.centre,
        )
