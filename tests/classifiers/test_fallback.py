import numpy as np
import pytest

from metier.classifiers.fallback import fallback_row
from metier.guidelines import load_guidelines, packaged_targets


@pytest.mark.parametrize("target", packaged_targets())
def test_the_answer_is_flat_and_its_arg_max_the_fallback(target: str) -> None:
    page = load_guidelines(target)
    row = fallback_row(page)
    assert row.sum() == pytest.approx(1)
    np.testing.assert_allclose(row, 1 / len(row), atol=1e-5)
    assert page.scale.labels[int(row.argmax())] == page.fallback
