import subprocess
import sys

import pytest

from metier.errors import ModelError
from metier.runtime.export.record import RECORD, read_record


def test_a_record_is_read_and_may_be_missing(tmp_path) -> None:
    assert read_record(tmp_path) is None
    (tmp_path / RECORD).write_text('{"titles": 3}')
    assert read_record(tmp_path) == {"titles": 3}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_record_is_told(tmp_path, content) -> None:
    (tmp_path / RECORD).write_text(content)
    with pytest.raises(ModelError, match=r"export\.json is broken"):
        read_record(tmp_path)


def test_it_is_read_without_torch() -> None:
    code = "import sys, metier.runtime.export.record; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
