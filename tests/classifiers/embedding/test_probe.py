from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import load_classifier
from metier.classifiers.embedding.encoder import encode
from metier.classifiers.embedding.probe import ProbeClassifier
from metier.errors import BackboneError, DataError, ModelError, StudyError
from metier.guidelines import Scale

TITLES = ["Sales Manager", "Seller", "Head of Sales", "Buyer", "Senior Buyer", "Strategic Buyer"]
LABELS = ["Sales"] * 3 + ["Purchasing"] * 3


def test_embeddings_have_length_one_and_do_not_depend_on_company(tiny_backbone: Path) -> None:
    alone = encode(["Buyer"], str(tiny_backbone))
    together = encode(["Seller of many things", "Buyer", "buyer "], str(tiny_backbone))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(alone[0], together[1], atol=1e-5)


def test_no_title_is_encoded_twice(tiny_backbone: Path, cache: Path) -> None:
    first = encode(TITLES, str(tiny_backbone))
    shards = list(cache.rglob("*.parquet"))
    assert len(shards) == 1
    np.testing.assert_array_equal(encode(TITLES, str(tiny_backbone)), first)
    assert list(cache.rglob("*.parquet")) == shards


def test_another_prefix_is_another_embedding(tiny_backbone: Path) -> None:
    plain, prefixed = (encode(["Buyer"], str(tiny_backbone), prefix=p) for p in ("", "query: "))
    assert not np.allclose(plain, prefixed)


def test_it_learns_answers_and_is_saved(tiny_backbone: Path, department: Scale) -> None:
    fitted = ProbeClassifier(department, backbone=str(tiny_backbone)).fit(TITLES, LABELS)
    probabilities = fitted.predict_proba(TITLES)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert fitted.predict_proba([]).shape == (0, 11)
    folder = tiny_backbone.parent / "probe"
    fitted.save(folder)
    np.testing.assert_allclose(load_classifier(folder).predict_proba(TITLES), probabilities)
    (folder / "model.skops").unlink()
    with pytest.raises(ModelError, match="holds no classifier"):
        load_classifier(folder)


def test_mistakes_are_sentences(tiny_backbone: Path, department: Scale) -> None:
    with pytest.raises(StudyError, match="must be above 0"):
        ProbeClassifier(department, strength=-1).check()
    with pytest.raises(DataError, match="no titles at all"):
        ProbeClassifier(department, backbone=str(tiny_backbone)).fit([], [])
    with pytest.raises(BackboneError, match="no backbone folder"):
        ProbeClassifier(department, backbone="./none").fit(TITLES, LABELS)
