"""What the transformer's parameters may be, and whether a work folder belongs to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metier.classifiers.contract import Classifier, LabelledPart
from metier.classifiers.transformer.heads import Imbalance
from metier.classifiers.transformer.outputs import Head
from metier.errors import RunError, StudyError

__all__ = ["check_parameters", "claim_work_folder"]

FINGERPRINT = "fingerprint.json"

Count = Annotated[int, Field(ge=1, strict=True)]


class _Parameters(BaseModel):
    """Types and ranges of the parameters that a study file may set."""

    model_config = ConfigDict(extra="ignore")

    backbone: Annotated[str, Field(min_length=1)]
    head: Head
    imbalance: Imbalance
    epochs: Count
    patience: Count
    learning_rate: Annotated[float, Field(gt=0)]
    batch_size: Count
    weight_decay: Annotated[float, Field(ge=0)]
    warmup: Annotated[float, Field(ge=0, lt=1)]
    max_tokens: Annotated[int, Field(ge=3, strict=True)]
    pad_to: Count | None
    freeze_embeddings: Annotated[bool, Field(strict=True)]
    probe_first: Annotated[bool, Field(strict=True)]
    precision: Literal["auto", "float32"]
    softness: Annotated[float, Field(gt=0)]
    seed: Annotated[int, Field(ge=0, strict=True)]


def check_parameters(classifier: Classifier) -> None:
    """Check types and ranges of a transformer's parameters.

    Raises:
        StudyError: If one is not allowed; the message names it and says what is.
    """
    params = classifier.get_params()
    try:
        _Parameters.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise StudyError(
            f"The parameter {name} may not be {params[name]!r}: "
            f"{first['msg'][0].lower()}{first['msg'][1:]}."
        ) from error


def claim_work_folder(
    folder: Path | None,
    classifier: Classifier,
    titles: Sequence[str],
    labels: Sequence[str],
    validation: LabelledPart | None,
) -> None:
    """Mark a work folder as that of one training, so that no other resumes from it.

    Raises:
        RunError: If it is marked as another's.
    """
    if folder is None:
        return
    params = {name: str(value) for name, value in classifier.get_params().items()}
    del params["work_folder"]
    data = [list(titles), list(labels), [list(part) for part in validation or ()]]
    text = json.dumps([params, data], sort_keys=True)
    mark = json.dumps({"training": hashlib.sha256(text.encode("utf-8")).hexdigest()})
    path = folder / FINGERPRINT
    if path.exists() and path.read_text(encoding="utf-8") != mark:
        raise RunError(
            f"{folder} holds an interrupted training of other data or settings; go on with those, "
            "or remove the folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(mark, encoding="utf-8")
