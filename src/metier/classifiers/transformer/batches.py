"""The order in which titles are trained on, and the tensors made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["EncodedTitles", "EpochSampler", "PaddingCollator", "batches_by_length"]

# Titles are sorted by length within this many batches at a time: long enough that a batch holds
# hardly any padding, short enough that its company changes from epoch to epoch.
POOL_BATCHES = 50


class EncodedTitles(torch.utils.data.Dataset[dict[str, Any]]):
    """Token ids of titles, with a label index each."""

    def __init__(self, token_ids: Sequence[Sequence[int]], labels: NDArray[np.intp]) -> None:
        self.token_ids = token_ids
        self.labels = labels

    def __len__(self) -> int:
        return len(self.token_ids)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"input_ids": self.token_ids[row], "labels": int(self.labels[row])}


class PaddingCollator:
    """Joins titles into one batch.

    Args:
        pad_token_id: The id that fills the room behind a title.
        width: Tokens to fill up to, or None for the longest title of the batch.
    """

    def __init__(self, pad_token_id: int, width: int | None = None) -> None:
        self.pad_token_id = pad_token_id
        self.width = width

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return ``input_ids`` and ``attention_mask`` (batch, tokens), and ``labels`` (batch,)."""
        width = self.width or max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), width), self.pad_token_id, dtype=torch.long)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for position, row in enumerate(rows):
            length = len(row["input_ids"])
            ids[position, :length] = torch.tensor(row["input_ids"], dtype=torch.long)
            mask[position, :length] = 1
        batch = {"input_ids": ids, "attention_mask": mask}
        if "labels" in rows[0]:
            batch["labels"] = torch.tensor([row["labels"] for row in rows], dtype=torch.long)
        return batch


class EpochSampler(torch.utils.data.Sampler[int]):
    """Draws the rows of an epoch; seed and epoch alone decide, so that a resumed run agrees.

    Args:
        lengths: Tokens of each title.
        batch_size: Titles in a batch.
        seed: Seed of all epochs.
        balance: Label index of each row, to draw every label equally often; None to draw every
            row once. An epoch is as long either way, so that the two compare at equal steps.
        sort: Whether batches hold titles of like length.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        *,
        balance: NDArray[np.intp] | None = None,
        sort: bool = True,
    ) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.balance = balance
        self.sort = sort
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch to draw next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        if self.balance is None:
            rows = random.permutation(len(self.lengths))
        else:
            rows = _balanced_draw(self.balance, random)
        if self.sort:
            rows = self._sorted_in_pools(rows, random)
        yield from rows.tolist()

    def _sorted_in_pools(
        self, rows: NDArray[np.intp], random: np.random.Generator
    ) -> NDArray[np.intp]:
        # The rows that fill no batch come last, where they cannot shift the others' limits.
        full = len(rows) - len(rows) % self.batch_size
        pool = self.batch_size * POOL_BATCHES
        pools = [rows[start : min(start + pool, full)] for start in range(0, full, pool)]
        ordered = [rows_of[np.argsort(self.lengths[rows_of], kind="stable")] for rows_of in pools]
        batches = np.concatenate([*ordered, rows[:0]]).reshape(-1, self.batch_size)
        random.shuffle(batches)
        return np.concatenate([batches.ravel(), rows[full:]])


def _balanced_draw(labels: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.intp]:
    """Draw as many rows as there are, equally many of each label that occurs.

    Each row of a label is drawn equally often, but for one time.
    """
    occurring = np.unique(labels)
    quotas = np.full(len(occurring), len(labels) // len(occurring))
    quotas[: len(labels) % len(occurring)] += 1
    random.shuffle(quotas)
    drawn = []
    for label, quota in zip(occurring, quotas, strict=True):
        rows = np.flatnonzero(labels == label)
        rounds = [random.permutation(rows) for _ in range(-(-int(quota) // len(rows)))]
        drawn.append(np.concatenate([*rounds, rows[:0]])[:quota])
    return random.permutation(np.concatenate(drawn))


def batches_by_length(lengths: Sequence[int], batch_size: int) -> Iterator[NDArray[np.intp]]:
    """Yield row positions in batches of like length, longest first."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
