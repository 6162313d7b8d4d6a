"""Tiny transformers, trained for an epoch, to be exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from metier.classifiers import Model
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.data import Role, read_cvs, read_pseudo_labels, sample_file
from metier.guidelines import Scale

TITLES = read_cvs(sample_file("unlabelled-cvs.json"), Role.UNLABELLED).titles[:200]
# Titles that are in no list, some with pieces that no other has.
STRANGE = [
    "Rope Tester",
    "Ωmega Walrus Tamer",
    "部長",
    "",
    "a" * 3_000,
    "x\x00y",
    "\ud800",
    "CEO|CTO",
]


@pytest.fixture(scope="session")
def trained(tmp_path_factory, tiny_backbone: Path, seniority: Scale, department: Scale) -> Path:
    """A model folder: a classification head for departments, a regression for seniority."""
    classifiers = {}
    for scale, head in ((department, "classification"), (seniority, "regression")):
        pseudo = read_pseudo_labels(sample_file("pseudo-labels.csv"), scale)
        classifiers[scale.target] = TransformerClassifier(
            scale,
            backbone=str(tiny_backbone),
            head=head,
            epochs=1,
            learning_rate=1e-3,
            precision="float32",
        ).fit(pseudo.titles[:160], pseudo.labels[:160])
    folder = tmp_path_factory.mktemp("trained") / "model"
    Model(classifiers).save(folder)
    return folder
