"""The tiers of an exported model: exact, fast, and the cascade of both."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

import metier
from metier.classifiers import Classifier
from metier.classifiers.cascade import EXACT, FAST, CascadeClassifier, hand_on_threshold
from metier.classifiers.contract import LabelledPart
from metier.classifiers.distilled.classifier import DistilledClassifier
from metier.classifiers.exported.classifier import ExportedClassifier
from metier.classifiers.folders import classifier_folders, model_hash
from metier.classifiers.model import load_classifier, write_model_manifest
from metier.classifiers.packaged import is_packaged_rules
from metier.classifiers.temperature import validation_temperature
from metier.data import LabelledTitles, Purpose, require
from metier.data.writing import require_folder
from metier.errors import DataError, ModelError
from metier.runtime.export.encoder import ExportedEncoder, export_encoder, word_pieces
from metier.runtime.export.graph import Precision
from metier.runtime.export.original import (
    Original,
    learned_part,
    original_of,
    replaced,
)
from metier.runtime.export.parity import Parity
from metier.runtime.export.record import RECORD
from metier.runtime.export.shared import SharedSettings, share_encoder
from metier.titles import title_key

__all__ = [
    "CASCADE",
    "TIERS",
    "ExportSettings",
    "ExportedTarget",
    "export_model",
    "require_exportable",
]

CASCADE = "cascade"
TIERS = (EXACT, FAST, CASCADE)

# Where the encoder of several targets lies, beside the folders of the targets.
SHARED = "encoder"

# Variations of the titles that the fast tier is distilled on.
VARIATIONS = 40_000
# Rows of the fast tier's tables: 12 MB a target.
BUCKETS = 1 << 18
# Titles on which two classifiers are compared: enough to tell 99 % from 99.5 %.
COMPARED = 1_000


@dataclass(frozen=True)
class ExportSettings:
    """How to export.

    Attributes:
        titles: Unlabelled titles like those that are to be predicted: the fast tier is distilled
            on them, a trimmed vocabulary has their pieces, and parity is measured on some.
        generated: Titles of the guidelines, which the fast tier is distilled on as well.
        validation: Target to validation titles, for temperatures and thresholds; a target may be
            without.
        tiers: Which tiers to make; the cascade needs both others.
        precision: The exact tier's number format; None takes int8 where it keeps parity, and
            float32 elsewhere.
        trim: Whether to keep those pieces of the vocabulary alone that the titles need.
        least: Pieces that fewer of the titles have are not kept either; at least 1.
        buckets: Rows of each table of the fast tier; fewer take less room, and tell less apart.
        hand_on: Share of the validation titles that the cascade hands on, in [0, 1].
        seed: Seed of the fast tier.
        shared: How to train one encoder for all targets in place of all that was learned for each,
            or None for the model's own encoders.
    """

    titles: Sequence[str]
    generated: Sequence[str] = ()
    validation: Mapping[str, LabelledTitles] = field(default_factory=dict)
    tiers: Sequence[str] = TIERS
    precision: Precision | None = None
    trim: bool = False
    least: int = 1
    buckets: int = BUCKETS
    hand_on: float = 0.15
    seed: int = 42
    shared: SharedSettings | None = None


@dataclass(frozen=True)
class ExportedTarget:
    """What the export of one target came to.

    Attributes:
        precision: The exact tier's number format.
        parity: How it compares with the original.
        rejected: Why int8 was not taken, or None.
        pieces_removed: Pieces that were taken out of the vocabulary.
        temperature: The exported encoder's: set on validation titles where the encoder is the whole
            exact tier, and 1 elsewhere or without any.
        fast_agreement: Share of the validation titles, which the fast tier was not distilled on,
            to which it gives the exact one's label; without any, of the titles that it was. None
            without a fast tier.
        threshold: The confidence below which the cascade hands a title on; None without one.
        teacher_agreement: Share of the compared titles to which a shared encoder gives the label of
            the classifier that taught it; None without one.
    """

    precision: Precision
    parity: Parity
    rejected: str | None
    pieces_removed: int
    temperature: float
    fast_agreement: float | None
    threshold: float | None
    teacher_agreement: float | None = None


def export_model(
    source: Path,
    out: Path,
    settings: ExportSettings,
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, ExportedTarget]:
    """Export a model's encoders into tiers that answer without torch.

    The folder appears whole or not at all. Its default tier is the exact one, or the fast one
    where that is made alone.

    Args:
        source: A run or model folder whose classifiers are fine-tuned transformers, or averages or
            hybrids with one.
        out: The folder to write; it must not exist.
        settings: How to export.
        announce: Told what is being done.

    Returns:
        What each target came to; it stands in ``export.json``, too.

    Raises:
        DataError: If the folder is there, there are no titles, or no such tier.
        MissingExtraError: If the extra ``train`` is not installed.
        ModelError: If there is no model, or one of its classifiers has no encoder.
        ParityError: If the exact tier does not answer as the original.
        RoleError: If validation titles are of another role.
    """
    require_exportable(source, out)
    _check(settings)
    scratch = out.with_name(f"{out.name}.tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        folders = classifier_folders(source)
        found: dict[str, ExportedTarget] = {}
        if settings.shared is None:
            # One after the other: each may hold hundreds of megabytes.
            for target, folder in folders.items():
                classifiers = {target: load_classifier(folder)}
                original = original_of(classifiers[target])
                found |= _export(original, target, classifiers, scratch, settings, announce)
        else:
            classifiers = {target: load_classifier(folder) for target, folder in folders.items()}
            original, removed, agreement = _share(classifiers, settings.shared, settings, announce)
            trimmed = replace(settings, trim=False)
            found = _export(original, SHARED, classifiers, scratch, trimmed, announce)
            found = {
                target: replace(each, teacher_agreement=agreement[target], pieces_removed=removed)
                for target, each in found.items()
            }
        default = EXACT if EXACT in settings.tiers else FAST
        places = {tier: {target: f"{tier}/{target}" for target in found} for tier in settings.tiers}
        _write_record(scratch, source, settings, found)
        write_model_manifest(scratch, places[default], tiers=places, tier=default)
        scratch.rename(out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return found


def require_exportable(source: Path, out: Path) -> None:
    """Refuse a model without an encoder and a folder that is there, before any work is done.

    Raises:
        DataError: If the folder to write is there, or cannot be made.
        ModelError: If the model is the packaged rules.
    """
    if is_packaged_rules(source):
        raise ModelError("The rules have no encoder to export; they need neither torch nor a GPU.")
    if out.exists():
        raise DataError(f"{out} is there already; choose another folder.")
    require_folder(out)


def _check(settings: ExportSettings) -> None:
    unknown = [tier for tier in settings.tiers if tier not in TIERS]
    if unknown or not settings.tiers:
        raise DataError(f"There is no tier '{', '.join(unknown)}'; there are: {', '.join(TIERS)}.")
    if CASCADE in settings.tiers and not {FAST, EXACT} <= set(settings.tiers):
        raise DataError(f"The tier '{CASCADE}' needs the tiers '{FAST}' and '{EXACT}'.")
    if not 0 <= settings.hand_on <= 1:
        raise DataError(f"A share of {settings.hand_on} cannot be handed on; it lies in [0, 1].")
    if not settings.titles:
        raise DataError("An export needs titles like those that are to be predicted.")
    for part in settings.validation.values():
        require(Purpose.STOP, part.role, part.source)


def _share(
    classifiers: Mapping[str, Classifier],
    shared: SharedSettings,
    settings: ExportSettings,
    announce: Callable[[str], None],
) -> tuple[Original, int, dict[str, float]]:
    """Return the shared encoder, the pieces it goes without, and its agreement with the teachers.

    The agreement is the share of the compared titles to which it gives the teacher's label.
    """
    teachers = {target: learned_part(classifier) for target, classifier in classifiers.items()}
    titles = _apart_from_validation([*settings.titles, *settings.generated], settings)
    least = settings.least if settings.trim else None
    original, removed = share_encoder(teachers, titles, shared, least=least, announce=announce)
    asked = {target: _compared(target, settings) for target in teachers}
    agreement = {
        target: float(
            np.mean(
                teacher.predict_proba(asked[target]).argmax(axis=1)
                == original.probabilities(asked[target])[target].argmax(axis=1)
            )
        )
        for target, teacher in teachers.items()
    }
    return original, removed, agreement


def _export(
    original: Original,
    name: str,
    classifiers: Mapping[str, Classifier],
    scratch: Path,
    settings: ExportSettings,
    announce: Callable[[str], None],
) -> dict[str, ExportedTarget]:
    """Export an encoder, and make the tiers of each target that it answers."""
    place = scratch / EXACT / name
    compared = {title: None for target in original.heads for title in _compared(target, settings)}
    encoder = export_encoder(
        original,
        place,
        precision=settings.precision,
        corpus=[*settings.titles, *settings.generated] if settings.trim else None,
        least=settings.least,
        compared=list(compared),
        announce=lambda text: announce(f"{name}: {text}"),
    )
    found = {
        target: _make_tiers(
            classifiers[target], head.replaces, encoder, place, scratch, settings, announce
        )
        for target, head in original.heads.items()
    }
    if EXACT not in settings.tiers:
        shutil.rmtree(scratch / EXACT)
    return found


def _make_tiers(
    classifier: Classifier,
    part: Classifier,
    encoder: ExportedEncoder,
    place: Path,
    scratch: Path,
    settings: ExportSettings,
    announce: Callable[[str], None],
) -> ExportedTarget:
    target = classifier.scale.target
    validation = settings.validation.get(target)
    held_out = None if validation is None else (validation.titles, validation.labels)
    exported = encoder.classifiers[target]
    exact = replaced(classifier, part, exported)
    if exact is exported:
        exported.temperature_ = validation_temperature(exported, held_out)
    exact.save(scratch / EXACT / target)
    agreement = threshold = None
    if FAST in settings.tiers:
        announce(f"{target}: distilling the fast tier")
        asked = held_out[0] if held_out else _compared(target, settings)
        fast = _distil(exact, exported, settings, held_out)
        fast.save(scratch / FAST / target)
        agreement = _agreement(fast, exact, asked)
        if CASCADE in settings.tiers:
            threshold = hand_on_threshold(fast, asked, settings.hand_on)
            _write_cascade(CascadeClassifier.of(fast, exact, threshold), target, scratch)
    return ExportedTarget(
        precision=encoder.precision,
        parity=encoder.parity[target],
        rejected=encoder.rejected,
        pieces_removed=encoder.pieces_removed,
        temperature=exported.temperature_,
        fast_agreement=agreement,
        threshold=threshold,
    )


def _compared(target: str, settings: ExportSettings) -> list[str]:
    validation = settings.validation.get(target)
    return _spread([*(validation.titles if validation else ()), *settings.titles], COMPARED)


def _apart_from_validation(titles: Sequence[str], settings: ExportSettings) -> list[str]:
    """Return those that are not validated on: how sure a student is of others is to be seen."""
    held_out = {title_key(title) for part in settings.validation.values() for title in part.titles}
    return [title for title in titles if title_key(title) not in held_out]


def _distil(
    exact: Classifier,
    exported: ExportedClassifier,
    settings: ExportSettings,
    validation: LabelledPart | None,
) -> DistilledClassifier:
    titles = _apart_from_validation(settings.titles, settings)
    further = [*settings.generated, *word_pieces(exported.graph_.tokenizer)]
    student = DistilledClassifier(
        exact.scale,
        teacher=exact.method,
        variations=VARIATIONS,
        buckets=settings.buckets,
        seed=settings.seed,
    )
    return student.imitate(exact, titles, further=further, validation=validation)


def _agreement(one: Classifier, other: Classifier, titles: Sequence[str]) -> float:
    return float(np.mean(one.predict(titles) == other.predict(titles)))


def _write_cascade(cascade: CascadeClassifier, target: str, scratch: Path) -> None:
    places = {tier: scratch / tier / target for tier in (FAST, EXACT)}
    hashes = {tier: model_hash(place) for tier, place in places.items()}
    cascade.save_beside(scratch / CASCADE / target, places, hashes)


def _spread(titles: Sequence[str], most: int) -> list[str]:
    """Return at most so many different titles, spread over their order."""
    different = list(dict.fromkeys(titles))
    step = -(-len(different) // most) or 1
    return different[::step]


def _write_record(
    folder: Path, source: Path, settings: ExportSettings, found: Mapping[str, ExportedTarget]
) -> None:
    """Write what the export came to, without any title: a model folder may be handed on."""
    targets = {target: asdict(each) for target, each in found.items()}
    for each in targets.values():
        del each["parity"]["worst"]
        # The sentence names the worst titles.
        each["rejected"] = each["rejected"] is not None
    content = {
        "source": str(source),
        "titles": len(settings.titles),
        "generated": len(settings.generated),
        "trim": settings.trim,
        "least": settings.least,
        "buckets": settings.buckets,
        "hand_on": settings.hand_on,
        "seed": settings.seed,
        "shared": None if settings.shared is None else asdict(settings.shared),
        "targets": targets,
        "versions": {
            "metier": metier.__version__,
            **{
                name: importlib.metadata.version(name)
                for name in ("numpy", "onnx", "onnxruntime", "tokenizers", "torch", "transformers")
            },
        },
    }
    (folder / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
