"""A language model as a classifier, against a local server."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import numpy as np
import pytest
from sklearn.base import clone

from metier.classifiers import load_classifier, method_class
from metier.classifiers.prompted import PromptedClassifier
from metier.errors import LabellingError, PromptError, StudyError
from metier.guidelines import load_guidelines
from metier.studies import read_results, run_study
from tests.conftest import sample_study
from tests.prompting.conftest import PAGE
from tests.prompting.fault_server import right_label, serve

TITLES = ["Clerk", "Nurse", "Baker", "  CLERK ", "Crane Operator"]


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "risk.toml"
    path.write_text(PAGE, encoding="utf-8")
    return load_guidelines(path)


@pytest.fixture
def make(tmp_path, page):
    def prompted(url: str, **given: object) -> PromptedClassifier:
        defaults = {
            "model": "openai:stand-in",
            "base_url": url,
            "page": page,
            "answers": tmp_path / "a.sqlite",
        }
        return PromptedClassifier(page.scale, **{**defaults, **given})

    return prompted


def test_titles_are_asked_once_and_answers_come_in_their_order(make) -> None:
    with serve() as server:
        classifier = make(server.url).fit([], [])
        assert server.count() == 0
        probabilities = classifier.predict_proba(TITLES)
        assert server.count() == 1
        assert list(classifier.predict(TITLES)) == [
            right_label(title, ["Low", "High"])
            for title in ["Clerk", "Nurse", "Baker", "Clerk", "Crane Operator"]
        ]
        assert server.count() == 1
    assert probabilities.shape == (5, 2)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5))
    assert probabilities.max(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert classifier.predict_proba([]).shape == (0, 2)


def test_a_refused_title_has_a_flat_answer_and_the_fallback_as_arg_max(make, page) -> None:
    page = page.model_copy(update={"fallback": "High"})
    with serve(always={"Nurse": "outside"}) as server:
        classifier = make(server.url, page=page)
        found = classifier.predict_proba(["Nurse"])
        assert list(classifier.predict(["Nurse"])) == ["High"]
    assert found[0] == pytest.approx([0.5, 0.5], abs=1e-5)


def test_several_samples_are_vote_shares(make) -> None:
    with serve() as server:
        found = make(server.url, samples=3).predict_proba(["Nurse"])
        assert server.count() == 3
        assert "temperature" not in server.requests[0].body
    assert sorted(found[0]) == pytest.approx([0, 1], abs=1e-5)


def test_what_could_not_be_asked_is_an_error_and_not_a_flat_answer(make) -> None:
    with serve() as server:
        with pytest.raises(LabellingError, match=r"budget of 1 calls is used up.*is stored in"):
            make(server.url, batch_size=2, max_calls=1).predict_proba(TITLES)
        assert make(server.url).predict_proba(TITLES).shape == (5, 2)


def test_a_part_of_the_votes_is_an_error_and_not_an_answer(make) -> None:
    with serve() as server:
        make(server.url, temperature=0.0).predict_proba(TITLES)
        voting = make(server.url, temperature=0.0, samples=2, max_calls=1)
        with pytest.raises(LabellingError, match="4 of 4 titles lack an answer of openai:stand-in"):
            voting.predict_proba(TITLES)
        assert voting.set_params(max_calls=2).predict_proba(TITLES).shape == (5, 2)


def test_a_rejected_title_is_flat_and_does_not_keep_a_study_from_its_end(make) -> None:
    with serve(always={"Nurse": "bad request"}) as server:
        found = make(server.url).predict_proba(TITLES)
        assert found[1] == pytest.approx([0.5, 0.5], abs=1e-5)
        asked = server.count()
        assert (make(server.url).predict_proba(TITLES) == found).all()
        assert server.count() == asked


def test_a_server_that_stops_is_an_error(make) -> None:
    with serve(key="another") as server, pytest.raises(LabellingError, match="cannot be asked"):
        make(server.url).predict_proba(TITLES)


def test_a_page_that_is_set_later_is_asked(make, page) -> None:
    classifier = make("http://x/v1")
    assert classifier.guidelines.fallback == "Low"
    classifier.set_params(page=page.model_copy(update={"fallback": "High"}))
    assert classifier.guidelines.fallback == "High"


def test_it_works_where_an_event_loop_is_running(make) -> None:
    async def cell() -> int:
        return len(make(server.url).predict_proba(TITLES))

    with serve() as server:
        assert asyncio.run(cell()) == 5


def test_parameters_travel_and_keys_do_not(make, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("METIER_API_KEY", "sk-secret-key")
    with serve() as server:
        classifier = make(server.url, samples=2)
        before = classifier.predict_proba(TITLES)
        classifier.save(tmp_path / "model")
        for path in [*(tmp_path / "model").iterdir(), tmp_path / "a.sqlite"]:
            assert b"sk-secret-key" not in path.read_bytes()
        loaded = load_classifier(tmp_path / "model")
        assert isinstance(loaded, PromptedClassifier)
        assert loaded.prompt == classifier.prompt
        assert (loaded.predict_proba(TITLES) == before).all()
        assert server.count() == 2
    assert clone(loaded).get_params()["samples"] == 2


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"model": ""}, StudyError, "parameter model may not be '': name it as PROVIDER:MODEL"),
        ({"samples": 0}, StudyError, "parameter samples may not be 0"),
        ({"output_mode": "yaml"}, StudyError, "parameter output_mode may not be 'yaml'"),
        ({"template": "none"}, PromptError, "no template 'none'"),
        ({"max_cost": 1.0}, LabellingError, "price of openai:stand-in is unknown"),
        ({"page": "seniority"}, StudyError, "has not the labels of 'risk'"),
    ],
)
def test_parameters_are_checked_before_anything_is_asked(make, given, error, message) -> None:
    with pytest.raises(error, match=message):
        make("http://127.0.0.1:9/v1", **given).check()


def test_a_missing_key_is_told_before_a_study_starts_unless_answers_are_stored(
    make, tmp_path, monkeypatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LabellingError, match="OPENAI_API_KEY"):
        make(None).check()
    sqlite3.connect(tmp_path / "a.sqlite").close()
    make(None).check()


def test_it_takes_part_in_studies(tmp_path) -> None:
    assert method_class("prompted") is PromptedClassifier
    variant = (
        'name = "asked", targets = ["seniority"], method = "prompted", train_on = ["pseudo"], '
        f'model = "openai:stand-in", base_url = "URL", answers = "{tmp_path / "a.sqlite"}"'
    )
    ruled = 'name = "ruled", targets = ["department"], method = "rules"'
    study = tmp_path / "s.toml"
    with serve() as server:
        text = sample_study("asked", [variant.replace("URL", server.url), ruled], "")
        study.write_text(text, encoding="utf-8")
        run = run_study(study, out=tmp_path / "run")
        asked = server.asked
    assert set(asked.values()) == {1}
    (trial,) = (trial for trial in read_results(run).trials if trial.variant == "asked")
    assert trial.status == "done"
    assert trial.judgements
    assert "stand-in" in json.dumps(trial.parameters)
