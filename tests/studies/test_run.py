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
from metier.studies import read_results, run_study
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
    assert cvs["covered"].all()
    assert cvs["cv"].n_unique() > 1
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
    whole = read_results(run_study(study_file, out=tmp_path / "whole", fresh=True))
    assert [t.judgements for t in whole.trials] == [
        t.judgements for t in read_results(tmp_path / "run").trials
    ]


def fits(monkeypatch) -> list[tuple[str, dict]]:
    """Return a list that every training adds its target and parameters to."""
    done: list[tuple[str, dict]] = []
    original = WordCounts.fit

    def fit(self, *args, **kwargs):
        done.append((self.scale.target, {"smoothing": self.smoothing}))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(WordCounts, "fit", fit)
    return done


def test_of_a_changed_study_only_what_changed_is_done_again(
    write, study_text, tmp_path, monkeypatch
) -> None:
    done = fits(monkeypatch)
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")
    assert len(done) == 3
    run_study(write("s.toml", "# a comment changes nothing\n" + study_text), out=run)
    assert len(done) == 3
    changed = study_text.replace(
        'validate_on = "pseudo",', 'validate_on = "pseudo", smoothing = 9.0,'
    )
    told: list[str] = []
    run_study(write("s.toml", changed), out=run, announce=told.append)
    assert told[0] == "Changed since the last run: variants[1].smoothing"
    assert done[3:] == [("seniority", {"smoothing": 9.0})]
    assert read_results(run).trials[2].parameters == {"smoothing": 9.0}
    run_study(write("s.toml", study_text), out=tmp_path / "elsewhere")
    assert len(done) == 4


def test_a_fresh_run_does_everything_again_and_keeps_the_old_one(
    write, study_text, tmp_path, monkeypatch
) -> None:
    done = fits(monkeypatch)
    study = write("s.toml", study_text)
    run = run_study(study, out=tmp_path / "run")
    before = read_results(run).trials
    run_study(study, out=run, fresh=True)
    assert len(done) == 6
    assert read_results(tmp_path / "run.old-1").trials == before


def test_changed_data_is_noticed_by_the_trials_that_read_it(
    write, study_text, tmp_path, monkeypatch
) -> None:
    done = fits(monkeypatch)
    lists = write("pseudo.csv", sample_file("pseudo-labels.csv").read_text(encoding="utf-8"))
    study = write("s.toml", study_text.replace("sample:pseudo-labels.csv", str(lists)))
    run = run_study(study, out=tmp_path / "run")
    lists.write_text(
        lists.read_text(encoding="utf-8") + "Diver,Other,Professional\n", encoding="utf-8"
    )
    told: list[str] = []
    run_study(study, out=run, announce=told.append)
    assert told[0] == "Changed since the last run: data.files.pseudo-labels pseudo"
    assert [target for target, _ in done[3:]] == ["seniority"]


def test_what_a_variant_is_called_does_not_train_it_again(
    write, study_text, tmp_path, monkeypatch
) -> None:
    done = fits(monkeypatch)
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")
    run_study(write("s.toml", study_text.replace("baseline", "curated alone")), out=run)
    assert len(done) == 3
    assert sorted(path.name for path in (run / "trials" / "seniority").iterdir()) == [
        "curated-alone",
        "synthetic",
    ]


def test_an_interrupted_change_leaves_no_results_of_another_state(
    write, study_text, tmp_path, monkeypatch
) -> None:
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")

    def fit(self, *args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(WordCounts, "fit", fit)
    changed = study_text.replace(
        'validate_on = "pseudo",', 'validate_on = "pseudo", smoothing = 9.0,'
    )
    with pytest.raises(KeyboardInterrupt):
        run_study(write("s.toml", changed), out=run)
    with pytest.raises(RunError, match="no finished run"):
        read_results(run)


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


def test_a_damaged_cache_is_made_again(study_file, tmp_path, cache, monkeypatch) -> None:
    done = fits(monkeypatch)
    run = run_study(study_file, out=tmp_path / "run")
    for record in cache.glob("trials/*/*/training.json"):
        record.write_text('{"training_rows":')
    run_study(study_file, out=run)
    assert len(done) == 6
    shutil.rmtree(cache / "trials")
    assert metier.load(run).predict(["Head of Sales"])["seniority"]


def test_a_trial_in_the_run_folder_is_whole_after_every_run(study_file, tmp_path) -> None:
    run = run_study(study_file, out=tmp_path / "run")
    shutil.rmtree(run / "trials")
    run_study(study_file, out=run)
    assert (run / "trials/seniority/baseline/seed-42/predictions.parquet").exists()
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


def test_a_model_that_the_study_no_longer_names_is_gone(write, study_text, tmp_path) -> None:
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")
    assert metier.load(run)
    run_study(write("s.toml", study_text[: study_text.index("[model]")]), out=run)
    with pytest.raises(ModelError, match="kept no model"):
        metier.load(run)


def test_what_is_known_is_shown_although_it_cannot_be_had_any_more(
    write, study_text, tmp_path, monkeypatch
) -> None:
    run = run_study(write("s.toml", study_text), out=tmp_path / "run")

    def fit(self, *args, **kwargs):
        raise BackboneError("The backbone 'x' cannot be reached.")

    monkeypatch.setattr(WordCounts, "fit", fit)
    more = study_text.replace(
        "variants = [",
        'variants = [\n  { name = "new", targets = ["seniority"], train_on = ["pseudo"], '
        'method = "word-counts", smoothing = 7.0 },',
    )
    with pytest.raises(BackboneError, match="1 of 4 trials were not run here"):
        run_study(write("s.toml", more), out=run)
    assert sorted(trial.status for trial in read_results(run).trials) == [
        "done",
        "done",
        "done",
        "not run here",
    ]


def test_what_decides_a_run_is_in_its_plan(write, study_text, tmp_path) -> None:
    text = study_text.replace('["curated", "pseudo"]', '["pseudo", "generated"]').replace(
        "[model]", "[generated]\ncount = 100\n[model]"
    )
    run = run_study(write("s.toml", text), out=tmp_path / "run")
    told: list[str] = []
    run_study(write("s.toml", text.replace("= 100", "= 120")), out=run, announce=told.append)
    assert told[0] == "Changed since the last run: generated.count"


def test_the_same_titles_are_not_asked_again_for_another_role(
    study_file, tmp_path, monkeypatch
) -> None:
    done = fits(monkeypatch)
    for role in (None, Role.EVALUATION, None, Role.EVALUATION):
        run_study(study_file, out=tmp_path / f"run-{role}", role=role)
    assert len(done) == 3


def test_a_command_gives_the_run_again(study_file, tmp_path) -> None:
    out = tmp_path / "elsewhere"
    command = read_results(run_study(study_file, out=out, role=Role.EVALUATION)).command
    assert command == f"metier study {study_file} --out {out} --role evaluation"
