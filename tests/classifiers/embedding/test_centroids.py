from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import load_classifier
from metier.classifiers.embedding.centroids import CentroidClassifier
from metier.classifiers.embedding.encoder import encode
from metier.errors import DataError, ModelError, StudyError
from metier.guidelines import Scale

TITLES = ["Sales Manager", "Seller", "Head of Sales", "Buyer", "Senior Buyer", "Strategic Buyer"]
LABELS = ["Sales"] * 3 + ["Purchasing"] * 3


@pytest.mark.parametrize("centre", [False, True])
def test_training_titles_get_their_labels_back(
    tiny_backbone: Path, department: Scale, centre: bool
) -> None:
    titles = ["Seller", "Seller ", " Seller", "Buyer", "Buyer ", " Buyer"]
    fitted = CentroidClassifier(department, backbone=str(tiny_backbone), centre=centre)
    assert list(fitted.fit(titles, LABELS).predict(titles)) == LABELS


def test_the_label_is_that_of_the_nearest_centroid(tiny_backbone: Path, department: Scale) -> None:
    backbone = str(tiny_backbone)
    fitted = CentroidClassifier(department, backbone=backbone, prefix="").fit(TITLES, LABELS)
    sales, purchasing = (encode(part, backbone).mean(axis=0) for part in (TITLES[:3], TITLES[3:]))
    centroids = np.stack([c / np.linalg.norm(c) for c in (sales, purchasing)])
    unseen = ["Falconer", "Lamplighter", "Town crier", "Seller of hats", "部長"]
    nearest = (encode(unseen, backbone) @ centroids.T).argmax(axis=1)
    assert list(fitted.predict(unseen)) == [["Sales", "Purchasing"][label] for label in nearest]


def test_labels_without_titles_have_probability_zero(
    tiny_backbone: Path, department: Scale
) -> None:
    fitted = CentroidClassifier(department, backbone=str(tiny_backbone)).fit(TITLES, LABELS)
    probabilities = fitted.predict_proba(["Falconer"])
    absent = [label not in LABELS for label in department.labels]
    assert (probabilities[:, absent] == 0).all()
    assert fitted.predict_proba(TITLES)[:, absent].sum() == 0


def test_how_often_a_title_is_repeated_with_its_label_changes_no_other_label(
    tiny_backbone: Path, department: Scale
) -> None:
    once = CentroidClassifier(department, backbone=str(tiny_backbone)).fit(TITLES, LABELS)
    often = CentroidClassifier(department, backbone=str(tiny_backbone)).fit(
        TITLES + TITLES[:3] * 5, LABELS + LABELS[:3] * 5
    )
    np.testing.assert_allclose(often.predict_proba(TITLES), once.predict_proba(TITLES), atol=1e-6)


def test_validation_sets_the_temperature_and_not_the_labels(
    tiny_backbone: Path, department: Scale
) -> None:
    # A tiny backbone's cosines differ by little, and by how much depends on the processor: two fits
    # are compared, not one with a number.
    plain, sure, unsure = (
        CentroidClassifier(department, backbone=str(tiny_backbone)).fit(
            TITLES, LABELS, validation=validation
        )
        for validation in (
            None,
            (TITLES, LABELS),
            (["Seller", "Buyer"], ["Purchasing", "Sales"]),
        )
    )
    assert plain.temperature_ == plain.temperature
    assert sure.temperature_ < unsure.temperature_
    assert sure.predict_proba(TITLES).max() > unsure.predict_proba(TITLES).max()
    for fitted in (sure, unsure):
        assert list(fitted.predict(TITLES)) == list(plain.predict(TITLES))


def test_the_fitted_temperature_is_saved(
    tiny_backbone: Path, department: Scale, tmp_path: Path
) -> None:
    fitted = CentroidClassifier(department, backbone=str(tiny_backbone)).fit(
        TITLES, LABELS, validation=(["Seller", "Buyer"], ["Purchasing", "Purchasing"])
    )
    fitted.save(tmp_path)
    loaded = load_classifier(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(TITLES), fitted.predict_proba(TITLES))


def test_validation_on_unknown_labels_sets_nothing(tiny_backbone: Path, department: Scale) -> None:
    fitted = CentroidClassifier(department, backbone=str(tiny_backbone)).fit(
        TITLES, LABELS, validation=(["Falconer"], ["Other"])
    )
    assert fitted.temperature_ == fitted.temperature


def test_a_broken_folder_is_refused(tiny_backbone: Path, department: Scale, tmp_path: Path) -> None:
    CentroidClassifier(department, backbone=str(tiny_backbone)).fit(TITLES, LABELS).save(tmp_path)
    (tmp_path / "centroids.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="holds no centroids"):
        load_classifier(tmp_path)


def test_mistakes_are_sentences(tiny_backbone: Path, department: Scale) -> None:
    with pytest.raises(StudyError, match="The parameter temperature may not be 0"):
        CentroidClassifier(department, temperature=0).check()
    with pytest.raises(StudyError, match="The parameter centre may not be 'yes'"):
        CentroidClassifier(department, centre="yes").check()  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no titles at all"):
        CentroidClassifier(department, backbone=str(tiny_backbone)).fit([], [])
