"""What labels mean: one page per target, and the scale that follows from it."""

from metier.guidelines.page import Guidelines, LabelDefinition, load_guidelines, packaged_targets
from metier.guidelines.scale import Scale

__all__ = ["Guidelines", "LabelDefinition", "Scale", "load_guidelines", "packaged_targets"]
