"""What answering a file costs as its rows grow tenfold: seconds, and memory at its peak.

    python benchmarks/speed/growth.py --model MODEL [--tier fast] [--most 10_000_000]

For 1,000 rows and ten times as many, up to --most, a CSV of distinct made-up titles is written, and
`metier predict` answers it as a process of its own, start-up and loading of the model included.
METIER_THREADS limits its threads, as ever. No title comes twice, so that none is spared by having
been asked before. Writes growth.json and growth.svg beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 1_000
MEBIBYTE = 1 << 20

# Their numbers have no common factor, so that all combinations come.
LEVELS = (
    *("", "Senior", "Junior", "Head of", "Trainee,", "Lead", "Stellv. Leitung", "Responsable"),
    *("Vice President", "Assistant", "Gerente de"),
)
FIELDS = (
    *("Sales", "Einkauf", "Marketing", "Comptabilité", "Human Resources", "Logistik", "IT Support"),
    *("Nursing", "Produktion", "Ventas", "Customer Service", "Legal", "Research"),
)
ROLES = (
    *("Manager", "Specialist", "Sachbearbeiter", "Coordinator", "Consultant", "Technicien"),
    *("Engineer", "Analyst", "Mitarbeiterin", "Administrator", "Officer", "Especialista"),
    *("Associate", "Planner", "Controller", "Representative", "Advisor"),
)
SYLLABLES = tuple(first + second for first in "bdfgklmnprstvz" for second in "aeiou")


class Run(NamedTuple):
    """What one file cost.

    Attributes:
        rows: Its rows.
        seconds: From the start of the process to its end.
        mebibytes: Its memory at the peak.
    """

    rows: int
    seconds: float
    mebibytes: float


def main() -> None:
    """Answer file after file, store the figures after each, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--model", required=True, help="As metier predict takes it")
    parser.add_argument("--tier")
    parser.add_argument("--most", type=int, default=10_000_000, help="Rows of the largest file")
    chosen = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as folder:
        rows = LEAST
        while rows <= chosen.most:
            runs.append(_measure(rows, chosen.model, chosen.tier, Path(folder)))
            print(*(f"{name} {value:,}" for name, value in runs[-1]._asdict().items()))
            _store(runs, chosen.model, chosen.tier)
            rows *= 10
    _draw(runs)


def titles() -> Iterator[str]:
    """Yield distinct titles without end, always the same: the last word counts them."""
    number = 0
    while True:
        level, field, role = (words[number % len(words)] for words in (LEVELS, FIELDS, ROLES))
        yield f"{level} {field} {role}, {_word(number)}".lstrip()
        number += 1


def _word(number: int) -> str:
    """Return a word for a number, and another one for each."""
    word = ""
    # At least two syllables.
    rest = number + len(SYLLABLES)
    while rest:
        rest, place = divmod(rest, len(SYLLABLES))
        word += SYLLABLES[place]
    return word.capitalize()


def _measure(rows: int, model: str, tier: str | None, folder: Path) -> Run:
    given, out = folder / "titles.csv", folder / "answered.csv"
    with given.open("w", encoding="utf-8") as file:
        file.write("id,title\n")
        file.writelines(f'{row},"{title}"\n' for row, title in enumerate(islice(titles(), rows)))
    command = [sys.executable, "-m", "metier", "predict", str(given), "--out", str(out)]
    command += ["--model", model, *(["--tier", tier] if tier else [])]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"metier predict ended with exit code {process.returncode}.")
    with out.open("rb") as file:
        answered = sum(1 for _ in file) - 1
    if answered != rows:
        raise SystemExit(f"{answered:,} of {rows:,} rows were answered.")
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(rows, round(seconds, 2), round(used.ru_maxrss * unit / MEBIBYTE, 1))


def _store(runs: list[Run], model: str, tier: str | None) -> None:
    path = Path(__file__).with_suffix(".json")
    found = {
        "command": shlex.join(["python", "benchmarks/speed/growth.py", *sys.argv[1:]]),
        "model": Path(model).name,
        "tier": tier,
        "cores": os.cpu_count(),
        "threads": os.environ.get("METIER_THREADS"),
        "runs": [
            run._asdict() | {"rows a second": round(run.rows / run.seconds, 1)} for run in runs
        ],
    }
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _draw(runs: list[Run]) -> None:
    # Not before all runs: Linux counts to the peak of a process what the one held that started it.
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    rows, seconds, mebibytes = map(list, zip(*runs, strict=True))
    style: Any = {
        "font.family": "sans-serif",
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "metier",
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(8.6, 3.4), layout="constrained")
        FigureCanvasSVG(figure)
        time_axes, memory_axes = figure.subplots(1, 2)
        _plot(time_axes, rows, seconds, "time")
        marks = {0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h"}
        _ticks(time_axes, marks | {36_000: "10 h"}, min(seconds) / 2, max(seconds) * 3)
        _plot(memory_axes, rows, mebibytes, "memory at the peak")
        memory_axes.axhline(1024, color="#d55e00", linestyle="--", linewidth=1.2)
        memory_axes.annotate(
            "1 GiB", (1, 1024), (0, 4), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", color="#d55e00",
        )  # fmt: skip
        sizes = {2**power: f"{2**power:,} MiB" for power in range(5, 15)}
        _ticks(memory_axes, sizes, min(mebibytes) / 2, max(*mebibytes, 1024) * 2)
        # Without the date, the same figures give the same file.
        figure.savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


def _plot(axes: Axes, rows: list[int], values: list[float], title: str) -> None:
    names = [f"{row // 10**6}M" if row >= 10**6 else f"{row // 1000}k" for row in rows]
    axes.loglog(rows, values, marker="o", color="#0072b2", linewidth=1.8)
    axes.set_title(title, loc="left", fontsize=12)
    axes.set_xlabel("rows")
    axes.set_xlim(min(rows) / 1.5, max(rows) * 1.5)
    axes.set_xticks(rows, names, fontsize=10)
    axes.tick_params(which="minor", bottom=False, left=False)
    axes.grid(visible=True, color="#e3e6ea")
    axes.set_axisbelow(True)


def _ticks(axes: Axes, names: dict[float, str], least: float, most: float) -> None:
    """Name the marks of the upright axis that lie between its ends."""
    shown = {value: name for value, name in names.items() if least <= value <= most}
    axes.set_ylim(least, most)
    axes.set_yticks(list(shown), list(shown.values()), fontsize=10)
    axes.minorticks_off()


if __name__ == "__main__":
    main()
