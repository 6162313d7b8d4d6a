import pytest

from metier.classifiers.pages import PAGE, read_page, write_page
from metier.errors import ModelError
from metier.guidelines import load_guidelines


def test_a_page_is_read_as_it_was_written(tmp_path) -> None:
    page = load_guidelines("seniority")
    write_page(tmp_path, page)
    assert read_page(tmp_path) == page


@pytest.mark.parametrize(
    "content", [b"{}", b"\xff", b'{"target": "seniority", "labels": []}', None]
)
def test_a_missing_or_broken_page_is_refused(tmp_path, content) -> None:
    if content is not None:
        (tmp_path / PAGE).write_bytes(content)
    with pytest.raises(ModelError, match=r"guidelines\.json is missing or broken"):
        read_page(tmp_path)
