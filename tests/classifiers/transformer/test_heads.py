import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.transformer.heads import Imbalance, Objective
from metier.classifiers.transformer.outputs import Head, head_probabilities
from metier.guidelines import load_guidelines

SCALE = load_guidelines("seniority").scale
LABELS = np.asarray([0, 1, 1, 1, 2, 3, 4, 5])


def objective(head: Head, imbalance: Imbalance = Imbalance.NONE) -> Objective:
    return Objective.of(head, imbalance, SCALE, LABELS, 0.5)


@given(st.lists(st.lists(st.floats(-30, 30), min_size=6, max_size=6), min_size=1, max_size=9))
def test_every_head_gives_probabilities(rows) -> None:
    logits = np.asarray(rows)
    for head, outputs in ((Head.CLASSIFICATION, logits), (Head.REGRESSION, logits[:, :1])):
        found = head_probabilities(head, outputs, SCALE, 0.5)
        assert found.shape == (len(rows), 6)
        assert found.sum(axis=1) == pytest.approx(np.ones(len(rows)))


def test_classification_is_cross_entropy() -> None:
    logits, labels = torch.randn(5, 6), torch.tensor([0, 1, 2, 3, 4])
    found = objective(Head.CLASSIFICATION).loss(logits, labels, training=True)
    assert found.item() == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item())


def test_regression_is_the_squared_difference_of_ranks() -> None:
    logits, labels = torch.tensor([[1.0], [4.0]]), torch.tensor([0, 5])
    assert objective(Head.REGRESSION).loss(logits, labels, training=True).item() == 2.0


def test_the_ordinal_head_forgives_a_near_miss_more_than_a_far_one() -> None:
    label = torch.tensor([2])
    logits = torch.eye(6) * 8
    losses = [
        objective(Head.ORDINAL).loss(logits[k : k + 1], label, training=True).item()
        for k in range(6)
    ]
    assert losses[2] < losses[1] < losses[0]
    assert losses[2] < losses[3] < losses[4] < losses[5]


def test_class_weights_make_labels_count_alike() -> None:
    found = objective(Head.CLASSIFICATION, Imbalance.CLASS_WEIGHTS)
    assert found.weights[LABELS].mean().item() == pytest.approx(1)
    assert found.weights[1].item() == pytest.approx(found.weights[0].item() / 3)


def test_logit_adjustment_asks_rare_labels_for_a_wider_margin() -> None:
    found = objective(Head.CLASSIFICATION, Imbalance.LOGIT_ADJUSTMENT)
    flat = torch.zeros(2, 6)
    labels = torch.tensor([0, 1])
    rare, common = (
        found.loss(flat[i : i + 1], labels[i : i + 1], training=True).item() for i in (0, 1)
    )
    assert rare > common


def test_validation_losses_are_not_corrected_for_imbalance() -> None:
    logits, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 3])
    plain = objective(Head.CLASSIFICATION).loss(logits, labels, training=False).item()
    for imbalance in Imbalance:
        found = objective(Head.CLASSIFICATION, imbalance).loss(logits, labels, training=False)
        assert found.item() == pytest.approx(plain)
