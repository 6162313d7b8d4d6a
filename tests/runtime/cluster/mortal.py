"""A classifier that ends the process which asks it for a certain title, the first time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.classifiers.stand_in import WordCounts

from metier.classifiers.registry import METHODS, Entry

ENTRY = Entry(__name__, "Mortal")
LETHAL = "Lethal Officer"


class Mortal(WordCounts):
    method = "mortal"

    def predict_proba(self, titles):
        if LETHAL in titles and not self.mark.exists():
            self.mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict_proba(titles)

    def save(self, folder: Path) -> None:
        super().save(folder)
        (folder / "mark.txt").write_text(str(self.mark))

    @classmethod
    def load(cls, folder: Path):
        classifier = super().load(folder)
        classifier.mark = Path((folder / "mark.txt").read_text())
        return classifier


def register() -> None:
    """Make the method known in a worker; Ray calls this when one starts."""
    METHODS[Mortal.method] = ENTRY
