"""``metier agreement``: tell how far sources of labels agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from metier.cli.csv_files import check_csv_files, write_csv
from metier.cli.tables import plain_table
from metier.data import find_contradictions, join, read_labelled
from metier.errors import DataError
from metier.guidelines import Guidelines, load_guidelines
from metier.synthesis import PairAgreement, answered_by_rules
from metier.synthesis import agreement as agreement_of

__all__ = ["agreement"]

RULES = "rules"
# Of each pair; all are in the file of conflicts.
SHOWN_CONFUSIONS = 5


def agreement(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Label lists (text,label), pseudo-labels (title,TARGET), or 'rules' for what the "
            "rules say of the others' titles."
        ),
    ],
    target: Annotated[str, typer.Option(help="A packaged target, or a guidelines page (TOML).")],
    conflicts: Annotated[
        Path | None,
        typer.Option(help="Write every title that two sources label differently (CSV)."),
    ] = None,
) -> None:
    """Tell how far sources of labels agree on the titles that they share."""
    if conflicts is not None:
        check_csv_files([conflicts], read=[Path(name) for name in sources])
    guidelines = load_guidelines(target)
    pairs = _compare(sources, guidelines)
    rows = [
        [
            f"{pair.first} / {pair.second}",
            str(pair.titles),
            "–" if pair.agreement is None else f"{pair.agreement:.3f}",
            "–" if pair.kappa is None else f"{pair.kappa:.3f}",
            str(len(pair.conflicts)),
        ]
        for pair in pairs
    ]
    typer.echo(plain_table([guidelines.target, "titles", "agreement", "kappa", "conflicts"], rows))
    for pair in pairs:
        if pair.conflicts:
            typer.echo("\n" + _confusions(pair))
    if conflicts is not None:
        header = ["title", "first", "second", "first_label", "second_label"]
        found = [
            [conflict.title, pair.first, pair.second, conflict.first, conflict.second]
            for pair in pairs
            for conflict in pair.conflicts
        ]
        write_csv(conflicts, header, found)


def _compare(names: list[str], page: Guidelines) -> list[PairAgreement]:
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DataError(f"'{repeated[0]}' is named twice; name different sources.")
    read = {name: read_labelled(Path(name), page.scale) for name in names if name != RULES}
    if not read:
        raise DataError("The rules answer the titles of other sources: name a file beside them.")
    for name, data in read.items():
        contradictions = find_contradictions(data)
        if contradictions:
            typer.echo(
                f"{name}: {len(contradictions)} titles carry more than one label, such as "
                f"'{contradictions[0].title}'; the most frequent one is compared.",
                err=True,
            )
    rules = [answered_by_rules(join(list(read.values())), page)] if RULES in names else []
    shown = _short(names)
    return agreement_of({shown[name]: read[name] if name in read else rules[0] for name in names})


def _short(names: list[str]) -> dict[str, str]:
    """Call each source by its file's name where no other source has the same."""
    ends = [Path(name).name for name in names]
    return {
        name: end if ends.count(end) == 1 else name for name, end in zip(names, ends, strict=True)
    }


def _confusions(pair: PairAgreement) -> str:
    shown = list(pair.confusions.items())[:SHOWN_CONFUSIONS]
    rows = [[first, second, str(count)] for (first, second), count in shown]
    return plain_table([pair.first, pair.second, "titles"], rows)
