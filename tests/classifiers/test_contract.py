import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from metier.classifiers import load_classifier, method_class
from metier.classifiers.registry import METHODS, Entry
from metier.errors import MissingExtraError, ModelError
from metier.guidelines import load_guidelines
from tests.classifiers.stand_in import WordCounts, register

SCALE = load_guidelines("seniority").scale
FITTED = WordCounts(SCALE).fit(["CEO", "Intern Sales"], ["Management", "Junior"])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_predict_agrees_with_predict_proba(titles) -> None:
    probabilities = FITTED.predict_proba(titles)
    assert probabilities.shape == (len(titles), 6)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(titles)))
    assert (FITTED.predict(titles) == FITTED.classes_[probabilities.argmax(axis=1)]).all()
    ranks = FITTED.predict_rank(titles)
    assert ((ranks >= 1) & (ranks <= 6)).all()


def test_labels_come_in_scale_order_even_if_unseen() -> None:
    assert tuple(FITTED.classes_) == SCALE.labels


def test_parameters_are_those_of_scikit_learn() -> None:
    copy = clone(WordCounts(SCALE, smoothing=3.0))
    assert copy.smoothing == 3.0
    assert copy.set_params(smoothing=2.0).get_params()["smoothing"] == 2.0
    with pytest.raises(ValueError, match="no parameter 'smoothness'"):
        copy.set_params(smoothness=1)


def test_labels_travel_with_the_classifier(tmp_path, monkeypatch) -> None:
    register(monkeypatch)
    FITTED.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.scale == SCALE
    assert (loaded.predict_proba(["CEO"]) == FITTED.predict_proba(["CEO"])).all()


def test_a_folder_of_another_format_is_refused(tmp_path) -> None:
    with pytest.raises(ModelError, match="holds no classifier"):
        load_classifier(tmp_path)
    FITTED.save(tmp_path)
    with pytest.raises(ModelError, match="There is no method 'word-counts'; there are: "):
        load_classifier(tmp_path)
    manifest = tmp_path / "classifier.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))
    with pytest.raises(ModelError, match="format 99; this version of metier reads format 1"):
        load_classifier(tmp_path)


def test_a_missing_package_names_the_extra(tmp_path, monkeypatch) -> None:
    (tmp_path / "needs_more.py").write_text("import not_installed_anywhere")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(METHODS, "more", Entry("needs_more", "More", "train"))
    with pytest.raises(MissingExtraError, match=r"pip install 'metier\[train\]'"):
        method_class("more")
