from pathlib import Path

import pytest

from metier.data import Role
from metier.errors import MetierError, StudyError
from metier.studies import load_study

STUDIES = Path(__file__).parents[2] / "studies"


def test_places_are_found(write, study_text, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LISTS", str(tmp_path / "lists"))
    text = study_text.replace("sample:curated-seniority.csv", "${LISTS}/ranks.csv").replace(
        "sample:pseudo-labels.csv", "sub/pseudo.csv"
    )
    study = load_study(write("s.toml", text))
    assert study.curated["seniority"] == tmp_path / "lists" / "ranks.csv"
    assert study.pseudo_labels["pseudo"] == tmp_path / "sub" / "pseudo.csv"
    assert study.curated["department"].name == "curated-department.csv"
    assert study.evaluation.role is Role.DEVELOPMENT


def test_a_variant_overrides_the_studys_parameters(write, study_text) -> None:
    text = study_text.replace("[model]", "[training]\nsmoothing = 2.0\n[model]").replace(
        'validate_on = "pseudo",', 'validate_on = "pseudo", smoothing = 3.0,'
    )
    study = load_study(write("s.toml", text))
    assert [study.parameters_of(v)["smoothing"] for v in study.variants] == [2.0, 3.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[targets]", "[target", "not valid TOML"),
        ('name = "small"', 'name = "a/b"', "name"),
        ('name = "small"', 'title = "small"', "title|name"),
        (
            'train_on = ["curated", "pseudo"]',
            'train_on = ["gemini"]',
            "'gemini' is not known; known: curated, pseudo",
        ),
        ('targets = ["seniority"]', 'targets = ["salary"]', "'salary' is not known"),
        ('name = "+ synthetic"', 'name = "baseline"', "'baseline' is there twice for seniority"),
        ('seniority = "+ synthetic"', 'seniority = "best"', r"\[model\] names 'best'"),
        ('unlabelled = "sample:unlabelled-cvs.json"', "", "kept back by CV: name the CVs"),
        ('role = "development"', 'role = "training"', "evaluation.role"),
        ("sample:pseudo-labels.csv", "sample:labels.csv", "no sample file 'labels.csv'"),
        ("sample:pseudo-labels.csv", "${NOT_SET}/p.csv", "NOT_SET, which is not set"),
        (
            'validate_on = "pseudo",',
            'validate_on = "pseudo", smooth = 1,',
            "did you mean 'smoothing'",
        ),
        ('validate_on = "pseudo",', 'validate_on = "pseudo", seed = 1,', "no parameter 'seed'"),
        ('method = "word-counts"', 'method = "oracle"', "There is no method 'oracle'"),
        ("[model]", "[training]\nsmooth = 1\n[model]", "no method of the study has a parameter"),
        (
            'train_on = ["curated", "pseudo"]',
            'train_on = ["generated"]',
            "'generated' is not known; known: curated, pseudo, repaired",
        ),
        ('train_on = ["curated", "pseudo"]', "train_on = []", "'word-counts' needs train_on"),
        ("[pseudo_labels]", '[pseudo_labels]\nrepaired = "p.csv"', "has a meaning of its own"),
        ("[model]", "[generated]\ncount = 0\n[model]", "generated.count"),
    ],
)
def test_a_malformed_study_is_refused_with_its_place(write, study_text, old, new, message) -> None:
    assert old in study_text
    with pytest.raises(MetierError, match=message):
        load_study(write("s.toml", study_text.replace(old, new)))


def test_a_study_of_the_sample_is_an_illustration_whatever_it_says(write, study_text) -> None:
    text = study_text.replace("illustration = true", "illustration = false")
    assert load_study(write("s.toml", text)).illustration


def test_a_missing_study_is_a_sentence(tmp_path) -> None:
    with pytest.raises(StudyError, match="cannot be read: No such file"):
        load_study(tmp_path / "none.toml")


@pytest.mark.parametrize("file", sorted(STUDIES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_studies_that_ship_are_well_formed(file, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("METIER_BENCHMARK_DATA", str(tmp_path))
    study = load_study(file)
    assert set(study.targets) == {"department", "seniority"}
    assert study.variants


def test_every_target_has_a_variant(write, study_text) -> None:
    text = study_text.replace('targets = ["department", "seniority"]', 'targets = ["seniority"]')
    with pytest.raises(StudyError, match="no variant is trained for the target 'department'"):
        load_study(write("s.toml", text))


@pytest.mark.parametrize("seeds", ["[42, 42]", "[-1]", "[]"])
def test_seeds_are_different_and_not_negative(write, study_text, seeds) -> None:
    text = study_text.replace('name = "small"', f'name = "small"\nseeds = {seeds}')
    with pytest.raises(StudyError, match="seeds"):
        load_study(write("s.toml", text))
