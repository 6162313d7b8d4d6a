"""How many threads predicting may take."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import current_thread
from typing import TypeVar

from metier.errors import ModelError

__all__ = ["VARIABLE", "in_threads", "threads"]

VARIABLE = "METIER_THREADS"
"""The environment variable that sets the number."""

NAME = "metier-predict"

Work = TypeVar("Work")
Result = TypeVar("Result")


def threads() -> int:
    """Return ``METIER_THREADS``, or else the number of processors that this process may use.

    Raises:
        ModelError: If the variable holds no number above 0.
    """
    wish = os.environ.get(VARIABLE, "")
    if not wish:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _counted()
    if not wish.isdecimal() or int(wish) < 1:
        raise ModelError(f"{VARIABLE} is '{wish}'; it takes a number of threads, 1 or more.")
    return int(wish)


def in_threads(work: Callable[[Work], Result], parts: Iterable[Work]) -> list[Result]:
    """Do the same work on several parts at once, and return what comes of each, in their order.

    Within such work there is one thread: parts of parts are worked on one after the other.

    Args:
        work: What releases Python's lock most of the time, as numpy and ONNX Runtime do.
        parts: What to work on.
    """
    jobs = list(parts)
    number = min(threads(), len(jobs))
    # Work that waited for threads which wait for work would wait for ever.
    if number < 2 or current_thread().name.startswith(NAME):
        return [work(job) for job in jobs]
    return list(_pool(number).map(work, jobs))


def _counted() -> int:
    return os.cpu_count() or 1


@lru_cache
def _pool(number: int) -> ThreadPoolExecutor:
    """Return the pool of so many threads: starting them takes longer than answering a title."""
    return ThreadPoolExecutor(number, thread_name_prefix=NAME)
