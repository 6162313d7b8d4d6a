"""What the parameters of the embedding methods may be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metier.classifiers.contract import Classifier
from metier.errors import StudyError

__all__ = ["EncoderParameters", "NearestParameters", "TuningParameters", "check_against"]

Count = Annotated[int, Field(ge=1, strict=True)]


class EncoderParameters(BaseModel):
    """Which encoder is read, and how; other parameters are another class's to check."""

    model_config = ConfigDict(extra="ignore")

    backbone: Annotated[str, Field(min_length=1)]
    prefix: str


class NearestParameters(EncoderParameters):
    """The parameters of the methods that look for the nearest label."""

    centre: Annotated[bool, Field(strict=True)]
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class TuningParameters(EncoderParameters):
    """The parameters of the method that tunes its encoder.

    A batch of eight is the smallest that holds several titles of each of two labels.
    """

    shots: Count
    regression_on: Literal["shots", "training"]
    epochs: Count
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    batch_size: Annotated[int, Field(ge=8, strict=True)]
    freeze_embeddings: Annotated[bool, Field(strict=True)]
    precision: Literal["auto", "float32"]
    strength: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    seed: Annotated[int, Field(ge=0, strict=True)]


def check_against(classifier: Classifier, allowed: type[EncoderParameters]) -> None:
    """Check types and ranges of a classifier's parameters.

    Raises:
        StudyError: If one is not allowed; the message names it and says what is.
    """
    params = classifier.get_params()
    try:
        allowed.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise StudyError(
            f"The parameter {name} may not be {params[name]!r}: "
            f"{first['msg'][0].lower()}{first['msg'][1:]}."
        ) from error
