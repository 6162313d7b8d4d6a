"""The ledger: every scoring of development or evaluation CVs is written down.

Whoever scores the same CVs again and again, and keeps what did best, fits them after all, by hand.
The ledger does not forbid it; it shows how often it was done. Scorings of a held-out part of a
label list are not counted.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from metier.data import CVs, Role
from metier.errors import DataError
from metier.evaluation.views import View
from metier.guidelines import Scale

__all__ = ["Ledger", "Scoring", "ScoringSummary", "digest_of", "summary"]

# An entry takes milliseconds to write; a lock held longer than this is not another entry's.
PATIENCE = 30.0


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class Scoring(BaseModel):
    """One scoring of one model for one target, as a line of the ledger.

    Attributes:
        when: When it began, in UTC, to the second.
        data: The name of the file of CVs that was scored.
        digest: What the CVs are, whatever the file's name (``digest_of``).
        role: The CVs' role.
        target: The target.
        model: A hash that tells models apart: of a model's files, or in a study of all that
            decides a trial, so that one model scored in both ways counts as two.
        name: What a person calls the model.
        views: The views that were scored.
        metrics: The metrics that models were compared by.
        by: The command or program that asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: AwareDatetime = Field(default_factory=_now)
    data: str
    digest: str
    role: Role
    target: str
    model: str
    name: str
    views: tuple[View, ...]
    metrics: tuple[str, ...]
    by: str


class Ledger:
    """A file of scorings, a line of JSON each; lines are added and never changed.

    Args:
        path: The file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def default(cls) -> Ledger:
        """Return the ledger that ``METIER_LEDGER`` names, else the one of this person.

        The latter is ``metier/ledger.jsonl`` in ``XDG_STATE_HOME``, or in ``~/.local/state``.
        """
        if named := os.environ.get("METIER_LEDGER"):
            return cls(Path(named).expanduser())
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(base) / "metier" / "ledger.jsonl")

    def record(self, entry: Scoring) -> None:
        """Add a line; other processes may do so at the same time.

        Raises:
            DataError: If it cannot be written; what it tells of may then not be done.
        """
        line = entry.model_dump_json().encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=PATIENCE):
                self._append(line)
        except Timeout as error:
            raise DataError(
                f"The ledger {self.path} is locked by another process; without a line in it "
                "nothing is scored."
            ) from error
        except OSError as error:
            raise DataError(
                f"The ledger {self.path} cannot be written: {error.strerror or error}; without a "
                "line in it nothing is scored. METIER_LEDGER names another file."
            ) from error

    def read(self) -> list[Scoring]:
        """Return the lines in the order in which they were written; none without a file.

        Raises:
            DataError: If the file cannot be read, or a line is broken; the message has its number.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataError(
                f"The ledger {self.path} cannot be read: {error.strerror or error}."
            ) from error
        return [self._scoring(line, number) for number, line in enumerate(lines, 1) if line.strip()]

    def _append(self, line: bytes) -> None:
        with self.path.open("ab+") as file:
            # A line that a crash cut short stays by itself, and this one whole.
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    line = b"\n" + line
            file.write(line)

    def _scoring(self, line: bytes, number: int) -> Scoring:
        try:
            return Scoring.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            what = f"field '{field}': {first['msg']}" if field else first["msg"]
            raise DataError(
                f"{self.path}, line {number}: this is no scoring: {what}. Mend the line or take "
                "it out."
            ) from error


class ScoringSummary(BaseModel):
    """How often CVs were scored for a target.

    Attributes:
        digest: What the CVs are, whatever the file's name (``digest_of``).
        data: The names under which they were scored, in the order of their first time.
        roles: The roles in which they were scored, in the order of their first time.
        target: The target.
        scorings: How often they were scored.
        models: With how many different models (``Scoring.model``).
        first: When they were scored first.
        last: When they were scored last.
    """

    model_config = ConfigDict(frozen=True)

    digest: str
    data: tuple[str, ...]
    roles: tuple[Role, ...]
    target: str
    scorings: int
    models: int
    first: datetime
    last: datetime


def digest_of(cvs: CVs, scale: Scale) -> str:
    """Return what CVs are called in the ledger: their digest with one target's labels alone.

    Labels of other targets that were read besides do not make other data of it.
    """
    target = scale.target
    jobs = tuple(replace(job, labels={target: job.labels[target]}) for job in cvs.jobs)
    return replace(cvs, jobs=jobs).digest


def summary(entries: Iterable[Scoring]) -> list[ScoringSummary]:
    """Count scorings by CVs and target, in the order of their first line."""
    groups: dict[tuple[str, str], list[Scoring]] = defaultdict(list)
    for entry in entries:
        groups[entry.digest, entry.target].append(entry)
    return [
        ScoringSummary(
            digest=digest,
            data=tuple(dict.fromkeys(each.data for each in found)),
            roles=tuple(dict.fromkeys(each.role for each in found)),
            target=target,
            scorings=len(found),
            models=len({each.model for each in found}),
            first=min(each.when for each in found),
            last=max(each.when for each in found),
        )
        for (digest, target), found in groups.items()
    ]
