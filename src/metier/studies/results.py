"""What a study found, as a tree that is written to ``results.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from metier.data import Role
from metier.data.writing import whole_or_not
from metier.errors import RunError
from metier.evaluation import ChangeRate, Judgement, ScoringSummary, View
from metier.metrics import Scores
from metier.studies.evidence.models import Finding, TargetEvidence

__all__ = [
    "ContradictionCount",
    "DisagreementCount",
    "EpochResult",
    "OverlapCount",
    "StudyResults",
    "TargetData",
    "TrialResult",
    "read_results",
    "write_json",
]

RESULTS_FILE = "results.json"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class EpochResult(_Result):
    """An epoch of training; see ``Epoch`` of the transformer."""

    epoch: int
    training_loss: float
    validation_loss: float | None
    validation_metric: float | None
    restored: bool


class TrialResult(_Result):
    """One variant, trained for one target with one seed.

    Attributes:
        status: ``done``, or ``not run here`` where the backbone cannot be had.
        reason: Why it was not run, or None.
        key: Hash of everything that decides the outcome.
        training_rows: Rows fitted, by source.
        validation_rows: Rows that decided when to stop.
        set_aside: Rows that left training because their title is validated.
        parts: Scores in distribution: ``training`` (at most 2,000 rows drawn at random),
            ``validation`` and ``test``, the last always that of the curated list.
        judgements: Scores on the CVs, a view each.
        epochs: The epochs of training.
        covered: Jobs of the CVs that the method could answer at all.
        invariance: How often an answer changes with what should not matter.
        explanations: Title of a confident mistake to what spoke for the answer, in a few words.
        seconds: Time of training.
    """

    variant: str
    target: str
    seed: int
    method: str
    parameters: dict[str, Any]
    train_on: tuple[str, ...]
    validate_on: str | None
    status: Literal["done", "not run here"]
    reason: str | None = None
    key: str
    folder: str
    training_rows: dict[str, int] = {}
    validation_rows: int = 0
    set_aside: int = 0
    parts: dict[str, Scores] = {}
    judgements: tuple[Judgement, ...] = ()
    covered: int = 0
    invariance: tuple[ChangeRate, ...] = ()
    explanations: dict[str, str] = {}
    epochs: tuple[EpochResult, ...] = ()
    seconds: float = 0.0

    def scores(self, view: View) -> Scores | None:
        """Return the scores in a view of the CVs, or None where it has no rows."""
        found = [judged.scores for judged in self.judgements if judged.view is view]
        return found[0] if found else None


class OverlapCount(_Result):
    """How many jobs of the judged CVs have a title that occurs in a source, or nearly so."""

    source: str
    rows: int
    titles: int
    of_rows: int
    of_titles: int
    near_rows: int | None = None
    near_titles: int | None = None


class DisagreementCount(_Result):
    """Titles that two sources have in common, and how many of them they label differently."""

    first: str
    second: str
    titles: int
    different: int


class ContradictionCount(_Result):
    """Titles that a source labels in more than one way, and the label each was given."""

    source: str
    titles: int
    listed: tuple[tuple[str, dict[str, int], str], ...]


class TargetData(_Result):
    """The data of one target.

    Attributes:
        shares: Source to label to share of its rows, in scale order.
        rows: Source to number of rows.
    """

    target: str
    question: str
    labels: tuple[str, ...]
    ranks: tuple[float, ...] | None
    shares: dict[str, dict[str, float]]
    rows: dict[str, int]
    overlaps: tuple[OverlapCount, ...]
    disagreements: tuple[DisagreementCount, ...]
    contradictions: tuple[ContradictionCount, ...]


class StudyResults(_Result):
    """Everything that the report shows.

    Attributes:
        study: The study's name.
        illustration: Whether the data is made up.
        role: The role of the judged CVs; figures on development CVs are seen.
        judged_on: The file of the judged CVs.
        model: Target to the variant that makes up the run's model.
        environment: Versions and machine.
        data: Data file to SHA-256.
        evidence: Target to what its trials show together.
        findings: The key findings, tested.
        scorings: How often these CVs were scored, of all that the ledger knows.
    """

    format: int = 2
    study: str
    illustration: bool
    role: Role
    judged_on: str
    command: str
    seeds: tuple[int, ...]
    model: dict[str, str]
    environment: dict[str, str]
    data: dict[str, str]
    targets: tuple[TargetData, ...]
    trials: tuple[TrialResult, ...]
    evidence: dict[str, TargetEvidence]
    findings: tuple[Finding, ...]
    scorings: tuple[ScoringSummary, ...]

    def trials_of(self, target: str) -> list[TrialResult]:
        """Return a target's trials, in the study's order."""
        return [trial for trial in self.trials if trial.target == target]


def read_results(run: Path) -> StudyResults:
    """Read the results of a run folder.

    Raises:
        RunError: If the folder holds none, or they are of another version.
    """
    path = run / RESULTS_FILE
    try:
        return StudyResults.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{run} is no finished run: it has no {RESULTS_FILE}.") from error
    except ValidationError as error:
        raise RunError(f"{path} is broken or of another version of metier.") from error


def write_json(path: Path, content: BaseModel | dict[str, Any]) -> None:
    """Write JSON whole or not at all.

    Raises:
        DataError: If it cannot be written.
    """
    plain = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    with whole_or_not(path) as scratch:
        text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
        scratch.write_text(text, encoding="utf-8")
