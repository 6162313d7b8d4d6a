import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import job

from metier.data import LabelledTitles, Role, hold_out_by_cv, read_cvs, split
from metier.errors import DataError
from metier.guidelines import load_guidelines

SCALE = load_guidelines("seniority").scale


def listed(rows: list[tuple[str, str]], role: Role = Role.TRAINING) -> LabelledTitles:
    return LabelledTitles(
        tuple(title for title, _ in rows), tuple(label for _, label in rows), SCALE, role, "list"
    )


rows_of_titles = st.lists(
    st.tuples(st.sampled_from([f"title {i}" for i in range(40)]), st.sampled_from(SCALE.labels)),
    min_size=1,
    max_size=120,
)


@given(rows_of_titles, st.integers(0, 5))
@settings(deadline=None)
def test_the_parts_share_no_title_and_lose_no_row(rows, seed) -> None:
    data = listed(rows)
    parts = split(data, seed=seed)
    keys = [set(part.keys) for part in (parts.training, parts.validation, parts.test)]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]
    assert sum(map(len, (parts.training, parts.validation, parts.test))) == len(data)


@given(rows_of_titles)
@settings(deadline=None)
def test_the_last_titles_of_a_label_are_trained_on(rows) -> None:
    # A title may carry several labels here; it is then counted with its first.
    trained = set(split(listed(rows)).training.keys)
    first = dict(reversed(rows))
    assert {first[title] for title in first} == {first[t] for t in first if t in trained}


def test_the_split_is_stratified_and_seeded() -> None:
    data = listed([(f"{label} {i}", label) for label in SCALE.labels for i in range(100)])
    parts = split(data, seed=3)
    assert set(parts.test.shares.values()) == {1 / 6}
    assert (len(parts.training), len(parts.validation), len(parts.test)) == (420, 90, 90)
    assert split(data, seed=3) == parts
    assert split(data, seed=4) != parts


def test_a_rare_label_is_in_every_part_from_three_titles_on() -> None:
    common = [(f"common {i}", "Lead") for i in range(50)]
    three = split(listed([*common, *[(f"rare {i}", "Junior") for i in range(3)]]))
    assert "Junior" in three.training.labels
    assert "Junior" in three.validation.labels
    assert "Junior" in three.test.labels
    one = split(listed([*common, ("rare", "Junior")]))
    assert "Junior" in one.training.labels
    assert "Junior" not in (*one.validation.labels, *one.test.labels)


def test_the_parts_have_their_roles() -> None:
    parts = split(listed([(f"{i}", "Lead") for i in range(20)]))
    assert parts.training.role is Role.TRAINING
    assert parts.validation.role is Role.VALIDATION
    assert parts.test.role is Role.EVALUATION


def test_shares_that_leave_nothing_are_refused() -> None:
    with pytest.raises(DataError, match="leave nothing to train on"):
        split(listed([("a", "Lead")]), validation=0.5, test=0.5)


def test_whole_cvs_are_kept_back_and_share_no_title(write) -> None:
    content = [[job(f"title {i}"), job(f"title {i + 1}"), job("CEO")] for i in range(0, 40, 2)]
    cvs = read_cvs(write("c.json", content), Role.UNLABELLED)
    titles = [f"TITLE {i}" for i in range(40)]
    pseudo = listed([(title, "Lead") for title in titles], Role.PSEUDO_LABELLED)
    parts = hold_out_by_cv(pseudo, cvs, share=0.2, seed=1)
    assert len(parts.validation) == 8
    assert not set(parts.validation.keys) & set(parts.training.keys)
    assert parts.validation.role is Role.VALIDATION
    assert parts.training.role is Role.PSEUDO_LABELLED
    numbers = sorted(int(title.split()[1]) for title in parts.validation.titles)
    assert all(number % 2 == 0 and number + 1 in numbers for number in numbers[::2])


def test_pseudo_labels_of_other_cvs_are_refused(write) -> None:
    cvs = read_cvs(write("c.json", [[job("A")]]), Role.UNLABELLED)
    with pytest.raises(DataError, match="must be of titles of these CVs"):
        hold_out_by_cv(listed([("B", "Lead")], Role.PSEUDO_LABELLED), cvs)
