"""Working on partitions with Ray: a pool of processes, each with a model of its own."""

from __future__ import annotations

import logging
import math
import os
import platform
import socket
import sys
import traceback
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

import metier
from metier.classifiers.folders import model_name
from metier.errors import MetierError, MissingExtraError, ModelError
from metier.runtime.answering import Answerer
from metier.runtime.cluster.answers import Answers
from metier.runtime.cluster.folders import OutputFolder, Partition
from metier.runtime.cluster.worker import Summary, Worker

__all__ = ["ClusterError", "PartitionWorker", "Task", "require_ray", "work"]

# Ray keeps book of each bundle of partitions; a bundle is one partition if there are fewer.
BUNDLES = 10_000
# Rows do not go through Ray's store: this is about the least that it takes.
STORE = 100 * 2**20
# Seconds in which a cluster has to answer at all.
ANSWERS_WITHIN = 10
# The level of the log of Ray's processes.
BACKEND_LOG = "RAY_BACKEND_LOG_LEVEL"
# A worker is one model on one core; more threads would only get into each other's way.
ONE_THREAD = dict.fromkeys(
    ("METIER_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


class ClusterError(MetierError):
    """A cluster cannot be reached or its workers cannot work; what is finished is kept."""


@dataclass(frozen=True)
class Task:
    """What each worker is told.

    Attributes:
        model: The model's folder, or the name of a packaged model.
        name: Its name, by which a worker knows that it has the same.
        tier: The tier of the model.
        column: The column of titles.
        explain: Whether to say what decided.
        out: The folder to write to.
    """

    model: Path
    name: str
    tier: str | None
    column: str
    explain: bool
    out: str


class PartitionWorker:
    """An actor of Ray that answers partitions; rows of the data set are places of partitions.

    Args:
        task: What to do.
    """

    def __init__(self, task: Task) -> None:
        pa.set_cpu_count(1)
        self._worker: Worker | None = None
        self._failure = ""
        # An actor that does not start is started again; one that says why is not.
        try:
            self._worker = _worker(task)
        except MetierError as error:
            self._failure = f"The worker on {platform.node()} cannot work: {error}"

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Answer the partitions of a batch, and return their summaries."""
        places = zip(batch["url"].to_pylist(), batch["name"].to_pylist(), strict=True)
        return pa.Table.from_pylist([asdict(self._work(url, name)) for url, name in places])

    def _work(self, url: str, name: str) -> Summary:
        if self._worker is None:
            return Summary(name, 0, 0, 0.0, 0.0, self._failure, stops=True)
        try:
            return self._worker.work(url, name)
        except Exception:
            failure = f"{url} met a fault of metier's:\n{traceback.format_exc()}"
            return Summary(name, 0, 0, 0.0, 0.0, failure, stops=True)


def require_ray() -> None:
    """Refuse to go on without Ray.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import ray.data  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("Predicting with Ray", "cluster") from error


def work(
    task: Task, partitions: Sequence[Partition], *, address: str | None, workers: int | None
) -> Generator[Summary]:
    """Answer partitions, and yield what became of each as soon as it is known.

    Args:
        task: What to do.
        partitions: On what, in order; the longest work comes best first.
        address: The cluster's address, or None for ``RAY_ADDRESS`` or else this machine.
        workers: Processes, or None for what the cluster has.

    Raises:
        ClusterError: If the cluster cannot be reached, or is lost.
    """
    import ray
    import ray.data

    with ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(_connected(address, workers))
        size, gpus = pool_size(ray.cluster_resources(), workers)
        try:
            places = ray.data.from_items(
                [{"url": one.url, "name": one.name} for one in partitions],
                override_num_blocks=min(len(partitions), BUNDLES),
            )
            # Ray starts lost actors and their tasks again without being asked.
            summaries = places.map_batches(
                PartitionWorker,
                fn_constructor_args=[task],
                batch_size=1,
                batch_format="pyarrow",
                # A partition that waited for one worker would not be taken by an idle one.
                compute=ray.data.ActorPoolStrategy(
                    size=min(size, len(partitions)), max_tasks_in_flight_per_actor=1
                ),
                num_cpus=1,
                num_gpus=gpus or None,
                runtime_env={"env_vars": ONE_THREAD},
            )
            for row in summaries.iter_rows():
                yield Summary(**row)
        except (ray.exceptions.RayError, OSError) as error:
            said = str(error).strip().rstrip(".")
            raise ClusterError(
                f"Ray gave up: {said}. What is finished is kept; run the same again."
            ) from error


def pool_size(resources: Mapping[str, float], workers: int | None) -> tuple[int, float]:
    """Return how many workers there are, and each one's share of a GPU.

    Args:
        resources: What the cluster has, by Ray's names.
        workers: The number asked for, or None for one a GPU, or one a core where there is none.
    """
    gpus = int(resources.get("GPU", 0))
    size = workers or gpus or max(1, int(resources.get("CPU", 1)))
    # No worker has its share on two GPUs.
    return size, 1 / math.ceil(size / gpus) if gpus else 0.0


@contextmanager
def _connected(address: str | None, workers: int | None) -> Iterator[None]:
    """Use the Ray that is there, or connect to one, or start one; end only what began here."""
    import ray

    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS")
    own: dict[str, Any] = {
        "num_cpus": workers,
        "object_store_memory": STORE,
        "include_dashboard": False,
    }
    with _ray_environment():
        try:
            _knock(address)
            with _quiet_start():
                ray.init(
                    address or "local",
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    **({} if address else own),
                )
        except (OSError, RuntimeError, ValueError) as error:
            if not address:
                raise ClusterError(f"Ray does not start: {error}") from error
            raise ClusterError(
                f"The Ray cluster '{address}' cannot be reached: {error}. If it asks for tokens, "
                "set RAY_AUTH_MODE=token."
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def _knock(address: str | None) -> None:
    """Raise OSError where nobody listens; Ray itself would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN).close()


@contextmanager
def _ray_environment() -> Iterator[None]:
    """Undo what is set for Ray, and what Ray sets itself, once it is ended."""
    before = {name: value for name, value in os.environ.items() if _is_rays(name)}
    # No reports to its makers.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        yield
    finally:
        for name in filter(_is_rays, list(os.environ)):
            del os.environ[name]
        os.environ.update(before)


def _is_rays(variable: str) -> bool:
    return variable.startswith("RAY_") or variable == "PYTHONBREAKPOINT"


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep the log of Ray's processes off standard error, unless its level was set."""
    if BACKEND_LOG in os.environ:
        yield
        return
    os.environ[BACKEND_LOG] = "fatal"
    # That the level is set is logged as well, past all that Python could turn off.
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray's log and bars off, and what it says of lost workers off standard output."""
    import ray.data

    log, context = logging.getLogger("ray.data"), ray.data.DataContext.get_current()
    level, bars = log.level, context.enable_progress_bars
    log.setLevel(logging.CRITICAL)
    context.enable_progress_bars = False
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        log.setLevel(level)
        context.enable_progress_bars = bars


def _worker(task: Task) -> Worker:
    found = model_name(task.model, task.tier)
    if found != task.name:
        raise ModelError(f"{task.model} holds {found} there, and {task.name} where it began.")
    answerer = Answerer(metier.load(task.model, task.tier), task.name, explain=task.explain)
    return Worker(Answers(answerer, task.column), OutputFolder(task.out))
