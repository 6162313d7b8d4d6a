"""Many titles: readers, roles, splits, and the overlap between sets."""

from metier.data.cvs import CVs, Job, Status, read_cvs, read_titles
from metier.data.held_out import HeldOutTitles, read_held_out
from metier.data.labelled import (
    Contradiction,
    LabelledTitles,
    find_contradictions,
    join,
    read_curated,
    read_label_list,
    read_labelled,
    read_pseudo_labels,
    settle_contradictions,
)
from metier.data.overlap import Overlap, overlap
from metier.data.roles import Purpose, Role, allows, require
from metier.data.sample import SAMPLE_NOTICE, SAMPLE_UNLABELLED, sample_file
from metier.data.separation import domain_auc
from metier.data.splits import HoldOut, Split, hold_out_by_cv, split

__all__ = [
    "SAMPLE_NOTICE",
    "SAMPLE_UNLABELLED",
    "CVs",
    "Contradiction",
    "HeldOutTitles",
    "HoldOut",
    "Job",
    "LabelledTitles",
    "Overlap",
    "Purpose",
    "Role",
    "Split",
    "Status",
    "allows",
    "domain_auc",
    "find_contradictions",
    "hold_out_by_cv",
    "join",
    "overlap",
    "read_curated",
    "read_cvs",
    "read_held_out",
    "read_label_list",
    "read_labelled",
    "read_pseudo_labels",
    "read_titles",
    "require",
    "sample_file",
    "settle_contradictions",
    "split",
]
