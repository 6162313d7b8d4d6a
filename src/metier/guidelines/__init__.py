"""What labels mean: one page per target, its markers by language, and the scale of its labels."""

from metier.guidelines.loading import guidelines_of, load_guidelines, packaged_targets
from metier.guidelines.markers import Language, Marker, Pattern, Strength, patterns
from metier.guidelines.page import Guidelines, LabelDefinition
from metier.guidelines.scale import Scale

__all__ = [
    "Guidelines",
    "LabelDefinition",
    "Language",
    "Marker",
    "Pattern",
    "Scale",
    "Strength",
    "guidelines_of",
    "load_guidelines",
    "packaged_targets",
    "patterns",
]
