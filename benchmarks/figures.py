"""Writes the figures of a run as a page of tables, without any title of its data.

metier study studies/all-methods.toml
python benchmarks/figures.py runs/all-methods benchmarks/all-methods.md --reference
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from metier.evaluation import View
from metier.evaluation.slices import SMALL, Dimension
from metier.studies import StudyResults, read_results
from metier.studies.evidence.models import ShiftEvidence, TargetEvidence, VariantEvidence
from metier.studies.results import TargetData
from reference_study import reference_lines
from tables import mean, plain, table

Lines = Iterator[str]


def main() -> None:
    """Read a run and write its page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--reference", action="store_true", help="Compare with the reference study")
    chosen = parser.parse_args()
    results = read_results(chosen.run)
    lines = [*_head(results, chosen)]
    for target in results.targets:
        lines += _target(target, results.evidence[target.target])
    if chosen.reference:
        lines += reference_lines(results)
    lines += [*_findings(results), *_data(results)]
    chosen.page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(results: StudyResults, chosen: argparse.Namespace) -> Lines:
    seen = ": these figures are seen" if results.role == "development" else ""
    yield from (
        f"# {results.study}",
        "",
        f"Judged on {results.judged_on} ({results.role} data{seen}). "
        f"Seeds: {', '.join(map(str, results.seeds))}, where a row names no others.",
        "",
        "```",
        results.command,
        f"python benchmarks/figures.py {chosen.run} {chosen.page}"
        f"{' --reference' if chosen.reference else ''}",
        "```",
        "",
        "Accuracy / macro F1, means over the seeds; ± is the standard deviation of macro F1 over "
        "seeds; in brackets the 95 % interval of macro F1, by bootstrap over CVs and seeds.",
    )


def _target(target: TargetData, evidence: TargetEvidence) -> Lines:
    done = [one for one in evidence.variants if one.status == "done"]
    yield from ("", f"## {target.target.capitalize()}", "")
    yield from table(
        ["variant", "seeds", "curated test", *(view.heading for view in View)],
        [_results(one) for one in evidence.variants],
    )
    if target.ranks is not None:
        yield from ("", "Mean absolute error of the rank:", "")
        yield from table(
            ["variant", *(view.heading for view in View)],
            [[one.variant, *(_mae(one, view) for view in View)] for one in done],
        )
    yield from (
        "",
        f"Against '{evidence.baseline}' (all jobs; recorded answers: ACTIVE jobs), p-values by "
        "bootstrap over CVs and seeds, with Holm's correction; = is not distinguishable at 5 %:",
        "",
    )
    yield from table(
        ["variant", "accuracy", "macro F1", "95 % interval", "p (Holm)", ""],
        [_against(one) for one in done if one.against is not None],
    )
    yield from ("", "F1 by label, all jobs:", "")
    yield from table(["variant", *target.labels], [[one.variant, *_by_label(one)] for one in done])
    yield from _by_language(done)
    yield from _calibration(done)
    yield from _invariance(done)
    yield from _slices(evidence)
    if evidence.shift is not None:
        yield from _shift(evidence.shift)
    if evidence.suspects:
        yield from (
            "",
            f"Probable annotation errors: {len(evidence.suspects)} titles, on which at least 80 % "
            f"of {len(evidence.asked)} methods agree on another label (no score leaves them out).",
        )


def _results(one: VariantEvidence) -> list[str]:
    seeds = ", ".join(map(str, one.seeds))
    if one.status != "done":
        return [one.variant, seeds, one.status, *[""] * len(View)]
    inside = "–" if one.test is None else f"{plain(one.test[0].mean)} / {mean(one.test[1])}"
    cells = [
        "–"
        if (found := one.figures(view)) is None
        else f"{plain(found.accuracy.mean)} / {mean(found.macro_f1)}"
        for view in View
    ]
    return [one.variant, seeds, inside, *cells]


def _mae(one: VariantEvidence, view: View) -> str:
    found = one.figures(view)
    return "–" if found is None or found.mae is None else plain(found.mae.mean)


def _against(one: VariantEvidence) -> list[str]:
    if one.against is None:
        return []
    test = one.against.macro_f1
    return [
        one.variant,
        f"{one.against.accuracy.value:+.3f}",
        f"{test.value:+.3f}",
        f"{test.interval.low:+.3f} to {test.interval.high:+.3f}",
        f"{test.p_holm:.3f}",
        "" if one.against.is_distinguishable else "=",
    ]


def _by_label(one: VariantEvidence) -> list[str]:
    found = one.figures(View.ALL)
    return [] if found is None else [f"{label.f1:.2f}" for label in found.per_label]


def _by_language(done: Sequence[VariantEvidence]) -> Lines:
    found = {
        one.variant: {
            part.name: part
            for part in one.slices
            if part.dimension == Dimension.LANGUAGE and not part.small
        }
        for one in done
    }
    jobs = {part.name: part.n for parts in found.values() for part in parts.values()}
    if not jobs:
        return
    yield from ("", f"Accuracy / macro F1 by language, all jobs (from {SMALL} jobs):", "")
    yield from table(
        ["variant", *(f"{language} ({n})" for language, n in jobs.items())],
        [
            [
                variant,
                *(
                    f"{plain(part.accuracy.value)} / {plain(part.macro_f1.value)}"
                    for part in map(parts.__getitem__, jobs)
                ),
            ]
            for variant, parts in found.items()
            if parts
        ],
    )


def _calibration(done: Sequence[VariantEvidence]) -> Lines:
    yield from (
        "",
        "Calibration on all jobs (first seed); temperature and threshold from validation data:",
        "",
    )
    yield from table(
        [
            "variant",
            "validated on",
            "temperature",
            "expected calibration error",
            "with temperature",
            "threshold for .90",
            "answered",
            "right of these",
        ],
        [
            [
                one.variant,
                found.validated_on,
                f"{found.temperature:.2f}",
                plain(found.error),
                plain(found.error_after),
                "–" if found.threshold is None else plain(found.threshold),
                "–" if found.answered is None else plain(found.answered.coverage),
                "–"
                if found.answered is None or found.answered.accuracy is None
                else plain(found.answered.accuracy),
            ]
            for one in done
            if (found := one.calibration) is not None
        ],
    )


def _invariance(done: Sequence[VariantEvidence]) -> Lines:
    kinds = list(dict.fromkeys(str(rate.kind) for one in done for rate in one.invariance))
    if not kinds:
        return
    yield from ("", "Share of answers that change with what should not matter (first seed):", "")
    rows = []
    for one in done:
        rates = {str(rate.kind): plain(rate.rate) for rate in one.invariance}
        if rates:
            rows.append([one.variant, *(rates.get(kind, "–") for kind in kinds)])
    yield from table(["variant", *kinds], rows)


def _slices(evidence: TargetEvidence) -> Lines:
    for one in evidence.variants:
        if one.variant in (evidence.baseline, evidence.shown) and one.slices:
            yield from ("", f"Slices of '{one.variant}', all jobs (* fewer than 30):", "")
            yield from table(
                ["slice", "", "jobs", "CVs", "accuracy", "macro F1", "95 % interval"],
                [
                    [
                        each.dimension,
                        each.name,
                        f"{each.n}{'*' if each.small else ''}",
                        str(each.cvs),
                        plain(each.accuracy.value),
                        plain(each.macro_f1.value),
                        f"{plain(each.macro_f1.interval.low)}–{plain(each.macro_f1.interval.high)}",
                    ]
                    for each in one.slices
                ],
            )


def _shift(evidence: ShiftEvidence) -> Lines:
    shift = evidence.shift
    yield from ("", "### Shift from the curated list to the CVs", "")
    if shift.labels is not None:
        found = shift.labels
        absent = ", ".join(found.priors.absent) or "none"
        yield (
            f"- Labels: total variation {plain(found.training_to_judged or 0)}; shares estimated "
            f"by EM on unlabelled CVs are {plain(found.estimated_to_judged or 0)} from the true "
            f"ones; labels absent in training: {absent}."
        )
    if shift.covariates is not None:
        unknown = shift.covariates.unknown_words
        auc = shift.covariates.domain_auc
        yield (
            f"- Titles: domain classifier AUC {'–' if auc is None else plain(auc)}; "
            f"{plain(unknown.row_share)} of the jobs have an unknown word"
            + (
                ""
                if shift.covariates.vectors is None
                else f"; embeddings: cosine distance {plain(shift.covariates.vectors.cosine)}, "
                f"energy distance {plain(shift.covariates.vectors.energy)}"
            )
            + "."
        )
    if shift.concepts is not None:
        same = shift.concepts
        yield (
            f"- Meanings: of {same.titles} titles in common {same.different_titles} have another "
            f"label ({same.different_rows} of {same.rows} jobs)."
        )
    if not evidence.corrected or shift.costs is None:
        return
    named = " and ".join(f"'{name}'" for name in evidence.corrected_variants or ())
    yield from ("", f"What each costs ({named}, all jobs):", "")
    yield from table(
        ["priors corrected", "labels repaired", "accuracy", "macro F1"],
        [
            [
                "yes" if cell.priors else "no",
                "yes" if cell.labels else "no",
                plain(cell.accuracy),
                plain(cell.macro_f1),
            ]
            for cell in evidence.corrected
        ],
    )
    gains = shift.costs.macro_f1
    yield from (
        "",
        f"Macro F1: priors first {gains.priors_first:+.3f}, then labels "
        f"{gains.labels_second:+.3f}; labels first {gains.labels_first:+.3f}, then priors "
        f"{gains.priors_second:+.3f}.",
    )


def _findings(results: StudyResults) -> Lines:
    if not results.findings:
        return
    yield from ("", "## Key findings of the reference study, tested here", "")
    yield from table(
        ["finding", "target", "verdict", "evidence"],
        [[one.statement, one.target, one.verdict, one.evidence] for one in results.findings],
    )


def _data(results: StudyResults) -> Lines:
    yield from ("", "## Overlaps", "", "Nearly equal: a similarity of at least .9.", "")
    yield from table(
        ["target", "source", "rows", "equal: jobs", "equal: titles", "nearly: jobs", "titles"],
        [
            [
                target.target,
                found.source,
                str(target.rows[found.source]),
                f"{found.rows} of {found.of_rows}",
                f"{found.titles} of {found.of_titles}",
                "–" if found.near_rows is None else str(found.near_rows),
                "–" if found.near_titles is None else str(found.near_titles),
            ]
            for target in results.targets
            for found in target.overlaps
        ],
    )
    yield from ("", "Titles that two sources have in common, and label differently:", "")
    yield from table(
        ["target", "sources", "common", "different"],
        [
            [target.target, f"{pair.first}, {pair.second}", str(pair.titles), str(pair.different)]
            for target in results.targets
            for pair in target.disagreements
        ],
    )
    yield from ("", "## Ledger", "", "How often these CVs had been scored when the run ended:", "")
    yield from table(
        ["target", "scorings", "models", "first", "last"],
        [
            [
                one.target,
                str(one.scorings),
                str(one.models),
                f"{one.first:%Y-%m-%d}",
                f"{one.last:%Y-%m-%d}",
            ]
            for one in results.scorings
        ],
    )
    missing = {
        one.variant: one.reason or ""
        for evidence in results.evidence.values()
        for one in evidence.variants
        if one.status != "done"
    }
    if missing:
        yield from ("", "## Not run here", "")
        yield from table(["variant", "reason"], [[name, why] for name, why in missing.items()])
    yield from ("", "## Environment", "")
    yield from table(["", ""], [[name, value] for name, value in results.environment.items()])


if __name__ == "__main__":
    main()
