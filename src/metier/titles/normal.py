"""Bringing a title into the form that classifiers read."""

from __future__ import annotations

import unicodedata

__all__ = ["normalise", "title_key"]


def normalise(title: str) -> str:
    """Return the title in Unicode form NFKC, with runs of white space made one space.

    Control characters count as white space; a lone surrogate, which no file takes, becomes '?'.
    Normalising twice changes nothing.
    """
    # What is printable holds no control character and no white space but the plain space, which is
    # true of nearly every title; the rest takes the long way.
    if title.isprintable():
        if title.isascii():
            return " ".join(title.split())
        compatible = unicodedata.normalize("NFKC", title)
        if compatible.isprintable():
            return unicodedata.normalize("NFKC", " ".join(compatible.split()))
    return _cleaned(title)


def _cleaned(title: str) -> str:
    # Composition can bring forth white space and white space can part compositions, so the
    # compatibility form is taken again after the clean-up.
    compatible = unicodedata.normalize("NFKC", title.encode("utf-8", "replace").decode("utf-8"))
    spaced = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp") else character
        for character in compatible
    )
    return unicodedata.normalize("NFKC", " ".join(spaced.split()))


def title_key(title: str) -> str:
    """Return what two titles share when they are the same but for case and spacing."""
    text = normalise(title)
    return text.lower() if text.isascii() else normalise(text.casefold())
