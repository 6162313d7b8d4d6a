import threading

import pytest

import metier
from metier.classifiers import Model
from metier.errors import ModelError
from tests.classifiers.stand_in import WordCounts, register


@pytest.fixture
def model(seniority, department) -> Model:
    return Model(
        {
            "department": WordCounts(department).fit(["Sales Rep", "Nurse"], ["Sales", "Other"]),
            "seniority": WordCounts(seniority).fit(["CEO", "Intern"], ["Management", "Junior"]),
        }
    )


def test_a_model_answers_every_target(model) -> None:
    answers = model.predict(["Sales Intern", "CEO"])
    assert [a.label for a in answers["department"]] == ["Sales", "Marketing"]
    assert [a.label for a in answers["seniority"]] == ["Junior", "Management"]
    assert answers["department"][0].rank is None
    assert 1 <= answers["seniority"][0].rank <= 6
    assert 0 < answers["seniority"][0].confidence <= 1
    assert model.predict([]) == {"department": [], "seniority": []}


class Observed(WordCounts):
    """Notes the threads that it is asked from."""

    def predict_proba(self, titles):
        self.threads_ = [*getattr(self, "threads_", []), threading.current_thread().name]
        return super().predict_proba(titles)


@pytest.mark.parametrize("quick", [False, True])
def test_a_title_is_answered_for_all_targets_at_once_where_that_takes_time(
    seniority, department, monkeypatch, quick
) -> None:
    monkeypatch.setenv("METIER_THREADS", "2")
    monkeypatch.setattr(Observed, "is_quick", quick)
    classifiers = {
        "department": Observed(department).fit(["Nurse"], ["Other"]),
        "seniority": Observed(seniority).fit(["CEO"], ["Management"]),
    }
    Model(classifiers).predict(["Head Nurse"])
    asked_from = {each.threads_[0] for each in classifiers.values()}
    assert (asked_from == {threading.current_thread().name}) == quick


def test_a_model_survives_saving(model, tmp_path, monkeypatch) -> None:
    register(monkeypatch)
    model.save(tmp_path / "model")
    loaded = metier.load(tmp_path / "model")
    assert loaded.predict(["Sales Intern"]) == model.predict(["Sales Intern"])
    assert list(metier.load(tmp_path).predict(["CEO"])) == ["department", "seniority"]
    assert list(metier.load(tmp_path / "model" / "seniority").classifiers) == ["seniority"]


def test_a_folder_without_a_model_is_a_sentence(tmp_path) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        metier.load(tmp_path / "none")
    with pytest.raises(ModelError, match="holds no classifier"):
        metier.load(tmp_path)
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(ModelError, match=r"kept no model: name a variant .* under \[model\]"):
        metier.load(tmp_path)
