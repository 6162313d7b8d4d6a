"""Rounds of reading and answering, with a count of what they came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from metier.runtime.answering import STATUS, Answerer, Values
from metier.runtime.files.batches import Batch, Reader
from metier.runtime.files.formats import FileFormat
from metier.runtime.files.journal import Journal
from metier.runtime.files.watching import Watcher
from metier.runtime.files.writing import TextForm, text_form
from metier.titles import TitleStatus

__all__ = ["Round", "Rounds"]


@dataclass(frozen=True)
class Round:
    """A batch that was answered.

    Attributes:
        batch: The rows.
        answers: The columns that are added.
        reached: What is finished once it is written.
    """

    batch: Batch
    answers: Mapping[str, Values]
    reached: Journal


@dataclass(frozen=True)
class Rounds:
    """A file that is answered batch by batch.

    Attributes:
        answerer: What answers titles.
        reader: What reads the file.
        watcher: Who is told how far it is.
    """

    answerer: Answerer
    reader: Reader
    watcher: Watcher

    @property
    def columns(self) -> dict[str, type[str] | type[float]]:
        """The columns that are added, as they are called in the output, with their types."""
        return {self._called(name): kind for name, kind in self.answerer.columns.items()}

    def form(self, written: FileFormat, delimiter: str | None = None) -> TextForm:
        """Return how the rows are written as text.

        Args:
            written: The format.
            delimiter: What stands between values of CSV; by default what the reader says.
        """
        reader = self.reader
        return text_form(written, reader.columns, list(self.columns), delimiter or reader.delimiter)

    def behind(self, done: Journal) -> Iterator[Round]:
        """Yield the rounds behind those that are finished."""
        reached = done
        self.watcher.advanced(reached.rows, self.reader.share)
        for batch in islice(self.reader.batches(), done.batches, None):
            answers = self._answers(batch)
            untitled = Counter(dict(reached.untitled))
            untitled.update(map(str, answers[STATUS]))
            del untitled[TitleStatus.TITLE.value]
            reached = replace(
                reached,
                batches=reached.batches + 1,
                rows=reached.rows + len(batch.titles),
                bad=reached.bad + len(batch.bad),
                untitled=dict(untitled),
            )
            yield Round(batch, {self._called(name): answers[name] for name in answers}, reached)
            self.watcher.advanced(reached.rows, self.reader.share)

    def _answers(self, batch: Batch) -> Mapping[str, Values]:
        if not batch.titles:
            return dict.fromkeys(self.answerer.columns, ())
        return self.answerer.answer(batch.titles)

    def _called(self, name: str) -> str:
        return self.reader.renamed.get(name, name)
