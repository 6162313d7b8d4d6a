"""The views of annotated CVs: which of their jobs are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from metier.data import CVs, Job, Status
from metier.titles import title_key

__all__ = ["VIEWS", "VIEWS_OF_ANY_MODEL", "View", "covered_views", "rows_of_view"]


class View(StrEnum):
    """A way to choose rows from annotated CVs."""

    ACTIVE = "active"
    ALL = "all"
    NEW = "new"
    ONE = "one"

    @property
    def heading(self) -> str:
        """What the view is called in tables."""
        return {
            View.ACTIVE: "ACTIVE jobs",
            View.ALL: "all jobs",
            View.NEW: "new titles",
            View.ONE: "one job a CV",
        }[self]

    @property
    def description(self) -> str:
        """What the view counts, in one sentence."""
        return {
            View.ACTIVE: "Every job that is held now, one row a job.",
            View.ALL: "Every job; the view to decide by.",
            View.NEW: "Different titles of all jobs that occur in no training or pseudo-labelled "
            "text of the study; the view that measures generalising.",
            View.ONE: "The job held now with the latest start, one row a CV.",
        }[self]


VIEWS = tuple(View)
# Which titles are new cannot be told without those that something was trained on.
VIEWS_OF_ANY_MODEL = tuple(view for view in VIEWS if view is not View.NEW)


def rows_of_view(view: View, cvs: CVs, seen_titles: Iterable[str]) -> list[int]:
    """Return the rows of a view as positions in ``cvs.jobs``, in file order.

    Args:
        view: The view.
        cvs: The CVs.
        seen_titles: All training and pseudo-labelled titles, for the view of new titles.
    """
    rows = range(len(cvs.jobs))
    if view is View.ACTIVE:
        return [row for row in rows if cvs.jobs[row].status is Status.ACTIVE]
    if view is View.ALL:
        return list(rows)
    if view is View.NEW:
        return _first_of_new_titles(cvs, {title_key(title) for title in seen_titles})
    return _latest_active(cvs)


def covered_views(
    covered: NDArray[np.bool_],
    cvs: CVs,
    seen_titles: Iterable[str],
    views: Sequence[View] = VIEWS,
) -> list[View]:
    """Return the views whose jobs a method could answer, every one of them.

    A score over some jobs of a view would be of other rows than that of every other method. A
    view without rows lacks no answer.

    Args:
        covered: Which jobs of the CVs the method could answer (``Classifier.covers``), shape (n,).
        cvs: The CVs, of n jobs.
        seen_titles: All training and pseudo-labelled titles, for the view of new titles.
        views: The views to choose from; their order is kept.

    Raises:
        ValueError: If there is not one entry per job.
    """
    if len(covered) != len(cvs.jobs):
        raise ValueError(f"coverage of {len(covered)} of {len(cvs.jobs)} jobs")
    seen = list(seen_titles)
    return [view for view in views if bool(covered[rows_of_view(view, cvs, seen)].all())]


def _first_of_new_titles(cvs: CVs, seen: set[str]) -> list[int]:
    first: dict[str, int] = {}
    for row, job in enumerate(cvs.jobs):
        first.setdefault(title_key(job.title), row)
    return [row for key, row in first.items() if key not in seen]


def _latest_active(cvs: CVs) -> list[int]:
    latest: dict[int, int] = {}
    for row, job in enumerate(cvs.jobs):
        if job.status is Status.ACTIVE:
            best = latest.get(job.cv)
            # Of jobs that began together the first in the file counts.
            if best is None or _start(job) > _start(cvs.jobs[best]):
                latest[job.cv] = row
    return sorted(latest.values())


def _start(job: Job) -> str:
    return job.start or ""
