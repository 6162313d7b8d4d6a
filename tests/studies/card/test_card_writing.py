import sys

import pytest

from metier.errors import DataError, MissingExtraError
from metier.studies.card import require_card_packages, write_card
from metier.studies.card.writing import plain


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Head of\n Sales | DACH", r"Head of Sales \| DACH"),
        ("<b>R&D</b>", "&lt;b&gt;R&amp;D&lt;/b&gt;"),
        ("*x* `y` [z](u) a_b", r"\*x\* \`y\` \[z\](u) a\_b"),
    ],
)
def test_titles_are_no_markup(text, written) -> None:
    assert plain(text) == written


def test_a_missing_package_names_the_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"A model card needs .*metier\[train\]"):
        require_card_packages()


def test_a_card_that_cannot_be_written_leaves_nothing(tmp_path) -> None:
    (tmp_path / "CARD.md").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_card(tmp_path / "CARD.md", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["CARD.md"]
