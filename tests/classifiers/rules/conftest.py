import pytest

from metier.guidelines import Guidelines

RANKS = {
    "target": "rank",
    "question": "How high?",
    "fallback": "Member",
    "precedence": ["Top", "Head", "Helper", "Member"],
    "labels": [
        {"name": name, "definition": name, "rank": rank}
        for rank, name in enumerate(["Helper", "Member", "Head", "Top"], 1)
    ],
    "languages": [
        {
            "code": "xx",
            "language": "Mixed",
            "neutral": ["business partner*", "managing director's office"],
            "markers": {
                "Top": {"plain": ["managing director", "ceo", "partner", "geschäftsführ*", "社長"]},
                "Head": {"plain": ["director", "*leiter|*leiterin", "head of", "部長", "^lead"]},
                "Helper": {
                    "strong": ["assistant to", "intern"],
                    "plain": [
                        {"marker": "assistant", "unless": ["professor", "medic*"]},
                        "副社長",
                    ],
                    "weak": ["student*", "studentin der medizin", "^associate$"],
                },
            },
        }
    ],
}
AREAS = {
    "target": "area",
    "question": "Where?",
    "fallback": "Rest",
    "labels": [{"name": name, "definition": name} for name in ("Sell", "Buy", "Advise", "Rest")],
    "languages": [
        {
            "code": "xx",
            "language": "Mixed",
            "markers": {
                "Sell": {"plain": ["sales", "vertrieb*", "*verkauf*"], "weak": ["shop"]},
                "Buy": {"plain": ["buying", "einkauf*"], "roles": ["Buyer|Einkäufer"]},
                "Advise": {"strong": ["consultant", "*berater|*beraterin", "sales manager"]},
                "Rest": {"strong": ["controller"]},
            },
        }
    ],
}


@pytest.fixture
def ranks() -> Guidelines:
    return Guidelines.model_validate(RANKS)


@pytest.fixture
def areas() -> Guidelines:
    return Guidelines.model_validate(AREAS)
