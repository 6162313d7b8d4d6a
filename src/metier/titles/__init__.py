"""One title: how it is read and when two are the same."""

from metier.titles.normal import normalise, title_key

__all__ = ["normalise", "title_key"]
