import pytest

from metier.errors import GuidelinesError
from metier.guidelines import load_guidelines, packaged_targets

PAGE = """
target = "risk"
question = "How risky?"
fallback = "Low"
[[labels]]
name = "Low"
rank = 1
definition = "Little."
[[labels]]
name = "High"
rank = 3
definition = "Much."
"""


def test_the_packaged_targets_are_those_of_the_reference_study() -> None:
    assert packaged_targets() == ("department", "seniority")
    assert load_guidelines("seniority").scale.ranks == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    assert load_guidelines("seniority").fallback == "Professional"
    department = load_guidelines("department")
    assert len(department.labels) == 11
    assert department.labels[-1].name == department.fallback == "Other"
    assert not department.scale.is_ordinal


def test_a_user_brings_a_target_as_a_page(write) -> None:
    scale = load_guidelines(write("risk.toml", PAGE)).scale
    assert (scale.target, scale.labels, scale.ranks) == ("risk", ("Low", "High"), (1.0, 3.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('fallback = "Low"', 'fallback = "None"'), "fallback: 'None' is none of: Low, High"),
        (('name = "High"', 'name = "Low"'), "labels are named twice: Low"),
        (("rank = 3", "rank = 1"), "ranks must increase"),
        (("rank = 3\n", ""), "either every label has a rank or none has"),
        (("question", "query"), "question"),
        (('target = "risk"', 'target = "Risk Level"'), "target"),
        (("[[labels]]", "[labels"), "not valid TOML"),
    ],
)
def test_a_malformed_page_is_refused_with_its_field(write, change, message) -> None:
    with pytest.raises(GuidelinesError, match=message):
        load_guidelines(write("risk.toml", PAGE.replace(*change)))


def test_a_missing_page_names_the_packaged_targets() -> None:
    with pytest.raises(GuidelinesError, match="department, seniority"):
        load_guidelines("senority")
