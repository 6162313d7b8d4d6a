import pytest

from metier.errors import GuidelinesError
from metier.guidelines import Pattern, Strength, load_guidelines, packaged_targets, patterns

PAGE = """
target = "risk"
question = "How risky?"
fallback = "Low"
precedence = ["High", "Low"]
[[labels]]
name = "Low"
definition = "Little."
[[labels]]
name = "High"
definition = "Much."
"""


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("Head of", [("head", "of")]),
        ("leiter|leiterin", [("leiter",), ("leiterin",)]),
        ("*führer*", [("*fuhrer*",), ("*fuehrer*",)]),
        ("key-account", [("key", "account")]),
        ("directeur* général*", [("directeur*", "general*")]),
        ("chief * officer", [("chief", "*", "officer")]),
        ("r&d", [("r", "&", "d")]),
        ("sales und marketing", [("sales", "&", "marketing")]),
        ("*部長", [("*部長",)]),
    ],
)
def test_a_marker_has_patterns_of_folded_words(marker: str, words: list[tuple[str, ...]]) -> None:
    assert [pattern.words for pattern in patterns(marker)] == words


def test_ends_are_tied() -> None:
    assert patterns("^associate$") == (Pattern(("associate",), at_start=True, at_end=True),)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("", "begins or ends without a word"),
        ("* officer", "begins or ends without a word"),
        ("chief *", "begins or ends without a word"),
        ("a||b", "without letters|beside it"),
        ("*it*", "5 letters or more"),
        ("lei*ter", "beginning or the end"),
        ("head^of", "opens and"),
    ],
)
def test_a_marker_written_wrong_is_refused(marker: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        patterns(marker)


def test_a_page_of_ones_own_has_its_languages_beside_it(write) -> None:
    page = write("risk.toml", PAGE)
    write("risk/en.toml", 'language = "English"\n[markers.High]\nplain = ["danger*"]\n')
    found = load_guidelines(page)
    [marker] = found.markers
    assert (marker.text, marker.label, marker.strength) == ("danger*", "High", Strength.PLAIN)
    assert marker.language == "en"


def test_markers_share_their_exceptions(write) -> None:
    page = write("risk.toml", PAGE)
    entry = '{ marker = ["danger*", "peril"], unless = ["no"] }'
    write("risk/en.toml", f'language = "English"\n[markers.High]\nplain = ["risk", {entry}]\n')
    found = [(marker.text, marker.unless) for marker in load_guidelines(page).markers]
    assert found == [("risk", ()), ("danger*", ("no",)), ("peril", ("no",))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('language = "English"\n[markers.Middle]\nplain = ["x"]\n', "'Middle' is none of"),
        ('language = "English"\n[markers.High]\nplane = ["x"]\n', r"en.toml, markers.High.plane"),
        ('language = "English"\n[markers.High]\nroles = ["x*"]\n', r"cannot hold \* \^ or \$"),
        ('language = "English"\n[markers.High]\nforms = ["{rank} x"]\n', "and no other"),
        ('language = "English"\n[markers.High]\nplain = ["*it*"]\n', "5 letters or more"),
        (
            'language = "English"\n[markers.High]\nplain = ["danger"]\n[markers.Low]\n'
            'weak = ["Danger"]\n',
            "'danger' is High in en and Low in en",
        ),
    ],
)
def test_a_malformed_language_is_refused_with_its_place(write, text: str, message: str) -> None:
    page = write("risk.toml", PAGE)
    write("risk/en.toml", text)
    with pytest.raises(GuidelinesError, match=message):
        load_guidelines(page)


def test_precedence_names_every_label(write) -> None:
    page = write("risk.toml", PAGE.replace('["High", "Low"]', '["High"]'))
    with pytest.raises(GuidelinesError, match="precedence must name each label once"):
        load_guidelines(page)


@pytest.mark.parametrize("target", packaged_targets())
def test_every_packaged_language_marks_every_label_it_can(target: str) -> None:
    page = load_guidelines(target)
    assert len(page.languages) == 25
    for language in page.languages:
        missing = {label.name for label in page.labels} - set(language.markers)
        assert missing <= {page.fallback}


@pytest.mark.parametrize("target", packaged_targets())
def test_the_examples_of_the_page_follow_from_its_markers(target: str) -> None:
    from metier.classifiers.rules import RulesClassifier

    page = load_guidelines(target)
    asked = {title: label.name for label in page.labels for title in label.examples}
    asked |= {title: name for label in page.labels for title, name in label.not_examples.items()}
    given = RulesClassifier(page.scale).predict(list(asked))
    wrong = {t: (g, r) for (t, r), g in zip(asked.items(), given, strict=True) if g != r}
    assert not wrong
