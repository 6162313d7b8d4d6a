"""The clean titles of 25 languages, forty a language, as one file with the language of each.

    python benchmarks/accuracy/clean_titles.py runs/clean-titles.csv

They are the test titles of the guidelines (``tests/guidelines/titles``), written by somebody who
had not seen the markers. No training reads them; the rules are tested on them, so that they are not
unseen for rules, or for what asks rules.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

__all__ = ["clean_titles"]

FOLDER = Path(__file__).parents[2] / "tests" / "guidelines" / "titles"
COLUMNS = ("title", "department", "seniority")


def clean_titles() -> list[dict[str, str]]:
    """Return the titles with their labels and ``language``, an ISO code."""
    found = []
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found += [{name: row[name] for name in COLUMNS} | {"language": path.stem} for row in rows]
    return found


def main() -> None:
    """Write the file that the command line names."""
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "language"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(clean_titles())


if __name__ == "__main__":
    main()
