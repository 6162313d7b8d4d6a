import json
import shutil

import polars as pl
import pytest
from filelock import FileLock

import metier
from metier.data import Role, sample_file
from metier.errors import BackboneError, ModelError, RunError, StudyError
from metier.evaluation import View
from metier.guidelines import load_guidelines
from metier.studies import read_results, run_study, trials
from tests.classifiers.stand_in import WordCounts


@pytest.fixture
def run(study_file, tmp_path):
    return run_study(study_file, out=tmp_path / "run")


def test_a_run_folder_holds_everything(run) -> None:
    results = read_results(run)
    assert [(t.target, t.variant, t.seed) for t in results.trials] == [
        ("department", "baseline", 42),
        ("seniority", "baseline", 42),
        ("seniority", "+ synthetic", 42),
    ]
    for trial in results.trials:
        assert {judged.view for judged in trial.judgements} == set(View)
        assert set(trial.parts) == {"training", "validation", "test"}
        assert (run / trial.folder / "predictions.parquet").exists()
    assert results.trials[0].scores(View.ALL).mae is None
    assert results.trials[1].scores(View.ALL).mae > 0
    assert set(results.data) == {
        "curated department",
        "curated seniority",
        "pseudo-labels pseudo",
        "unlabelled CVs",
        "development CVs",
    }
    assert (run / "study.toml").exists()
    assert (run / "report.html").exists()


def test_predictions_are_kept_row_by_row(run, seniority) -> None:
    frame = pl.read_parquet(run / "trials/seniority/synthetic/seed-42/predictions.parquet")
    cvs = frame.filter(pl.col("part") == "cvs")
    assert cvs.height == 233
    assert cvs["view_active"].sum() == 80
    probabilities = cvs.select(f"p_{label}" for label in seniority.labels)
    assert probabilities.sum_horizontal().to_list() == pytest.approx([1.0] * 233)
    # The test part may only be scored: its titles are not written out.
    assert frame.filter(pl.col("part") == "test")["title"].is_null().all()


def test_the_runs_model_is_the_one_that_the_study_names(run) -> None:
    model = metier.load(run)
    assert list(model.classifiers) == ["seniority"]
    assert [path.parent.parent.name for path in run.glob("trials/**/model")] == ["synthetic"]


def test_a_run_without_a_chosen_model_says_so(write, study_text, tmp_path) -> None:
    text = study_text[: study_text.index("[model]")]
    run = run_study(write("s.toml", text), out=tmp_path / "run")
    with pytest.raises(ModelError, match="kept no model"):
        metier.load(run)


def test_finished_trials_are_not_done_again(study_file, tmp_path, monkeypatch) -> None:
    done = []
    original = WordCounts.fit

    def fit(self, *args, **kwargs):
        if len(done) == 2 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        done.append(self.scale.target)
        return original(self, *args, **kwargs)

    stopped: list[bool] = []
    monkeypatch.setattr(WordCounts, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        run_study(study_file, out=tmp_path / "run")
    assert done == ["department", "seniority"]
    run_study(study_file, out=tmp_path / "run")
    assert done == ["department", "seniority", "seniority"]
    run_study(study_file, out=tmp_path / "run")
    assert len(done) == 3
    whole = read_results(run_study(study_file, out=tmp_path / "whole"))
    assert [t.judgements for t in whole.trials] == [
        t.judgements for t in read_results(tmp_path / "run").trials
    ]


def test_a_changed_study_is_refused_or_started_afresh(write, study_text, tmp_path) -> None:
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")
    before = (run / "results.json").read_text()
    with_comment = write("s.toml", "# a comment changes nothing\n" + study_text)
    run_study(with_comment, out=run)
    changed = write(
        "s.toml",
        study_text.replace('validate_on = "pseudo",', 'validate_on = "pseudo", smoothing = 9.0,'),
    )
    with pytest.raises(RunError, match=r"changed: variants\[1\]\.smoothing\. Use --fresh"):
        run_study(changed, out=run)
    run_study(changed, out=run, fresh=True)
    assert (
        json.loads((tmp_path / "run.old-1" / "results.json").read_text())["trials"]
        == json.loads(before)["trials"]
    )
    assert read_results(run).trials[2].parameters == {"smoothing": 9.0}


def test_changed_data_is_noticed(write, study_text, tmp_path) -> None:
    lists = write("pseudo.csv", sample_file("pseudo-labels.csv").read_text(encoding="utf-8"))
    study = write("s.toml", study_text.replace("sample:pseudo-labels.csv", str(lists)))
    run_study(study, out=tmp_path / "run")
    lists.write_text(
        lists.read_text(encoding="utf-8") + "Diver,Other,Professional\n", encoding="utf-8"
    )
    with pytest.raises(RunError, match=r"changed: data.files.pseudo-labels pseudo"):
        run_study(study, out=tmp_path / "run")


def test_a_folder_of_something_else_is_left_alone(study_file, tmp_path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and holds no run"):
        run_study(study_file, out=tmp_path / "notes")


def test_a_backbone_that_cannot_be_had_is_one_row_and_the_others_go_on(
    study_file, tmp_path, monkeypatch
) -> None:
    original = WordCounts.fit

    def fit(self, *args, **kwargs):
        if self.scale.target == "department":
            raise BackboneError("The backbone 'x' cannot be reached.")
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(WordCounts, "fit", fit)
        with pytest.raises(BackboneError, match=r"1 of 3 trials were not run here.*'x' cannot be"):
            run_study(study_file, out=tmp_path / "run")
    assert [t.status for t in read_results(tmp_path / "run").trials] == [
        "not run here",
        "done",
        "done",
    ]
    assert "not run here" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    run_study(study_file, out=tmp_path / "run")
    assert {t.status for t in read_results(tmp_path / "run").trials} == {"done"}


def test_a_fresh_start_moves_runs_only(study_file, tmp_path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and holds no run"):
        run_study(study_file, out=tmp_path / "notes", fresh=True)
    assert (tmp_path / "notes" / "a.txt").exists()


def test_a_folder_that_is_being_written_to_is_left_alone(study_file, tmp_path) -> None:
    with (
        FileLock(tmp_path / ".run.lock"),
        pytest.raises(RunError, match="is being written to by another process"),
    ):
        run_study(study_file, out=tmp_path / "run")


def test_several_processes_of_a_launcher_are_refused(study_file, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RunError, match="runs in one process"):
        run_study(study_file, out=tmp_path / "run")


def test_parameters_are_checked_before_anything_is_trained(
    write, study_text, tmp_path, monkeypatch
) -> None:
    def check(self) -> None:
        if self.smoothing <= 0:
            raise StudyError("Smoothing must be positive.")

    monkeypatch.setattr(WordCounts, "check", check)
    text = study_text.replace('validate_on = "pseudo",', 'validate_on = "pseudo", smoothing = 0,')
    with pytest.raises(StudyError, match=r"Variant '\+ synthetic', seniority: Smoothing must"):
        run_study(write("s.toml", text), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_from_its_own_copy_of_the_study(study_file, tmp_path) -> None:
    run = run_study(study_file, out=tmp_path / "run")
    assert run_study(run / "study.toml", out=run) == run


def test_a_variant_may_do_without_validation(write, study_text, tmp_path) -> None:
    text = study_text.replace('validate_on = "pseudo",', "")
    trial = read_results(run_study(write("s.toml", text), out=tmp_path / "run")).trials[2]
    assert trial.validate_on is None
    assert set(trial.parts) == {"training", "test"}


def test_the_role_of_the_judged_cvs_can_be_given(study_file, tmp_path) -> None:
    run = run_study(study_file, out=tmp_path / "run", role=Role.EVALUATION)
    assert read_results(run).role is Role.EVALUATION


def test_seeds_are_trials_of_their_own(write, study_text, tmp_path) -> None:
    text = study_text.replace('name = "small"', 'name = "small"\nseeds = [1, 2]')
    results = read_results(run_study(write("s.toml", text), out=tmp_path / "run"))
    assert [t.seed for t in results.trials] == [1, 2, 1, 2, 1, 2]
    assert len({t.key for t in results.trials}) == 6


def test_names_that_share_a_folder_are_refused(write, study_text, tmp_path) -> None:
    text = study_text.replace('name = "+ synthetic"', 'name = "Baseline!"').replace(
        'seniority = "+ synthetic"', 'seniority = "Baseline!"'
    )
    with pytest.raises(RunError, match="differ in punctuation only"):
        run_study(write("s.toml", text), out=tmp_path / "run")


def test_a_damaged_trial_is_done_again(study_file, tmp_path) -> None:
    run = run_study(study_file, out=tmp_path / "run")
    folder = run / "trials/seniority/baseline/seed-42"
    (folder / "trial.json").write_text('{"variant":')
    shutil.rmtree(run / "trials/seniority/synthetic/seed-42/model")
    run_study(study_file, out=run)
    assert trials.TrialResult.model_validate_json((folder / "trial.json").read_bytes())
    assert metier.load(run)


def test_rules_are_a_row_and_a_model_like_any_other(write, study_text, tmp_path) -> None:
    text = study_text.replace(
        'train_on = ["curated", "pseudo"], validate_on = "pseudo", method = "word-counts"',
        'method = "rules"',
    )
    run = run_study(write("s.toml", text), out=tmp_path / "run")
    trial = read_results(run).trials[2]
    assert (trial.method, trial.train_on, trial.training_rows) == ("rules", (), {})
    assert metier.load(run).predict(["Head of Sales"])["seniority"][0].label == "Lead"


def test_rules_follow_the_page_that_the_study_names(write, study_text, tmp_path) -> None:
    page = load_guidelines("seniority").model_dump(
        mode="json", exclude={"languages"}, exclude_defaults=True
    )
    lines = [f"{key} = {json.dumps(page[key])}" for key in ("target", "question", "fallback")]
    for label in page["labels"]:
        lines += ["[[labels]]", *(f"{k} = {json.dumps(label[k])}" for k in ("name", "definition"))]
        lines += [f"rank = {label['rank']}"]
    write("own/seniority.toml", "\n".join(lines))
    write("own/seniority/en.toml", 'language = "English"\n[markers.Director]\nplain = ["buyer"]\n')
    text = study_text.replace(
        'train_on = ["curated", "pseudo"], validate_on = "pseudo", method = "word-counts"',
        'method = "rules"',
    ).replace('seniority = "seniority"', 'seniority = "own/seniority.toml"')
    run = run_study(write("s.toml", text), out=tmp_path / "run")
    answers = metier.load(run).predict(["Buyer", "CEO"])["seniority"]
    assert [answer.label for answer in answers] == ["Director", "Professional"]
