"""The languages of titles, as far as a few words can tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from metier.errors import MissingExtraError
from metier.guidelines import load_guidelines
from metier.titles import normalise

if TYPE_CHECKING:
    from lingua import LanguageDetector

__all__ = ["UNSURE", "language_of"]

UNSURE = "unsure"
"""What stands for the language of a title that could be of several."""

# The page whose languages are told apart.
PAGE = "seniority"
# A detector knows two written forms of Norwegian; titles are too short to tell them apart.
WRITTEN_FORMS = {"no": ("nb", "nn")}

# Half the belief is enough. English titles are lent to so many languages that they rarely get as
# much: there it is enough to be twice as likely as the next language.
ENOUGH = 0.5
LEAST = 0.25
LEAD = 2.0


def language_of(titles: Sequence[str]) -> list[str]:
    """Tell each title's language among those of the guidelines' pages.

    The detector (lingua) gives each language a confidence in [0, 1] that sums to 1. The first
    counts if it has at least 0.5, or at least 0.25 and twice that of the second; else the title
    is unsure. Chinese characters alone count as Chinese, though some are Japanese titles.

    Args:
        titles: The titles; each different one is looked at once.

    Returns:
        ISO 639-1 codes, or ``UNSURE``, one per title.

    Raises:
        MissingExtraError: If lingua is not installed.
    """
    texts = [normalise(title) for title in titles]
    if not texts:
        return []
    detector = _detector()
    found = {text: _decide(_confidences(detector, text)) for text in dict.fromkeys(texts)}
    return [found[text] for text in texts]


def _decide(confidences: Mapping[str, float]) -> str:
    # A tie goes by the alphabet, whatever order the detector names languages in.
    ranked = sorted(confidences.items(), key=lambda item: (-item[1], item[0]))
    (best, first), (_, second) = ranked[:2]
    return best if first >= ENOUGH or (first >= LEAST and first >= LEAD * second) else UNSURE


def _confidences(detector: LanguageDetector, text: str) -> dict[str, float]:
    names = {form: code for code, forms in WRITTEN_FORMS.items() for form in forms}
    found: dict[str, float] = defaultdict(float)
    for value in detector.compute_language_confidence_values(text):
        code = value.language.iso_code_639_1.name.lower()
        # Sums of floats differ in their last digits with the order of the terms.
        found[names.get(code, code)] += round(value.value, 6)
    return found


@lru_cache
def _detector() -> LanguageDetector:
    try:
        from lingua import IsoCode639_1, LanguageDetectorBuilder
    except ModuleNotFoundError as error:
        raise MissingExtraError("Telling the language of titles", "train") from error
    codes = [
        form
        for language in load_guidelines(PAGE).languages
        for form in WRITTEN_FORMS.get(language.code, (language.code,))
    ]
    isos = [getattr(IsoCode639_1, code.upper()) for code in codes]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*isos).build()
