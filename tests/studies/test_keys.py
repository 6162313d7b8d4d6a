from pathlib import Path

import pytest

from metier.classifiers import METHODS
from metier.studies.keys import code_of, hash_folder, hash_of, method_code


def test_comments_docstrings_and_layout_do_not_change_the_code(tmp_path) -> None:
    one, other, third = (tmp_path / name for name in ("a.py", "b.py", "c.py"))
    one.write_text('"""Says."""\n\ndef f(x):\n    """Adds."""\n    return x + 1  # one\n')
    other.write_text("def f( x ):\n    return (x\n        + 1)\n")
    third.write_text("def f(x):\n    return x + 2\n")
    assert code_of(one) == code_of(other)
    assert code_of(one) != code_of(third)


def test_a_method_made_of_others_has_their_code_too() -> None:
    alone = method_code("hybrid", {})
    assert method_code("hybrid", {"then": "bag-of-words"}) == alone  # It is the default.
    assert method_code("hybrid", {"then": "probe"}) != alone
    members = {"members": [{"method": "rules"}, {"method": "bag-of-words"}]}
    assert method_code("average", members) != method_code("average", {"members": []})


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_code(method: str) -> None:
    assert len(method_code(method, {})) == 64


def test_the_order_of_keys_does_not_count_and_that_of_rows_does() -> None:
    assert hash_of({"a": 1, "b": 2}) == hash_of({"b": 2, "a": 1})
    assert hash_of(["a", "b"]) != hash_of(["b", "a"])


def test_a_folder_is_known_by_the_state_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    file = tmp_path / "inner" / "weights"
    file.write_bytes(b"123")
    before = hash_folder(tmp_path)
    assert hash_folder(tmp_path) == before
    file.write_bytes(b"1234")
    assert hash_folder(tmp_path) != before
