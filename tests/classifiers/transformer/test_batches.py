import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.classifiers.transformer.batches import (
    EpochSampler,
    PaddingCollator,
    batches_by_length,
)

lengths = st.lists(st.integers(1, 40), min_size=1, max_size=300)


@given(lengths, st.integers(1, 16), st.booleans())
def test_an_epoch_holds_every_row_once(found, batch_size, sort) -> None:
    assert sorted(EpochSampler(found, batch_size, 0, sort=sort)) == list(range(len(found)))


def test_epochs_differ_and_repeat_themselves() -> None:
    sampler = EpochSampler(list(range(1, 65)), 8, seed=5)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    again = EpochSampler(list(range(1, 65)), 8, seed=5)
    again.set_epoch(1)
    assert list(again) == list(sampler)


def test_a_batch_holds_titles_of_like_length() -> None:
    found = np.random.default_rng(0).integers(3, 40, 1000)
    order = np.asarray(list(EpochSampler(found, 32, 0)))
    padded = sum(found[order[i : i + 32]].max() * 32 for i in range(0, 992, 32))
    assert padded < 1.1 * found[order[:992]].sum()
    tops = [found[order[i : i + 32]].max() for i in range(0, 992, 32)]
    assert tops != sorted(tops)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), st.integers(0, 9))
def test_a_balanced_epoch_draws_each_label_equally_often(labels, seed) -> None:
    balance = np.asarray(labels)
    sampler = EpochSampler([1] * len(labels), 8, seed, balance=balance)
    drawn = list(sampler)
    assert len(drawn) == len(labels)
    counts = np.bincount(balance[drawn], minlength=5)[np.unique(balance)]
    assert counts.max() - counts.min() <= 1
    times = np.bincount(drawn, minlength=len(labels))
    for label in np.unique(balance):
        rows = times[balance == label]
        assert rows.max() - rows.min() <= 1


def test_a_batch_is_padded_to_its_longest_title_or_to_a_width() -> None:
    rows = [{"input_ids": [5, 6, 7], "labels": 1}, {"input_ids": [8], "labels": 0}]
    batch = PaddingCollator(pad_token_id=9)(rows)
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [1, 0]
    assert PaddingCollator(9, width=6)(rows)["input_ids"].shape == (2, 6)


def test_prediction_batches_hold_every_row_longest_first() -> None:
    batches = list(batches_by_length([3, 9, 1, 7], 2))
    assert [batch.tolist() for batch in batches] == [[1, 3], [0, 2]]


def test_no_rows_make_no_batches() -> None:
    assert list(batches_by_length([], 4)) == []
    with pytest.raises(ValueError, match="max"):
        PaddingCollator(0)([])
