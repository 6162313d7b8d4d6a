"""The model card: what a model is, what it is for, and how good it is, in Markdown."""

from metier.studies.card.facts import ModelFacts, TierFacts, model_facts
from metier.studies.card.writing import card_text, require_card_packages, write_card

__all__ = [
    "ModelFacts",
    "TierFacts",
    "card_text",
    "model_facts",
    "require_card_packages",
    "write_card",
]
