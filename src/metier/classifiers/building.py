"""Building a classifier from the name of its method and parameters as a study file has them."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from metier.classifiers.contract import Classifier
from metier.classifiers.registry import method_class
from metier.errors import (
    BackboneError,
    LabellingError,
    MetierError,
    MissingExtraError,
    StudyError,
)
from metier.guidelines import Scale

__all__ = ["build", "naming", "nearest_parameter", "portable", "require_table"]


def build(
    method: str, scale: Scale, parameters: Mapping[str, Any], own: Mapping[str, Any]
) -> Classifier:
    """Return a classifier that is not yet fitted.

    Args:
        method: A method of the registry.
        scale: The labels.
        parameters: Parameters of the method by name.
        own: What the caller has for any method that knows it, such as the seed, the page and
            the work folder; the parameters may not name these.

    Raises:
        ModelError: If there is no such method.
        MissingExtraError: If the method's packages are not installed.
        StudyError: If the method has no parameter of a name; the message names the nearest.
    """
    kind: Any = method_class(method)
    known = kind.parameter_names()
    allowed = [name for name in known if name != "scale" and name not in own]
    for name in parameters:
        if name not in allowed:
            raise StudyError(
                f"The method '{method}' has no parameter '{name}'"
                f"{nearest_parameter(name, allowed)}."
            )
    made: Classifier = kind(
        scale, **parameters, **{name: value for name, value in own.items() if name in known}
    )
    return made


@contextmanager
def naming(inner: str) -> Iterator[None]:
    """Name the method inside another one in the message of what it raises.

    What can be mended elsewhere than in the parameters keeps its type: whoever runs several
    methods goes on without one whose backbone or language model cannot be reached.

    Args:
        inner: The inner method and its place, as the beginning of the message.

    Raises:
        BackboneError: For a BackboneError.
        LabellingError: For a LabellingError.
        MissingExtraError: As it is.
        StudyError: For any other MetierError.
    """
    try:
        yield
    except MissingExtraError:
        raise
    except BackboneError as error:
        raise BackboneError(f"{inner}: {error}") from error
    except LabellingError as error:
        raise LabellingError(f"{inner}: {error}") from error
    except MetierError as error:
        raise StudyError(f"{inner}: {error}") from error


def require_table(name: str, parameters: object, method: str) -> None:
    """Refuse parameters of a method inside another one that are no table.

    Args:
        name: The parameter of the outer method that holds them.
        parameters: What it holds; None stands for no parameters.
        method: The inner method.

    Raises:
        StudyError: If they are no table.
    """
    if not isinstance(parameters, Mapping | None):
        raise StudyError(
            f"The parameter {name} may not be {parameters!r}; it is a table of parameters of the "
            f"method '{method}'."
        )


def portable(parameters: Any) -> Any:
    """Return parameters as JSON holds them: paths become text and tuples lists.

    Raises:
        TypeError: If one has no such form.
    """
    return json.loads(json.dumps(parameters, default=os.fspath))


def nearest_parameter(name: str, allowed: list[str]) -> str:
    """Return the end of a sentence on an unknown parameter: the nearest name, and all there are."""
    if not allowed:
        return "; there are none"
    nearest = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)[0]
    return f"; did you mean '{nearest}'? There are: {', '.join(dict.fromkeys(allowed))}"
