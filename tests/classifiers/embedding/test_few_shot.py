from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from metier.classifiers import load_classifier
from metier.classifiers.embedding.few_shot import FewShotClassifier
from metier.errors import DataError, ModelError, StudyError
from metier.guidelines import Scale

TITLES = ["Sales Manager", "Seller", "Head of Sales", "Buyer", "Senior Buyer", "Strategic Buyer"]
LABELS = ["Sales"] * 3 + ["Purchasing"] * 3


def fewshot(scale: Scale, backbone: Path, **params: Any) -> FewShotClassifier:
    settings: dict[str, Any] = {"epochs": 3, "learning_rate": 1e-3, "precision": "float32"}
    return FewShotClassifier(scale, backbone=str(backbone), **(settings | params))


def test_training_titles_get_their_labels_back(tiny_backbone: Path, department: Scale) -> None:
    fitted = fewshot(department, tiny_backbone).fit(TITLES, LABELS)
    assert list(fitted.predict(TITLES)) == LABELS
    absent = [label not in LABELS for label in department.labels]
    assert (fitted.predict_proba(["Falconer"])[:, absent] == 0).all()


def test_the_seed_decides_the_answers(tiny_backbone: Path, department: Scale) -> None:
    def answers(seed: int) -> np.ndarray:
        torch.manual_seed(np.random.default_rng().integers(1000))
        fitted = fewshot(department, tiny_backbone, shots=2, seed=seed).fit(TITLES, LABELS)
        return fitted.predict_proba(["Falconer", "Town crier"])

    np.testing.assert_array_equal(answers(1), answers(1))
    assert not np.allclose(answers(1), answers(2))


def test_the_regression_reads_the_shots_or_all_titles(
    tiny_backbone: Path, department: Scale
) -> None:
    titles, labels = [*TITLES, "Lamplighter"], [*LABELS, "Other"]
    on_shots = fewshot(department, tiny_backbone, shots=1).fit(titles, labels)
    on_all = fewshot(department, tiny_backbone, shots=1, regression_on="training").fit(
        titles, labels
    )
    assert list(on_all.predict(titles)) == labels
    assert not np.allclose(on_all.predict_proba(titles), on_shots.predict_proba(titles))


def test_labels_of_one_title_and_a_single_label_can_be_fitted(
    tiny_backbone: Path, department: Scale
) -> None:
    one_each = fewshot(department, tiny_backbone).fit(["Seller", "Buyer"], ["Sales", "Purchasing"])
    assert list(one_each.predict(["Seller", "Buyer"])) == ["Sales", "Purchasing"]
    single = fewshot(department, tiny_backbone).fit(["Seller", "Salesman"], ["Sales", "Sales"])
    assert list(single.predict(["Falconer"])) == ["Sales"]


def test_it_is_saved_as_a_standard_encoder(
    tiny_backbone: Path, department: Scale, tmp_path: Path
) -> None:
    fitted = fewshot(department, tiny_backbone).fit(TITLES, LABELS)
    fitted.save(tmp_path)
    encoder = AutoModel.from_pretrained(tmp_path).eval()
    batch = AutoTokenizer.from_pretrained(tmp_path)(["Falconer"], return_tensors="pt")
    with torch.inference_mode():
        torch.testing.assert_close(
            encoder(**batch).last_hidden_state, fitted.model_(**batch).last_hidden_state
        )
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="incomplete or damaged"):
        load_classifier(tmp_path)


def test_the_backbone_itself_is_left_alone(tiny_backbone: Path, department: Scale) -> None:
    before = (tiny_backbone / "model.safetensors").read_bytes()
    fewshot(department, tiny_backbone).fit(TITLES, LABELS)
    assert (tiny_backbone / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shots", 0),
        ("epochs", 0),
        ("batch_size", 4),
        ("learning_rate", 0.0),
        ("strength", -1.0),
        ("regression_on", "some"),
        ("precision", "float8"),
    ],
)
def test_a_parameter_out_of_range_is_named(department: Scale, name: str, value: object) -> None:
    with pytest.raises(StudyError, match=f"The parameter {name} may not be"):
        FewShotClassifier(department, **{name: value}).check()  # type: ignore[arg-type]


def test_no_titles_are_refused(tiny_backbone: Path, department: Scale) -> None:
    with pytest.raises(DataError, match="no titles at all"):
        fewshot(department, tiny_backbone).fit([], [])
