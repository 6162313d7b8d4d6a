import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ModernBertConfig,
    ModernBertForSequenceClassification,
    XLNetConfig,
    XLNetForSequenceClassification,
)

from metier.classifiers.transformer.head_start import start_head
from metier.classifiers.transformer.heads import Imbalance, Objective
from metier.classifiers.transformer.outputs import Head
from metier.errors import BackboneError
from metier.guidelines import Scale

SCALE = Scale("answer", ("no", "maybe", "yes"), (1.0, 2.0, 3.0))
SIZES = {"vocab_size": 50, "num_labels": 3, "initializer_range": 0.3}


def backbone(kind: str, tiny_backbone):
    torch.manual_seed(0)
    if kind == "xlm-roberta":
        return AutoModelForSequenceClassification.from_pretrained(tiny_backbone, num_labels=3)
    if kind == "bert":
        config = BertConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            **SIZES,
        )
        return BertForSequenceClassification(config)
    if kind == "distilbert":
        return DistilBertForSequenceClassification(
            DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **SIZES)
        )
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    if kind == "xlnet":
        return XLNetForSequenceClassification(
            XLNetConfig(
                d_model=32, n_layer=2, n_head=2, d_inner=64, summary_use_proj=False, **SIZES
            )
        )
    return ModernBertForSequenceClassification(
        ModernBertConfig(intermediate_size=64, pad_token_id=0, **small, **SIZES)
    )


@pytest.fixture
def batches() -> list[dict[str, torch.Tensor]]:
    """The label follows from the third token."""
    random = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 45, (160, 6), generator=random)
    labels = ids[:, 2] % 3
    return [
        {"input_ids": ids[rows], "attention_mask": torch.ones(80, 6), "labels": labels[rows]}
        for rows in (slice(0, 80), slice(80, 160))
    ]


@pytest.mark.parametrize("kind", ["xlm-roberta", "bert", "distilbert", "modernbert", "xlnet"])
def test_the_head_starts_better_than_chance_and_the_encoder_is_untouched(
    kind, tiny_backbone, batches
) -> None:
    model = backbone(kind, tiny_backbone)
    labels = torch.cat([batch["labels"] for batch in batches])
    objective = Objective.of(Head.CLASSIFICATION, Imbalance.NONE, SCALE, labels.numpy(), 0.5)

    def loss() -> float:
        model.eval()
        with torch.no_grad():
            logits = [
                model(input_ids=b["input_ids"], attention_mask=b["attention_mask"]).logits
                for b in batches
            ]
        return objective.loss(torch.cat(logits), labels, training=False).item()

    before = {name: weight.clone() for name, weight in model.named_parameters()}
    start_head(model, batches, objective)
    assert loss() < 1.05
    changed = {
        name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])
    }
    expected = {
        "xlm-roberta": {"classifier.dense", "classifier.out_proj"},
        "bert": {"bert.pooler.dense", "classifier"},
        "distilbert": {"pre_classifier", "classifier"},
        # Heads without a hidden layer, or with one that cannot be shifted: the last layer alone.
        "modernbert": {"classifier"},
        "xlnet": {"logits_proj"},
    }[kind]
    assert {name.rsplit(".", 1)[0] for name in changed} == expected


def test_a_model_that_ends_otherwise_is_refused(tiny_backbone, batches) -> None:
    model = backbone("bert", tiny_backbone)
    model.classifier = torch.nn.Sequential(torch.nn.Linear(32, 8), torch.nn.Softmax(dim=-1))
    objective = Objective.of(Head.CLASSIFICATION, Imbalance.NONE, SCALE, [0, 1, 2], 0.5)
    with pytest.raises(BackboneError, match="set probe_first to false"):
        start_head(model, batches, objective)
