from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

from metier.data import Role, read_cvs, sample_file
from metier.guidelines import Scale, load_guidelines

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@pytest.fixture(scope="session", autouse=True)
def ledger_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What tests score is written down apart from what the person scores who runs them."""
    path = tmp_path_factory.mktemp("state") / "ledger.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METIER_LEDGER", str(path))
        yield path


@pytest.fixture(scope="session")
def seniority() -> Scale:
    return load_guidelines("seniority").scale


@pytest.fixture(scope="session")
def department() -> Scale:
    return load_guidelines("department").scale


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder shaped like XLM-R with a tokenizer of its own, in a local folder."""
    folder = tmp_path_factory.mktemp("tiny-xlmr")
    titles = read_cvs(sample_file("unlabelled-cvs.json"), Role.UNLABELLED).titles
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(titles, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=62,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        max_position_embeddings=64,
        type_vocab_size=1,
        # An untrained encoder with small weights hardly mixes its tokens.
        initializer_range=0.3,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def benchmark_data() -> Path:
    """The folder of the CV benchmark; tests that need it are skipped where it is not set."""
    folder = os.environ.get("METIER_BENCHMARK_DATA")
    if not folder:
        pytest.skip("METIER_BENCHMARK_DATA is not set")
    return Path(folder)


@pytest.fixture
def write(tmp_path: Path):
    """Write a file of text, bytes or JSON and return its path."""

    def write_file(name: str, content: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write_file


def job(title: str = "Nurse", **fields: object) -> dict[str, object]:
    """A job as it stands in a file of annotated CVs."""
    return {
        "organization": "Acme",
        "position": title,
        "startDate": "2020-01",
        "endDate": None,
        "status": "ACTIVE",
        "department": "Other",
        "seniority": "Professional",
    } | fields


def sample_study(name: str, variants: list[str], settings: str) -> str:
    """The text of a study on the packaged sample."""
    lines = ",\n".join(f"  {{ {variant} }}" for variant in variants)
    return f"""
name = "{name}"
illustration = true
variants = [
{lines},
]
unlabelled = "sample:unlabelled-cvs.json"
[targets]
department = "department"
seniority = "seniority"
[curated]
department = "sample:curated-department.csv"
seniority = "sample:curated-seniority.csv"
[pseudo_labels]
pseudo = "sample:pseudo-labels.csv"
[evaluation]
cvs = "sample:labelled-cvs.json"
role = "development"
{settings}"""


def tiny_settings(backbone: Path, chosen: str, *, epochs: int, learning_rate: float = 1e-3) -> str:
    """The settings of a study that trains a tiny encoder."""
    return f"""
[training]
backbone = "{backbone}"
epochs = {epochs}
learning_rate = {learning_rate}
[model]
department = "{chosen}"
seniority = "{chosen}"
"""
