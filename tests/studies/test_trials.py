from pathlib import Path

import pytest

from metier.errors import StudyError
from metier.studies.ingredients import read_ingredients
from metier.studies.study_file import load_study
from metier.studies.trials import plan_trials, with_files


def keys_of(path: Path) -> dict[tuple[str, str, int], str]:
    study = load_study(path)
    return {
        (trial.target, trial.variant.name, trial.seed): trial.key
        for trial in plan_trials(study, read_ingredients(study))
    }


def test_a_variant_may_have_seeds_of_its_own(write, study_text) -> None:
    text = study_text.replace('name = "small"', 'name = "small"\nseeds = [1, 2, 3]').replace(
        'name = "baseline",', 'name = "baseline", seeds = [7],'
    )
    assert list(keys_of(write("s.toml", text))) == [
        ("department", "baseline", 7),
        ("seniority", "baseline", 7),
        ("seniority", "+ synthetic", 1),
        ("seniority", "+ synthetic", 2),
        ("seniority", "+ synthetic", 3),
    ]


def test_a_trial_is_known_by_what_decides_it_and_nothing_else(write, study_text) -> None:
    before = list(keys_of(write("s.toml", study_text)).values())
    renamed = study_text.replace('"+ synthetic"', '"another name"')
    assert list(keys_of(write("s.toml", renamed)).values()) == before
    other = study_text.replace(
        'train_on = ["curated", "pseudo"]', 'smoothing = 2.0, train_on = ["curated", "pseudo"]'
    )
    after = list(keys_of(write("s.toml", other)).values())
    assert after[:2] == before[:2]
    assert after[2] != before[2]


def test_a_file_counts_by_what_it_holds(write, study_text) -> None:
    variant = (
        'name = "asked before", targets = ["seniority"], method = "recorded", file = "{}", '
        "seeds = [1]"
    )
    rows = "title,seniority\nHead of Sales,Lead\n"
    write("one.csv", rows)
    write("two/other.csv", rows)
    keys = []
    for name in ("one.csv", "two/other.csv", "one.csv"):
        line = variant.format(name)
        text = study_text.replace("variants = [", f"variants = [\n  {{ {line} }},")
        keys.append(keys_of(write("s.toml", text))["seniority", "asked before", 1])
        write("one.csv", rows + "Clerk,Professional\n")
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]


def test_paths_are_found_in_members_too() -> None:
    parameters = {"members": [{"method": "recorded", "file": "/far/a.csv"}], "file": "b.csv"}
    assert with_files(parameters, lambda path: path.name) == {
        "members": [{"method": "recorded", "file": "a.csv"}],
        "file": "b.csv",
    }


def test_the_evidence_names_variants_that_are_there(write, study_text) -> None:
    text = study_text + '\n[evidence]\nbaseline = "the baseline"\n'
    with pytest.raises(StudyError, match="names 'the baseline' as baseline, which is no variant"):
        load_study(write("s.toml", text))


def test_what_is_made_from_the_markers_is_known_by_its_outcome(write, study_text) -> None:
    text = study_text.replace('["curated", "pseudo"]', '["repaired", "generated"]')
    text = text.replace("[model]", "[generated]\ncount = 100\n[model]")
    text = text.replace('validate_on = "pseudo", ', "")
    text = text.replace('name = "small"', 'name = "small"\nseeds = [1, 2]')
    study = load_study(write("s.toml", text))
    trials = plan_trials(study, read_ingredients(study))
    first, second = (trial.diet.training for trial in trials if trial.variant.name == "+ synthetic")
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_costs_of_the_shift_are_told_by_methods_that_keep_the_shares(write, study_text) -> None:
    evidence = '\n[evidence]\ncurated = "baseline"\nrepaired = "+ synthetic"\n'
    with pytest.raises(StudyError, match="'baseline' as curated, whose method 'word-counts'"):
        load_study(write("s.toml", study_text + evidence))
    words = study_text.replace('method = "word-counts"', 'method = "bag-of-words"')
    assert load_study(write("s.toml", words + evidence)).evidence.curated == "baseline"
    drawn = words.replace('name = "baseline",', 'name = "baseline", imbalance = "oversampling",')
    with pytest.raises(StudyError, match="'baseline' as curated, which draws labels otherwise"):
        load_study(write("s.toml", drawn + evidence))


def test_a_variants_own_seed_has_generated_titles_of_its_own(write, study_text) -> None:
    text = study_text.replace('["curated", "pseudo"]', '["generated"]').replace(
        'name = "+ synthetic",', 'name = "+ synthetic", seeds = [7],'
    )
    text = text.replace("[model]", "[generated]\ncount = 100\n[model]")
    study = load_study(write("s.toml", text.replace('validate_on = "pseudo", ', "")))
    found = read_ingredients(study)
    assert list(found.targets["seniority"].generated) == [7]
    assert len(plan_trials(study, found)) == 3


@pytest.mark.parametrize("file", ['"nowhere.csv"', "3"])
def test_a_file_that_is_not_there_is_said_before_the_work(write, study_text, file) -> None:
    line = (
        f'name = "asked before", targets = ["seniority"], method = "recorded", file = {file}, '
        "seeds = [1]"
    )
    text = study_text.replace("variants = [", f"variants = [\n  {{ {line} }},")
    with pytest.raises(StudyError, match="there is no file"):
        keys_of(write("s.toml", text))
