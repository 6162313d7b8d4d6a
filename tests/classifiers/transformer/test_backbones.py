import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metier.classifiers.transformer.backbones import resolve_backbone
from metier.errors import BackboneError

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def resolve_in_new_process(name: str, hub_home: Path) -> subprocess.CompletedProcess[str]:
    """The hub's client reads its settings at import, so a process of its own asks."""
    code = (
        "import sys; from metier.classifiers.transformer.classifier import _open_backbone, Head\n"
        "from metier.classifiers.transformer.backbones import resolve_backbone\n"
        "from metier.guidelines import load_guidelines\n"
        "name = sys.argv[1]; scale = load_guidelines('seniority').scale\n"
        "_, model = _open_backbone(resolve_backbone(name), name, Head.CLASSIFICATION, scale)\n"
        "print(type(model).__name__)"
    )
    return subprocess.run(
        [sys.executable, "-c", code, name],
        env=os.environ | OFFLINE | {"HF_HOME": str(hub_home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_name_is_asked_of_the_hub_and_its_cache(tiny_backbone, tmp_path) -> None:
    snapshot = tmp_path / "hub" / "models--someone--tiny-xlmr" / "snapshots" / "0123abcd"
    shutil.copytree(tiny_backbone, snapshot)
    reference = snapshot.parents[1] / "refs" / "main"
    reference.parent.mkdir()
    reference.write_text("0123abcd")
    found = resolve_in_new_process("someone/tiny-xlmr", tmp_path)
    assert found.stdout.strip() == "XLMRobertaForSequenceClassification", found.stderr


def test_without_a_network_an_unknown_name_is_a_sentence(tmp_path) -> None:
    found = resolve_in_new_process("xlm-roberta-base", tmp_path)
    last = found.stderr.strip().splitlines()[-1]
    assert "BackboneError: The backbone 'xlm-roberta-base' is neither a local folder nor" in last


def test_a_folder_is_taken_as_it_is(tiny_backbone) -> None:
    assert resolve_backbone(str(tiny_backbone)) == str(tiny_backbone)


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "~/nowhere", "a/b/c"])
def test_a_missing_folder_is_not_asked_of_the_hub(name) -> None:
    with pytest.raises(BackboneError, match="There is no backbone folder"):
        resolve_backbone(name)


def test_a_folder_without_an_encoder_is_refused(tmp_path) -> None:
    with pytest.raises(BackboneError, match=r"has no config\.json"):
        resolve_backbone(str(tmp_path))
