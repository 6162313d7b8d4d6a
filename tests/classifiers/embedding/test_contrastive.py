from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.embedding.contrastive import (
    TuningPlan,
    contrastive_batches,
    draw_shots,
    supervised_contrastive_loss,
    tune_encoder,
)
from metier.classifiers.embedding.encoder import embed, open_encoder
from metier.classifiers.transformer.training import Precision

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.asarray)


@given(LABELS, st.integers(1, 9), st.integers(0, 3))
def test_each_label_gets_its_shots_or_all_it_has(labels: np.ndarray, shots: int, seed: int) -> None:
    titles = [f"Cobbler {row}" for row in range(len(labels))]
    rows = draw_shots(titles, labels, shots, seed)
    assert len(set(rows)) == len(rows)
    expected = np.minimum(np.bincount(labels, minlength=5), shots)
    np.testing.assert_array_equal(np.bincount(labels[rows], minlength=5), expected)
    np.testing.assert_array_equal(draw_shots(titles, labels, shots, seed), rows)


def test_equal_titles_are_one_shot() -> None:
    rows = draw_shots(["Cobbler", "COBBLER ", "Baker"], np.asarray([0, 0, 0]), 3, 0)
    assert list(rows) == [0, 2]


@given(LABELS, st.integers(8, 40), st.integers(0, 3))
def test_batches_hold_each_row_once_and_no_more_than_they_may(
    labels: np.ndarray, batch_size: int, seed: int
) -> None:
    batches = contrastive_batches(labels, batch_size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches)) == list(range(len(labels)))
    assert max(map(len, batches)) <= batch_size


def test_a_batch_holds_several_titles_of_several_labels() -> None:
    labels = np.repeat(np.arange(11), 32)
    for batch in contrastive_batches(labels, 32, np.random.default_rng(0)):
        counts = np.bincount(labels[batch], minlength=11)
        assert (counts > 0).sum() >= 4
        assert counts[counts > 0].min() >= 4


def test_the_loss_is_that_of_the_formula() -> None:
    vectors = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0], [1, 1], [0, 1], [-1, 0]]), dim=1
    )
    labels, tau = [0, 0, 0, 1], 0.5
    z = vectors.numpy()
    losses = []
    for i in range(3):
        total = sum(np.exp(z[i] @ z[a] / tau) for a in range(4) if a != i)
        company = [p for p in range(3) if p != i]
        losses.append(-np.mean([np.log(np.exp(z[i] @ z[p] / tau) / total) for p in company]))
    found = supervised_contrastive_loss(vectors, torch.tensor(labels), tau)
    assert found.item() == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_without_company_there_is_nothing_to_learn(count: int) -> None:
    vectors = torch.eye(3)[:count].requires_grad_()
    loss = supervised_contrastive_loss(vectors, torch.arange(count))
    loss.backward()
    assert loss.item() == 0
    assert vectors.grad is not None
    assert (vectors.grad == 0).all()


def test_tuning_draws_labels_together_and_leaves_frozen_weights_and_torch_alone(
    tiny_backbone: Path,
) -> None:
    tokenizer, model = open_encoder(str(tiny_backbone), "tiny")
    texts = ["Stoker", "Cooper", "Tanner", "Glazier", "Fletcher", "Chandler"]
    labels = np.asarray([0, 1, 0, 1, 0, 1])
    words = model.get_input_embeddings().weight
    words.requires_grad_(False)
    before, state = words.clone(), torch.get_rng_state()

    same, others = labels[:, None] == labels, ~np.eye(len(labels), dtype=bool)

    def contrast() -> float:
        vectors = embed(texts, tokenizer, model)
        cosines = vectors @ vectors.T
        return float(cosines[same & others].mean() - cosines[~same].mean())

    first = contrast()
    tune_encoder(
        model,
        tokenizer,
        texts,
        labels,
        TuningPlan(epochs=100, learning_rate=1e-3, batch_size=8, precision=Precision(), seed=0),
    )
    assert contrast() > first + 0.3
    assert torch.equal(words, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not model.training
