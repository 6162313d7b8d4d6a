from pathlib import Path

import numpy as np
import pytest

from metier.classifiers import fit, load_classifier
from metier.classifiers.embedding.zero_shot import ZeroShotClassifier
from metier.errors import ModelError, StudyError
from metier.guidelines import Guidelines, LabelDefinition, Scale

PAGE = Guidelines(
    target="guild",
    question="Which guild is it?",
    fallback="Wood",
    labels=(
        LabelDefinition(name="Wood", definition="Works wood.", examples=("Cooper", "Joiner")),
        LabelDefinition(name="Metal", definition="Works metal.", examples=("Tinsmith",)),
        LabelDefinition(name="Cloth", definition="Works cloth."),
    ),
)


@pytest.fixture
def guild(tiny_backbone: Path) -> ZeroShotClassifier:
    return ZeroShotClassifier(PAGE.scale, page=PAGE, backbone=str(tiny_backbone), prefix="")


def test_it_answers_without_titles_to_learn_from(guild: ZeroShotClassifier) -> None:
    assert not guild.is_fitted
    assert fit(guild, []) is guild
    described = ["Tinsmith", "Cloth: Works cloth."]
    assert list(guild.predict(described)) == ["Metal", "Cloth"]


def test_titles_change_nothing(guild: ZeroShotClassifier) -> None:
    before = guild.predict_proba(["Cooper"])
    guild.fit(["Cooper"] * 9, ["Cloth"] * 9, validation=(["Cooper"], ["Cloth"]))
    np.testing.assert_array_equal(guild.predict_proba(["Cooper"]), before)


def test_the_page_is_saved_with_it(guild: ZeroShotClassifier, tmp_path: Path) -> None:
    guild.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.scale == PAGE.scale
    titles = ["Cooper", "Weaver"]
    np.testing.assert_array_equal(loaded.predict_proba(titles), guild.predict_proba(titles))
    (tmp_path / "guidelines.json").write_text("{}")
    with pytest.raises(ModelError, match=r"guidelines\.json is missing or broken"):
        load_classifier(tmp_path)


def test_by_default_the_page_is_that_of_the_target(seniority: Scale, tiny_backbone: Path) -> None:
    classifier = ZeroShotClassifier(seniority, backbone=str(tiny_backbone))
    assert classifier.guidelines.target == "seniority"
    assert classifier.predict_rank(["Cooper"]).shape == (1,)


def test_a_page_of_other_labels_is_refused(seniority: Scale) -> None:
    with pytest.raises(StudyError, match="has not the labels of"):
        ZeroShotClassifier(seniority, page=PAGE).check()
