"""A guidelines page: the data that says what the labels of a target mean."""

from __future__ import annotations

import itertools
import tomllib
from importlib import resources
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from metier.errors import GuidelinesError
from metier.guidelines.scale import Scale

__all__ = ["Guidelines", "LabelDefinition", "load_guidelines", "packaged_targets"]


class LabelDefinition(BaseModel):
    """One label of a target.

    Attributes:
        name: The label as it stands in data files.
        definition: What the label means, in one or two sentences.
        rank: Its number on the scale; on every label of an ordinal target, on none of others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    rank: float | None = None


class Guidelines(BaseModel):
    """The guidelines page of one target.

    Attributes:
        target: Name of the target; also the name of its column in data files.
        question: What the target asks of a title, in one sentence.
        fallback: The label of a title that no definition fits better.
        labels: The labels with their definitions, in scale order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    question: str = Field(min_length=1)
    fallback: str
    labels: tuple[LabelDefinition, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        names = [label.name for label in self.labels]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"labels are named twice: {', '.join(repeated)}")
        if self.fallback not in names:
            raise ValueError(f"the fallback '{self.fallback}' is none of: {', '.join(names)}")
        ranks = [label.rank for label in self.labels if label.rank is not None]
        if ranks and len(ranks) < len(names):
            raise ValueError("either every label has a rank or none has")
        if any(low >= high for low, high in itertools.pairwise(ranks)):
            raise ValueError("ranks must increase from label to label")
        return self

    @property
    def scale(self) -> Scale:
        """The labels in order, with their ranks where the target is ordinal."""
        ranks = tuple(label.rank for label in self.labels if label.rank is not None)
        return Scale(
            target=self.target,
            labels=tuple(label.name for label in self.labels),
            ranks=ranks or None,
        )


def packaged_targets() -> tuple[str, ...]:
    """Return the names of the targets whose guidelines come with metier."""
    pages = resources.files("metier.guidelines") / "pages"
    return tuple(
        sorted(page.name.removesuffix(".toml") for page in pages.iterdir() if _is_page(page.name))
    )


def load_guidelines(name_or_path: str | Path) -> Guidelines:
    """Load a guidelines page that comes with metier, or one of your own.

    Args:
        name_or_path: A packaged target such as ``"seniority"``, or the path of a TOML page.

    Raises:
        GuidelinesError: If there is no such page, or if it is malformed.
    """
    if str(name_or_path) in packaged_targets():
        page = resources.files("metier.guidelines") / "pages" / f"{name_or_path}.toml"
        text = page.read_text(encoding="utf-8")
    else:
        path = Path(name_or_path)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise GuidelinesError(
                f"There is no guidelines page '{name_or_path}': it is neither a file nor one of "
                f"the packaged targets ({', '.join(packaged_targets())})."
            ) from error
        except UnicodeDecodeError as error:
            raise GuidelinesError(f"{path} is not UTF-8 text.") from error
    try:
        return Guidelines.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise GuidelinesError(f"{name_or_path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "page"
        raise GuidelinesError(f"{name_or_path}, {field}: {first['msg']}.") from error


def _is_page(name: str) -> bool:
    return name.endswith(".toml")
