"""What the embedding methods have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from metier.classifiers import Classifier, load_classifier, method_class
from metier.errors import BackboneError, StudyError
from metier.guidelines import Scale

TITLES = ["Sales Manager", "Seller", "Head of Sales", "Buyer", "Senior Buyer", "Strategic Buyer"]
LABELS = ["Sales"] * 3 + ["Purchasing"] * 3
METHODS = ["centroids", "zero-shot", "few-shot"]


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(method: str, scale: Scale, backbone: Path | str, **params: Any) -> Classifier:
    kind: Any = method_class(method)
    made: Classifier = kind(scale, backbone=str(backbone), **params)
    return made


@pytest.fixture
def fitted(method: str, department: Scale, tiny_backbone: Path) -> Classifier:
    return make(method, department, tiny_backbone).fit(TITLES, LABELS)


def test_rows_are_probabilities_in_scale_order(fitted: Classifier, department: Scale) -> None:
    titles = ["Falconer", "", "部長", "x" * 5000]
    probabilities = fitted.predict_proba(titles)
    assert probabilities.shape == (4, 11)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert tuple(fitted.classes_) == department.labels
    assert (fitted.predict(titles) == fitted.classes_[probabilities.argmax(axis=1)]).all()
    assert fitted.predict_proba([]).shape == (0, 11)


def test_answers_do_not_depend_on_company(fitted: Classifier) -> None:
    together = fitted.predict_proba([*TITLES, "Keeper of the royal falcons and hounds"])
    np.testing.assert_allclose(fitted.predict_proba(TITLES[:1])[0], together[0], atol=1e-4)


def test_a_saved_one_answers_alike(fitted: Classifier, tmp_path: Path) -> None:
    fitted.save(tmp_path / "saved")
    loaded = load_classifier(tmp_path / "saved")
    expected = fitted.predict_proba([*TITLES, "Falconer"])
    np.testing.assert_allclose(loaded.predict_proba([*TITLES, "Falconer"]), expected, atol=1e-6)
    own, found = fitted.get_params(), loaded.get_params()
    assert {**own, "page": None} == {**found, "page": None}
    endings = {path.suffix for path in (tmp_path / "saved").iterdir()}
    assert endings <= {".json", ".safetensors", ".skops"}


def test_it_is_cloned_with_its_parameters(method: str, department: Scale) -> None:
    assert (
        clone(make(method, department, "elsewhere", prefix="x: ")).get_params()["prefix"] == "x: "
    )


def test_mistakes_are_sentences(method: str, department: Scale, tiny_backbone: Path) -> None:
    with pytest.raises(StudyError, match="The parameter backbone may not be ''"):
        make(method, department, "").check()
    with pytest.raises(BackboneError, match="no backbone folder"):
        make(method, department, "./none").fit(TITLES, LABELS).predict_proba(TITLES)


def test_what_is_no_encoder_is_refused(method: str, department: Scale, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BackboneError, match="cannot be opened as a text encoder"):
        make(method, department, tmp_path).fit(TITLES, LABELS).predict_proba(TITLES)
