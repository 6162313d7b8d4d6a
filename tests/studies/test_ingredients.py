import pytest

from metier.classifiers import fit
from metier.data import Role, read_cvs, sample_file
from metier.errors import DataError, RoleError, StudyError
from metier.studies import load_study
from metier.studies.ingredients import read_ingredients
from metier.synthesis.near_duplicates import NearDuplicates
from metier.titles import title_key
from tests.classifiers.stand_in import WordCounts


def read(path):
    study = load_study(path)
    return study, read_ingredients(study)


def test_validated_on_curated_data_all_pseudo_labels_join(write, study_text) -> None:
    text = study_text.replace('validate_on = "pseudo"', 'validate_on = "curated"')
    study, found = read(write("s.toml", text))
    diet = found.diet(study, study.variants[1], "seniority", 42)
    curated = found.targets["seniority"].curated
    assert [len(part) for part in diet.training] == [len(curated.training), 399]
    assert diet.validation == curated.validation
    assert diet.set_aside == 0


def test_validated_on_its_own_kind_no_validated_title_is_trained_on(study_file) -> None:
    study, found = read(study_file)
    diet = found.diet(study, study.variants[1], "seniority", 42)
    trained = {key for part in diet.training for key in part.keys}
    assert not trained & set(diet.validation.keys)
    assert diet.validation.role is Role.VALIDATION
    assert "Professional" in diet.validation.labels
    whole = len(found.targets["seniority"].curated.training) + 399
    assert sum(len(part) for part in diet.training) + diet.set_aside == whole


def test_new_titles_are_in_no_list_of_any_target(write, study_text) -> None:
    _, found = read(write("s.toml", study_text))
    keys = {title_key(title) for title in found.seen_titles}
    for target in found.targets.values():
        for data in target.sources.values():
            assert set(data.keys) <= keys
    assert set(map(title_key, found.unlabelled.titles)) <= keys


def test_titles_of_other_cvs_can_be_called_seen(write, study_text) -> None:
    other = write("other.json", [[{"position": "Lighthouse Keeper", "status": "ACTIVE"}]])
    text = study_text.replace(
        'role = "development"', f'role = "development"\nexclude_titles_of = ["{other}"]'
    )
    _, found = read(write("s.toml", text))
    assert "Lighthouse Keeper" in found.seen_titles


def test_facts_count_overlaps_and_list_contradictions(write, study_text, tmp_path) -> None:
    listed = sample_file("pseudo-labels.csv").read_text(encoding="utf-8")
    doubled = write("pseudo.csv", listed + "CEO,Other,Junior\n")
    text = study_text.replace("sample:pseudo-labels.csv", str(doubled))
    _, found = read(write("s.toml", text))
    facts = found.facts("seniority")
    contradiction = next(c for c in facts.contradictions if c.source == "pseudo")
    assert contradiction.titles == 1
    assert contradiction.listed == (("CEO", {"Management": 1, "Junior": 1}, "Management"),)
    assert {o.source: o.of_rows for o in facts.overlaps} == {"curated": 233, "pseudo": 233}
    assert facts.shares["curated"]["Professional"] == 0
    assert sum(facts.shares["CVs"].values()) == pytest.approx(1)


def test_the_judged_labels_are_not_trained_on_under_another_name(
    write, study_text, seniority, department
) -> None:
    cvs = read_cvs(sample_file("labelled-cvs.json"), Role.DEVELOPMENT, [seniority, department])
    rows = [
        f'"{job.title}",{job.labels["department"]},{job.labels["seniority"]}'
        for job in reversed(cvs.jobs)
    ]
    copy = write("harmless.csv", "\n".join(["title,department,seniority", *rows]) + "\n")
    with pytest.raises(RoleError, match="with the labels that stand there"):
        read(write("s.toml", study_text.replace("sample:pseudo-labels.csv", str(copy))))


def test_a_machines_labels_of_the_judged_titles_are_allowed(write, study_text, seniority) -> None:
    cvs = read_cvs(sample_file("labelled-cvs.json"), Role.DEVELOPMENT, [seniority])
    rows = [f'"{job.title}",Other,Professional' for job in cvs.jobs]
    labelled = write("machine.csv", "\n".join(["title,department,seniority", *rows]) + "\n")
    _, found = read(write("s.toml", study_text.replace("sample:pseudo-labels.csv", str(labelled))))
    assert found.facts("seniority").overlaps[1].rows == 233


def test_a_whole_source_is_counted_and_not_fitted(study_file, seniority) -> None:
    _, found = read(study_file)
    whole = found.targets["seniority"].sources["curated"]
    with pytest.raises(RoleError, match="evaluation data and may not be used to fit"):
        fit(WordCounts(seniority), [whole])


def test_sources_that_disagree_are_counted(write, study_text) -> None:
    listed = sample_file("pseudo-labels.csv").read_text(encoding="utf-8")
    curated = sample_file("curated-seniority.csv").read_text(encoding="utf-8").splitlines()[1]
    title, label = curated.rsplit(",", 1)
    other = "Junior" if label != "Junior" else "Lead"
    pseudo = write("pseudo.csv", listed + f"{title},Other,{other}\n")
    _, found = read(write("s.toml", study_text.replace("sample:pseudo-labels.csv", str(pseudo))))
    before = read(write("t.toml", study_text))[1].facts("seniority").disagreements[0]
    after = found.facts("seniority").disagreements[0]
    assert (after.first, after.second) == ("curated", "pseudo")
    assert (after.titles, after.different) == (before.titles + 1, before.different + 1)


def test_judged_cvs_without_labels_are_refused(write, study_text) -> None:
    text = study_text.replace("sample:labelled-cvs.json", "sample:unlabelled-cvs.json")
    with pytest.raises(DataError, match="CV 1, job 1, field 'department': there is no label"):
        read(write("s.toml", text))


def test_a_page_of_another_target_is_refused(write, study_text) -> None:
    text = study_text.replace('seniority = "seniority"', 'seniority = "department"')
    with pytest.raises(StudyError, match="'seniority', its guidelines page 'department'"):
        read(write("s.toml", text))


def test_repaired_labels_are_those_of_the_same_training_part(write, study_text) -> None:
    text = study_text.replace('["curated", "pseudo"]', '["repaired", "pseudo"]')
    study, found = read(write("s.toml", text))
    target = found.targets["seniority"]
    [repaired, _] = found.diet(study, study.variants[1], "seniority", 42).training
    assert set(repaired.titles) <= set(target.curated.training.titles)
    assert "Professional" in repaired.labels
    assert "Professional" not in target.curated.training.labels
    assert {"curated", "repaired"} in [
        {one.first, one.second} for one in found.facts("seniority").disagreements
    ]


def test_generated_titles_change_with_the_seed_and_are_near_no_judged_one(
    write, study_text
) -> None:
    text = study_text.replace('["curated", "pseudo"]', '["generated"]').replace(
        "[model]", "[generated]\ncount = 300\n[model]"
    )
    text = text.replace('validate_on = "pseudo", ', "")
    text = text.replace('name = "small"', 'name = "small"\nseeds = [1, 2]')
    study, found = read(write("s.toml", text))
    first, second = (
        found.diet(study, study.variants[1], "seniority", seed).training[0] for seed in (1, 2)
    )
    assert len(first) == len(second) == 300
    assert first.titles != second.titles
    assert not any(NearDuplicates(found.judged.titles).contains(first.titles))
    assert found.facts("seniority").rows["generated"] == 300


def test_a_method_that_is_not_fitted_needs_no_titles(write, study_text) -> None:
    text = study_text.replace(
        'train_on = ["curated", "pseudo"], validate_on = "pseudo", method = "word-counts"',
        'method = "rules"',
    )
    study, found = read(write("s.toml", text))
    assert found.diet(study, study.variants[1], "seniority", 42).training == ()


def test_judged_cvs_are_refused_as_unlabelled_ones(write, study_text) -> None:
    text = study_text.replace("sample:unlabelled-cvs.json", "sample:labelled-cvs.json")
    with pytest.raises(RoleError, match="may not be named as unlabelled"):
        read(write("s.toml", text))
