"""One machine without Ray against Ray: the same partitions read, answered and written.

    python benchmarks/speed/cluster.py MODEL TITLES [--tier exact] [--runs 5] [--out figures.json]

TITLES is a folder of Parquet partitions, best of distinct titles. Without Ray one process answers
one partition after the other with as many threads as Ray has workers; a worker has one thread.
Every run is a fresh process, so that no answers are remembered, and the two take turns. The time
goes from the first partition's start to the last one's end, after models are loaded and, with Ray,
all workers wait; the whole time is that of the process, with all starting and ending. Medians of
the runs, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import metier
from metier.classifiers.folders import model_name
from metier.runtime.answering import Answerer
from metier.runtime.cluster import Answers, predict_partitions
from metier.runtime.cluster.folders import OutputFolder, find_partitions
from metier.runtime.cluster.worker import Worker, read_schema
from metier.runtime.files.columns import title_column

WAYS = ("one process", "ray")


def main() -> None:
    """Run both ways in turn, and print the figures; or, as one of these runs, its seconds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("titles", help="Folder of Parquet partitions")
    parser.add_argument("--tier")
    parser.add_argument("--column")
    parser.add_argument("--workers", type=int, default=2, help="Of Ray, and threads without it")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, help="JSON file to write as well")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        with tempfile.TemporaryDirectory() as folder:
            run = _alone if chosen.way == WAYS[0] else _with_ray
            print(json.dumps(run(chosen, folder)))
        return
    text = json.dumps(_compare(chosen), indent=1)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")


def _compare(chosen: argparse.Namespace) -> dict[str, object]:
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for number in range(chosen.runs):
        # Neither always comes second.
        for way in WAYS if number % 2 == 0 else WAYS[::-1]:
            runs[way].append(_run(way, chosen.workers))
            print(way, runs[way][-1], file=sys.stderr)
    medians = {
        way: {
            what: round(statistics.median(one[what] for one in found), 2)
            for what in ("seconds", "whole seconds")
        }
        for way, found in runs.items()
    }
    rows = runs[WAYS[0]][0]["rows"]
    alone, ray = (medians[way]["seconds"] for way in WAYS)
    return {
        "model": model_name(chosen.model, chosen.tier),
        "tier": chosen.tier,
        "cores": os.cpu_count(),
        "workers": chosen.workers,
        "partitions": len(find_partitions(chosen.titles)),
        "rows": int(rows),
        "medians": medians,
        "rows a second": {way: round(rows / medians[way]["seconds"], 1) for way in WAYS},
        "ray, times as fast": round(alone / ray, 2),
        "runs": runs,
    }


def _run(way: str, workers: int) -> dict[str, float]:
    """Run this program once more, for one way alone."""
    threads = workers if way == WAYS[0] else 1
    environment = {"METIER_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    started = time.perf_counter()
    ended = subprocess.run(  # noqa: S603
        [sys.executable, *sys.argv, "--way", way],
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found | {"whole seconds": round(time.perf_counter() - started, 3)}


def _alone(chosen: argparse.Namespace, folder: str) -> dict[str, float]:
    partitions = find_partitions(chosen.titles)
    names = read_schema(partitions[0].url).names
    column = title_column(chosen.titles, names, chosen.column)
    model = metier.load(chosen.model, chosen.tier)
    answerer = Answerer(model, model_name(chosen.model, chosen.tier))
    worker = Worker(Answers(answerer, column), OutputFolder(folder))
    done = [worker.work(one.url, one.name) for one in partitions]
    failures = [one.failure for one in done if one.failure]
    if failures:
        raise SystemExit(failures[0])
    return {
        "rows": sum(one.rows for one in done),
        "seconds": round(done[-1].ended - done[0].started, 3),
    }


def _with_ray(chosen: argparse.Namespace, folder: str) -> dict[str, float]:
    import ray.data

    # No partition is begun before all workers have their models.
    ray.data.DataContext.get_current().wait_for_min_actors_s = 3600
    outcome = predict_partitions(
        chosen.titles,
        folder,
        model=chosen.model,
        tier=chosen.tier,
        column=chosen.column,
        workers=chosen.workers,
    )
    return {"rows": outcome.rows, "seconds": round(outcome.seconds, 3)}


if __name__ == "__main__":
    main()
