from dataclasses import replace

import pytest

from metier.data import LabelledTitles, Role
from metier.errors import DataError, RoleError, StudyError
from metier.guidelines import Guidelines, Scale, load_guidelines
from metier.synthesis import Repaired, RepairedTitle, repair

PAGE = {
    "target": "rank",
    "question": "How high?",
    "fallback": "Member",
    "precedence": ["Top", "Head", "Old", "Member"],
    "confidence": {"strong": 0.95, "plain": 0.9, "weak": 0.6, "fallback": 0.7},
    "labels": [
        {"name": "Member", "definition": "Anyone."},
        {"name": "Old", "definition": "With experience.", "explicit": True},
        {"name": "Head", "definition": "Leads."},
        {"name": "Top", "definition": "On top."},
    ],
    "languages": [
        {
            "code": "en",
            "language": "English",
            "markers": {
                "Old": {"plain": ["senior"], "weak": ["seasoned"]},
                "Head": {"plain": ["head of", "director"], "weak": ["captain"]},
                "Top": {"strong": ["managing director"]},
            },
        },
        {"code": "de", "language": "German", "markers": {"Head": {"plain": ["*leiter"]}}},
    ],
}


@pytest.fixture
def page() -> Guidelines:
    return Guidelines.model_validate(PAGE)


def listed(page: Guidelines, *rows: tuple[str, str], role: Role = Role.TRAINING) -> LabelledTitles:
    titles, labels = zip(*rows, strict=True)
    return LabelledTitles(titles, labels, page.scale, role, "list.csv")


def by_rules(page: Guidelines, title: str, label: str, **parameters: float) -> RepairedTitle:
    return repair(listed(page, (title, label)), page, by_model=False, **parameters).rows[0]


def by_model(page: Guidelines, title: str, label: str, **parameters: float) -> Repaired:
    """Repair one row among sailors, who are Head, clerks, who are Member, and kings: Top."""
    places = [
        f"{name} {number}" for name in ("North", "East", "South", "West") for number in "1234"
    ]
    sailors = [(f"Sailor {place}", "Head") for place in places]
    clerks = [(f"Clerk {place}", "Member") for place in places]
    kings = [(f"King {place}", "Top") for place in places]
    data = listed(page, (title, label), *sailors, *clerks, *kings)
    return repair(data, page, **({"min_probability": 0.7} | parameters))


def test_a_marker_of_another_label_changes_the_label(page) -> None:
    row = by_rules(page, "Managing Director Sales", "Head")
    assert (row.was, row.label, row.changed_by, row.confidence) == ("Head", "Top", "rules", 0.95)
    assert row.reason == "'managing director' (English) is a marker of Top"
    assert "'*leiter' (German)" in by_rules(page, "Bauleiter", "Member").reason


def test_an_explicit_label_without_any_marker_goes_to_the_fallback(page) -> None:
    row = by_rules(page, "Account Manager", "Old")
    assert (row.label, row.changed_by, row.confidence) == ("Member", "rules", 0.7)
    assert row.reason == "no marker of Old, which needs one; the fallback is Member"


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Senior Clerk", "Old"),  # confirmed
        ("Clerk", "Head"),  # not explicit
        ("Captain", "Member"),  # a weak marker
        ("Captain", "Old"),
    ],
)
def test_all_else_stays_without_a_word(page, title, label) -> None:
    assert by_rules(page, title, label) == RepairedTitle(title, label, label)


def test_a_marker_that_is_not_sure_enough_leaves_a_doubt(page) -> None:
    row = by_rules(page, "Head of Sales", "Top", min_confidence=0.92)
    assert (row.label, row.changed_by, row.confidence) == ("Top", "", 0.9)
    assert row.reason == "'head of' (English) is a marker of Head, with a confidence below 0.92"
    assert row.is_doubtful
    assert by_rules(page, "Head of Sales", "Top", min_confidence=0.9).label == "Head"


def test_the_model_changes_what_the_rules_leave_open(page) -> None:
    row = by_model(page, "Sailor Harbour", "Member").rows[0]
    assert (row.label, row.changed_by) == ("Head", "model")
    assert row.confidence is not None
    assert row.reason.startswith("similar titles are Head: out-of-fold probability ")
    assert f"{row.confidence:.2f}" in row.reason


def test_a_model_that_is_not_sure_enough_leaves_a_doubt(page) -> None:
    row = by_model(page, "Sailor Harbour", "Member", min_probability=1.0).rows[0]
    assert (row.label, row.changed_by, row.is_doubtful) == ("Member", "", True)
    assert row.reason.endswith("; less than 1")


def test_a_marker_that_confirms_a_label_protects_it_from_the_model(page) -> None:
    assert by_model(page, "Clerk Harbour", "Head").rows[0].changed_by == "model"
    row = by_model(page, "Clerk Harbour Bauleiter", "Head", min_probability=0.5).rows[0]
    assert row == RepairedTitle("Clerk Harbour Bauleiter", "Head", "Head")


def test_the_model_does_not_give_what_a_marker_speaks_against(page) -> None:
    # The marker is too unsure to change the label itself, and sure enough to object.
    row = by_model(page, "Clerk Harbour Director", "Top", min_confidence=0.92).rows[0]
    assert (row.label, row.changed_by) == ("Top", "")
    assert row.reason.startswith("similar titles are Member")
    assert row.reason.endswith("; but 'director' (English) is a marker of Head")


def test_the_model_does_not_give_an_explicit_label_without_a_marker(page) -> None:
    sailors = [(f"Senior Sailor {n}", "Old") for n in range(20)]
    clerks = [(f"Clerk {n}", "Member") for n in range(20)]
    data = listed(page, ("Sailor", "Member"), *sailors, *clerks)
    row = repair(data, page, min_probability=0.5).rows[0]
    assert row.label == "Member"
    assert row.reason.endswith("; but Old needs a marker")


def test_the_model_learns_from_the_labels_that_the_rules_left(page) -> None:
    managers = [(f"Account Manager {n}", "Old") for n in range(20)]
    sailors = [(f"Sailor {n}", "Head") for n in range(20)]
    data = listed(page, ("Account Manager", "Head"), *managers, *sailors)
    row = repair(data, page, min_probability=0.5).rows[0]
    assert (row.label, row.changed_by) == ("Member", "model")


def test_what_the_rules_changed_the_model_does_not_change_again(page) -> None:
    row = by_model(page, "Sailor Harbour", "Old").rows[0]
    assert (row.label, row.changed_by) == ("Member", "rules")


def test_what_changed_is_counted_and_everything_else_is_as_it_was(page) -> None:
    data = listed(
        page, ("Clerk", "Old"), ("Nurse", "Old"), ("Head of IT", "Top"), ("Cook", "Member")
    )
    repaired = repair(data, page, by_model=False)
    assert list(repaired.counts.items()) == [
        (("Old", "Member", "rules"), 2),
        (("Top", "Head", "rules"), 1),
    ]
    assert [row.title for row in repaired.changes] == ["Clerk", "Nurse", "Head of IT"]
    assert repaired.doubtful == ()
    assert repaired.labelled == replace(data, labels=("Member", "Member", "Head", "Member"))


@pytest.mark.parametrize("role", [Role.VALIDATION, Role.DEVELOPMENT, Role.EVALUATION])
def test_only_what_may_be_fitted_is_repaired(page, role) -> None:
    with pytest.raises(RoleError, match=rf"list\.csv is {role} data"):
        repair(listed(page, ("Clerk", "Old"), role=role), page)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_confidence": 85}, "The least confidence is 85; it must be from 0 to 1"),
        ({"min_probability": -1}, "The least probability is -1"),
        ({"folds": 1}, "The number of folds is 1; it must be 2 or more"),
    ],
)
def test_a_parameter_out_of_range_is_refused(page, parameters, message) -> None:
    with pytest.raises(DataError, match=message):
        repair(listed(page, ("Clerk", "Old")), page, **parameters)


def test_a_page_must_be_of_the_target_and_have_markers(page) -> None:
    data = listed(page, ("Clerk", "Old"))
    with pytest.raises(DataError, match="labels of the target 'other'"):
        repair(replace(data, scale=Scale("other", ("Old", "New"))), page)
    with pytest.raises(StudyError, match="has no markers"):
        repair(data, page.model_copy(update={"languages": ()}))


def test_the_seniority_page_asks_a_marker_of_junior_and_senior() -> None:
    labels = load_guidelines("seniority").labels
    assert [label.name for label in labels if label.explicit] == ["Junior", "Senior"]
