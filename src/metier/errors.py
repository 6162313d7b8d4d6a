"""The errors that metier raises for mistakes in its input.

Every message is a sentence for the person who made the mistake: what was wrong,
where (file, row, field), and what is allowed. The command line prints the message
and exits with code 2.
"""

__all__ = [
    "BackboneError",
    "DataError",
    "GuidelinesError",
    "LabellingError",
    "MetierError",
    "MissingExtraError",
    "ModelError",
    "PromptError",
    "RoleError",
    "RunError",
    "StudyError",
]


class MetierError(Exception):
    """Base of every error that metier raises on purpose."""


class GuidelinesError(MetierError):
    """A guidelines page is missing, malformed or contradicts itself."""


class DataError(MetierError):
    """A data file cannot be read, or a row of it is not what the reader expects."""


class RoleError(MetierError):
    """Data was handed to a step that its role forbids."""


class BackboneError(MetierError):
    """A backbone is unknown, cannot be reached or is damaged."""


class ModelError(MetierError):
    """A folder does not hold a model that this version can load."""


class StudyError(MetierError):
    """A study file is malformed or asks for something impossible."""


class RunError(MetierError):
    """A run folder does not fit the study that is to be written into it."""


class PromptError(MetierError):
    """A prompt template is missing or malformed, or cannot be filled from the guidelines."""


class LabellingError(MetierError):
    """A labelling run cannot start or cannot go on; what was answered is stored."""


class MissingExtraError(MetierError):
    """An optional dependency is not installed.

    Args:
        purpose: What needs the dependency, as the subject of a sentence.
        extra: The extra of the ``metier`` distribution that brings it.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs packages that are not installed: run pip install 'metier[{extra}]'."
        )
