"""Write the occupations of the package ``faker`` into a CSV file, one a row: ``title``.

They are official names of occupations in forty languages, without labels: more of what a shared
encoder and a fast tier can be taught on.

    python data/occupations.py runs/occupations.csv
"""

from __future__ import annotations

import csv
import importlib
import pkgutil
import sys
from pathlib import Path

import faker.providers.job

from metier.titles import title_key


def occupations() -> list[str]:
    """Return each occupation once, in the order of the languages and of their lists."""
    found: dict[str, str] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(faker.providers.job.__path__)):
        provider = importlib.import_module(f"faker.providers.job.{module}").Provider
        for title in getattr(provider, "jobs", ()):
            found.setdefault(title_key(str(title)), str(title))
    return list(found.values())


def main() -> None:
    """Write the file that the command line names."""
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["title"])
        writer.writerows([title] for title in occupations())


if __name__ == "__main__":
    main()
