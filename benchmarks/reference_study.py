"""The reference study's published figures beside those of a run."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from metier.evaluation import View
from metier.studies import StudyResults
from metier.studies.evidence.models import Figure
from tables import mean, plain, table

__all__ = ["reference_lines"]

REFERENCE = Path(__file__).with_suffix(".toml")
Lines = Iterator[str]


def reference_lines(results: StudyResults) -> Lines:
    """Set the published figures beside those of this code, and say where their order differs."""
    with REFERENCE.open("rb") as stream:
        rows = tomllib.load(stream)["rows"]
    yield from (
        "",
        "## The reference study, row by row",
        "",
        "Accuracy / macro F1 on ACTIVE jobs: published, on 623 rows with its own backbones; and "
        "this code, on the CVs of this run, with the backbones that its study names.",
    )
    for target in results.targets:
        evidence = {one.variant: one for one in results.evidence[target.target].variants}
        shown, pairs = [], []
        for row in rows:
            published = row.get(target.target)
            ours = evidence.get(row["variant"])
            found = None if ours is None else ours.figures(View.ACTIVE)
            if published is None:
                continue
            cell = "not run here"
            if found is not None:
                cell = f"{plain(found.accuracy.mean)} / {mean(found.macro_f1)}"
                pairs.append((row["name"], published[1], found.macro_f1))
            theirs = f"{plain(published[0])} / {plain(published[1])}"
            shown.append([row["name"], row["variant"], theirs, cell])
        yield from ("", f"### {target.target.capitalize()}", "")
        yield from table(["reference study", "variant here", "published", "this code"], shown)
        yield from ("", *_order(pairs))


def _order(pairs: Sequence[tuple[str, float, Figure]]) -> Lines:
    """Compare the order of rows by macro F1 in the reference study with the order here."""
    together = list(itertools.combinations(pairs, 2))
    turned = [
        (first, second)
        for first, second in together
        if (first[1] - second[1]) * (first[2].mean - second[2].mean) < 0
    ]
    same = len(together) - len(turned)
    yield (
        f"By macro F1, {same} of {len(together)} pairs of rows stand in the same order"
        f"{'. The others:' if turned else '.'}"
    )
    for (one, their_one, our_one), (two, their_two, our_two) in turned:
        overlapping = (
            our_one.interval is not None
            and our_two.interval is not None
            and our_one.interval.low <= our_two.interval.high
            and our_two.interval.low <= our_one.interval.high
        )
        yield (
            f"- {one} and {two}: published {plain(their_one)} and {plain(their_two)}, here "
            f"{plain(our_one.mean)} and {plain(our_two.mean)}"
            f"{' (the intervals here overlap)' if overlapping else ''}."
        )
