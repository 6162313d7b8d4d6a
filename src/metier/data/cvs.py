"""CVs: lists of jobs, with or without labels."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from metier.data.labelled import LabelledTitles, check_label
from metier.data.roles import Purpose, Role, require
from metier.data.tables import MissingColumnError, read_table, read_text
from metier.errors import DataError, RoleError
from metier.guidelines import Scale

__all__ = ["CVs", "Job", "Status", "read_cvs", "read_titles"]

FIELDS = ("organization", "position", "startDate", "endDate", "status")
# Many people give the year alone.
DATE = re.compile(r"^\d{4}(-(0[1-9]|1[0-2]))?$")

# Human labels of CVs are scored and never fitted; without labels CVs are just titles.
CV_ROLES = (Role.UNLABELLED, Role.DEVELOPMENT, Role.EVALUATION)


class Status(StrEnum):
    """Whether a job is held now. UNKNOWN: the CV gives no dates."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Job:
    """One job of a CV.

    Attributes:
        cv: The number of its CV in the file, from 0.
        number: Its number in the CV, from 0.
        title: What the file calls ``position``.
        organization: The employer; may be empty.
        start: When it began, as ``YYYY-MM`` or ``YYYY``, or None.
        end: When it ended, in the same form, or None.
        status: Whether the job is held now.
        labels: Target to human label; empty where the CV is not annotated.
    """

    cv: int
    number: int
    title: str
    organization: str
    start: str | None
    end: str | None
    status: Status
    labels: Mapping[str, str]


@dataclass(frozen=True)
class CVs:
    """The jobs of all CVs of a file.

    Attributes:
        jobs: The jobs in file order.
        role: What may be done with them: unlabelled, development or evaluation.
        source: The file's name.
    """

    jobs: tuple[Job, ...]
    role: Role
    source: str

    @property
    def titles(self) -> tuple[str, ...]:
        """The jobs' titles, in file order."""
        return tuple(job.title for job in self.jobs)

    @property
    def digest(self) -> str:
        """SHA-256 of titles, CV numbers and labels: what is scored, whatever the file's name."""
        rows = [[job.cv, job.title, sorted(job.labels.items())] for job in self.jobs]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def labelled(self, scale: Scale) -> LabelledTitles:
        """Return the titles with their human labels, to be scored.

        Raises:
            RoleError: If the CVs are unlabelled.
        """
        require(Purpose.SCORE, self.role, self.source)
        return LabelledTitles(
            titles=self.titles,
            labels=tuple(job.labels[scale.target] for job in self.jobs),
            scale=scale,
            role=self.role,
            source=self.source,
        )


def read_cvs(path: Path, role: Role, scales: Sequence[Scale] = ()) -> CVs:
    """Read CVs from JSON (a list of CVs, each a list of jobs) or Parquet (a row a job).

    A job has ``organization``, ``position``, ``startDate``, ``endDate`` and ``status``, and a
    field per target where it is annotated. Parquet has a column ``cv`` besides.

    Args:
        path: The file.
        role: Unlabelled, development or evaluation.
        scales: The targets whose labels to read; none for unlabelled CVs. Other labels in the
            file are not touched.

    Raises:
        DataError: If the file is malformed; if a label is missing or unknown.
        RoleError: If the role is none that CVs can have, or unlabelled CVs are asked for labels.
    """
    if role not in CV_ROLES:
        raise RoleError(
            f"{path}: CVs may be {', '.join(CV_ROLES)} data, not {role}; "
            "human labels of CVs are never fitted."
        )
    if scales:
        require(Purpose.SCORE, role, path.name)
    nested = _read_parquet(path, scales) if path.suffix == ".parquet" else _read_json(path)
    jobs = tuple(
        _job(record, cv, number, path, scales)
        for cv, records in enumerate(nested)
        for number, record in enumerate(records)
    )
    if not jobs:
        raise DataError(f"{path} holds no jobs.")
    return CVs(jobs=jobs, role=role, source=path.name)


def read_titles(path: Path) -> tuple[str, ...]:
    """Read the titles of any file that metier reads: CVs, a label list or pseudo-labels.

    Raises:
        DataError: If the file is none of them.
    """
    if path.suffix == ".json":
        return read_cvs(path, Role.UNLABELLED).titles
    for field in ("text", "title", "position"):
        try:
            table = read_table(path, [field])
        except MissingColumnError as error:
            missing = error
        else:
            return tuple(table.text(row, field) for row in range(len(table.lines)))
    raise DataError(
        f"{path} has no titles: it needs a column text, title or position; "
        f"it has: {', '.join(missing.found)}."
    )


def _read_json(path: Path) -> list[list[object]]:
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}, line {error.lineno}, column {error.colno}: broken JSON: {error.msg}."
        ) from error
    if not isinstance(content, list):
        raise DataError(f"{path}: a list of CVs is expected, found {_kind(content)}.")
    for cv, records in enumerate(content):
        if not isinstance(records, list):
            raise DataError(
                f"{path}, CV {cv + 1}: a list of jobs is expected, found {_kind(records)}."
            )
    return content


def _read_parquet(path: Path, scales: Sequence[Scale]) -> list[list[object]]:
    columns = ["cv", *FIELDS, *(scale.target for scale in scales)]
    table = read_table(path, columns)
    nested: dict[object, list[object]] = {}
    for row, cv in enumerate(table.columns["cv"]):
        record = {name: table.columns[name][row] for name in columns if name != "cv"}
        nested.setdefault(cv, []).append(record)
    return list(nested.values())


def _job(record: object, cv: int, number: int, path: Path, scales: Sequence[Scale]) -> Job:
    where = f"{path}, CV {cv + 1}, job {number + 1}"
    if not isinstance(record, dict):
        raise DataError(f"{where}: an object is expected, found {_kind(record)}.")
    title = record.get("position")
    if not isinstance(title, str):
        raise DataError(f"{where}, field 'position': {title!r} is not text.")
    if not title.strip():
        raise DataError(f"{where}, field 'position': the title is empty.")
    if any("\ud800" <= character <= "\udfff" for character in title):
        raise DataError(f"{where}, field 'position': the title holds a lone surrogate.")
    status = record.get("status")
    if status not in list(Status):
        raise DataError(
            f"{where}, field 'status': {status!r} is not allowed; allowed: {', '.join(Status)}."
        )
    start, end = (_date(record, name, where) for name in ("startDate", "endDate"))
    return Job(
        cv=cv,
        number=number,
        title=title,
        organization=str(record.get("organization") or ""),
        start=start,
        end=end,
        status=Status(status),
        labels={scale.target: _label(record, scale, where) for scale in scales},
    )


def _date(record: Mapping[str, object], field: str, where: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not DATE.match(value):
        raise DataError(
            f"{where}, field '{field}': {value!r} is no date; write YYYY-MM, YYYY or null."
        )
    return value


def _label(record: Mapping[str, object], scale: Scale, where: str) -> str:
    value = record.get(scale.target)
    if not isinstance(value, str) or not value:
        raise DataError(
            f"{where}, field '{scale.target}': there is no label; CVs to be scored need one on "
            "every job."
        )
    return check_label(value, scale, f"{where}, field '{scale.target}'")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")
