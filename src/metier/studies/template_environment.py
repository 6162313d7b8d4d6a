"""The environment in which the templates of reports and cards are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metier.errors import MissingExtraError
from metier.studies import formats

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["template_environment"]


def template_environment(what: str, *, autoescape: bool) -> Environment:
    """Return the environment of the packaged templates, with all formats as filters.

    Args:
        what: What is rendered, as the subject of a sentence.
        autoescape: Whether what is filled in is escaped as HTML.

    Raises:
        MissingExtraError: If the package that renders is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise MissingExtraError(what, "train") from error
    environment = Environment(
        loader=PackageLoader("metier.studies"),
        # What is no HTML, such as Markdown, says so.
        autoescape=autoescape,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(formats, name) for name in formats.__all__}
    return environment
