"""Making training data: generating titles, repairing labels, telling how far sources agree."""

from metier.data import domain_auc
from metier.synthesis.agreement import Conflict, PairAgreement, agreement, answered_by_rules
from metier.synthesis.generating import Generated, GeneratedTitle, generate
from metier.synthesis.mixture import Manners, Mixture, estimate_mixture
from metier.synthesis.repair import Repaired, RepairedTitle, repair

__all__ = [
    "Conflict",
    "Generated",
    "GeneratedTitle",
    "Manners",
    "Mixture",
    "PairAgreement",
    "Repaired",
    "RepairedTitle",
    "agreement",
    "answered_by_rules",
    "domain_auc",
    "estimate_mixture",
    "generate",
    "repair",
]
