"""The transformer from end to end, on a tiny encoder shaped like XLM-R."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from transformers import AutoModelForSequenceClassification, pipeline

from metier.classifiers import load_classifier
from metier.classifiers.transformer import training
from metier.classifiers.transformer.classifier import TransformerClassifier
from metier.data import read_pseudo_labels, sample_file
from metier.errors import BackboneError, ModelError, RunError, StudyError
from metier.guidelines import Scale
from metier.metrics import confusion_matrix, macro_f1

SETTINGS = {"epochs": 2, "learning_rate": 1e-3, "batch_size": 16, "precision": "float32"}


@pytest.fixture(scope="module")
def data(seniority: Scale) -> tuple[list[str], list[str], tuple[list[str], list[str]]]:
    pseudo = read_pseudo_labels(sample_file("pseudo-labels.csv"), seniority)
    titles, labels = list(pseudo.titles), list(pseudo.labels)
    return titles[:240], labels[:240], (titles[240:320], labels[240:320])


@pytest.fixture(scope="module")
def make(seniority: Scale, tiny_backbone: Path):
    def build(**params) -> TransformerClassifier:
        return TransformerClassifier(
            seniority, **({"backbone": str(tiny_backbone)} | SETTINGS | params)
        )

    return build


@pytest.fixture(scope="module")
def fitted(make, data) -> dict[str, TransformerClassifier]:
    titles, labels, validation = data
    return {
        head: make(head=head, epochs=4, learning_rate=2e-4).fit(
            titles, labels, validation=validation
        )
        for head in ("classification", "regression", "ordinal")
    }


@pytest.mark.parametrize("head", ["classification", "regression", "ordinal"])
def test_each_head_learns_and_keeps_the_contract(fitted, data, head) -> None:
    titles, labels, _ = data
    classifier = fitted[head]
    probabilities = classifier.predict_proba(titles)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(titles)))
    assert (classifier.predict(titles) == classifier.classes_[probabilities.argmax(axis=1)]).all()
    ranks = classifier.scale.rank_array[classifier.scale.indices(labels)]
    assert np.corrcoef(classifier.predict_rank(titles), ranks)[0, 1] > 0.3


@pytest.mark.parametrize("head", ["classification", "regression", "ordinal"])
def test_answers_survive_saving_without_a_pickle(fitted, data, head, tmp_path) -> None:
    titles = data[0][:20]
    fitted[head].save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.predict_proba(titles) == pytest.approx(fitted[head].predict_proba(titles))
    assert loaded.get_params() == fitted[head].get_params() | {"work_folder": None}
    names = {path.suffix for path in tmp_path.iterdir()}
    assert names <= {".json", ".safetensors"}


def test_a_title_longer_than_the_encoder_has_room_for_is_cut(fitted) -> None:
    found = fitted["classification"].predict_proba(["x y z " * 100, "x y z " * 200_000])
    assert found[0] == pytest.approx(found[1])


def test_mixed_precision_ends_with_the_training(make, data, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(training.Precision, "choose", lambda _: training.Precision(bf16=True))
    classifier = make(epochs=1).fit(*data[:2])
    classifier.save(tmp_path)
    assert (
        load_classifier(tmp_path).predict_proba(data[0]) == classifier.predict_proba(data[0])
    ).all()


def test_a_checkpoint_is_standard(fitted, data, tmp_path) -> None:
    titles = data[0][:30]
    fitted["classification"].save(tmp_path)
    ask = pipeline("text-classification", model=str(tmp_path), top_k=1)
    answers = [answer[0] for answer in ask(titles)]
    probabilities = fitted["classification"].predict_proba(titles)
    assert [a["label"] for a in answers] == fitted["classification"].predict(titles).tolist()
    assert [a["score"] for a in answers] == pytest.approx(probabilities.max(axis=1), abs=1e-4)


def test_a_regression_checkpoint_opens_with_one_output(fitted, tmp_path) -> None:
    fitted["regression"].save(tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert model.config.num_labels == 1


def test_the_regression_label_is_the_cut_at_the_midpoints(fitted, data) -> None:
    titles = data[0]
    raw = fitted["regression"]._outputs(titles)[:, 0]
    cut = np.digitize(raw, [1.5, 2.5, 3.5, 4.5, 5.5], right=True)
    assert (fitted["regression"].predict_proba(titles).argmax(axis=1) == cut).all()


def test_one_seed_gives_one_result(make, data) -> None:
    titles, labels, validation = data
    first, again, other = (
        make(seed=seed).fit(titles, labels, validation=validation).predict_proba(titles[:20])
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("imbalance", ["oversampling", "class-weights", "logit-adjustment"])
def test_imbalance_options_raise_rare_labels(make, data, imbalance) -> None:
    titles = [f"Engineer {i}" for i in range(90)] + [f"Intern {i}" for i in range(6)]
    labels = ["Professional"] * 90 + ["Junior"] * 6
    mixed = ["Engineer Intern 4", "Intern Engineer 7", "Engineer 3 Intern"]
    junior = [
        make(imbalance=option, epochs=1, learning_rate=1e-4)
        .fit(titles, labels)
        .predict_proba(mixed)[:, 0]
        .mean()
        for option in ("none", imbalance)
    ]
    assert junior[1] > junior[0]


def test_the_best_epoch_is_restored_and_training_stops(make, data) -> None:
    titles, labels, validation = data
    classifier = make(epochs=40, learning_rate=1e-2, patience=2).fit(
        titles, labels, validation=validation
    )
    epochs = classifier.epochs_
    best = max(epochs, key=lambda epoch: epoch.validation_metric)
    assert [epoch.epoch for epoch in epochs if epoch.restored] == [best.epoch]
    assert len(epochs) == min(best.epoch + 2, 40) < 40
    scale = classifier.scale
    truth, answers = (
        scale.indices(list(x)) for x in (validation[1], classifier.predict(validation[0]))
    )
    assert macro_f1(confusion_matrix(truth, answers, 6)) == pytest.approx(best.validation_metric)


def test_without_validation_all_epochs_are_trained(make, data) -> None:
    epochs = make().fit(*data[:2]).epochs_
    assert [(e.epoch, e.validation_metric, e.restored) for e in epochs] == [
        (1, None, False),
        (2, None, True),
    ]


class _KilledError(Exception):
    pass


def kill_after(monkeypatch, epoch: int) -> None:
    """Let the training die as soon as the checkpoint of an epoch is written."""

    class Killed(training._Trainer):
        def _save_checkpoint(self, *args, **kwargs):
            super()._save_checkpoint(*args, **kwargs)
            if self.state.epoch >= epoch:
                raise _KilledError

    monkeypatch.setattr(training, "_Trainer", Killed)


@pytest.mark.parametrize(
    ("settings", "killed_after"),
    [
        ({"epochs": 4, "patience": 9}, 2),
        ({"epochs": 4, "patience": 9}, 4),
        ({"epochs": 30, "patience": 2, "learning_rate": 1e-2}, "one after the best"),
        ({"epochs": 30, "patience": 2, "learning_rate": 1e-2}, "two after the best"),
    ],
)
def test_a_killed_training_resumes_and_ends_the_same(
    make, data, tmp_path, monkeypatch, settings, killed_after
) -> None:
    titles, labels, validation = data
    whole = make(**settings).fit(titles, labels, validation=validation)
    best = next(epoch.epoch for epoch in whole.epochs_ if epoch.restored)
    after = {"one after the best": best + 1, "two after the best": best + 2}
    epoch = after.get(killed_after, killed_after)
    with monkeypatch.context() as patch:
        kill_after(patch, epoch)
        with pytest.raises(_KilledError):
            make(**settings, work_folder=tmp_path / "work").fit(
                titles, labels, validation=validation
            )
    # The folder may be moved in between, and a kill while writing leaves half a checkpoint.
    work = tmp_path / "moved"
    (tmp_path / "work").rename(work)
    last = max(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    shutil.copytree(last, work / "checkpoint-99999")
    (work / "checkpoint-99999" / "trainer_state.json").unlink()
    drawn = []
    original = training.EpochSampler.set_epoch
    monkeypatch.setattr(
        training.EpochSampler, "set_epoch", lambda self, n: (drawn.append(n), original(self, n))
    )
    resumed = make(**settings, work_folder=work).fit(titles, labels, validation=validation)
    assert min(drawn, default=epoch) >= epoch
    assert resumed.epochs_ == whole.epochs_
    assert (resumed.predict_proba(titles[:20]) == whole.predict_proba(titles[:20])).all()


def test_another_training_does_not_resume(make, data, tmp_path) -> None:
    titles, labels, validation = data
    make(work_folder=tmp_path).fit(titles, labels, validation=validation)
    for other, kept in (({"seed": 7}, titles), ({}, titles[:-1])):
        with pytest.raises(RunError, match="interrupted training of other data or settings"):
            make(work_folder=tmp_path, **other).fit(
                kept, labels[: len(kept)], validation=validation
            )


def test_word_embeddings_stay_frozen_unless_asked(make, data, tiny_backbone) -> None:
    before = AutoModelForSequenceClassification.from_pretrained(tiny_backbone)
    before = before.get_input_embeddings().weight
    for freeze in (True, False):
        after = make(freeze_embeddings=freeze).fit(*data[:2]).model_
        same = torch.equal(after.get_input_embeddings().weight.detach(), before.detach())
        assert same is freeze


def test_padding_does_not_change_an_answer(fitted) -> None:
    classifier = fitted["classification"]
    long = "Leiter Vertrieb und Marketing für die Region Süd mit Prokura und Personalverantwortung"
    alone = classifier.predict_proba(["CEO"])
    assert classifier.predict_proba(["CEO", long])[0] == pytest.approx(alone[0], abs=1e-5)


def test_titles_are_normalised_first(fitted) -> None:
    classifier = fitted["classification"]
    assert (
        classifier.predict_proba(["Head of Sales"])
        == classifier.predict_proba([" Head  of\nSales"])
    ).all()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"head": "softmax"}, "head may not be 'softmax': input should be 'classification'"),
        ({"imbalance": "smote"}, "imbalance may not be 'smote': input should be 'none'"),
        ({"epochs": "six"}, "epochs may not be 'six': input should be a valid integer"),
        ({"learning_rate": -1}, "learning_rate may not be -1: input should be greater than 0"),
        ({"precision": "fp16"}, "precision may not be 'fp16'"),
        ({"pad_to": 8}, r"pad_to \(8\) is less than max_tokens"),
        ({"head": "regression", "imbalance": "logit-adjustment"}, "needs logits"),
    ],
)
def test_options_that_do_not_go_together_are_refused(make, data, params, message) -> None:
    with pytest.raises(StudyError, match=message):
        make(**params).fit(*data[:2])


def test_ordinal_heads_need_an_ordinal_target(department, tiny_backbone) -> None:
    classifier = TransformerClassifier(department, backbone=str(tiny_backbone), head="ordinal")
    with pytest.raises(StudyError, match="'department' has no ranks"):
        classifier.fit(["Nurse"], ["Other"])


def test_a_damaged_backbone_is_a_sentence(make, data, tiny_backbone, tmp_path) -> None:
    shutil.copytree(tiny_backbone, tmp_path / "b")
    weights = tmp_path / "b" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(BackboneError, match="cannot be opened as a text encoder"):
        make(backbone=str(tmp_path / "b")).fit(*data[:2])


def test_a_damaged_model_folder_is_a_sentence(fitted, tmp_path) -> None:
    fitted["ordinal"].save(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="incomplete or damaged"):
        load_classifier(tmp_path)


def test_parameters_are_cloneable(make) -> None:
    copy = clone(make(head="ordinal"))
    assert copy.get_params() == make(head="ordinal").get_params()
