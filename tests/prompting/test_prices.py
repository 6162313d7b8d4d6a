import pytest

from metier.errors import LabellingError
from metier.prompting import Limits, Tally, check_limits, load_prices, show_money
from metier.prompting.budget import Account


def test_the_packaged_table_is_dated_and_knows_the_big_providers() -> None:
    table = load_prices()
    assert table.checked.year >= 2026
    assert {model.split(":")[0] for model in table.models} == {
        "anthropic",
        "google",
        "mistral",
        "openai",
    }
    assert table.price("openai:gpt-5-mini").of(1_000_000, 500_000) == pytest.approx(1.25)
    assert table.price("openai:my-own") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "checked = 2026-01-01\nsource = 'me'\n[models]\n'a:b' = { input = -1, output = 1 }",
            "inp",
        ),
        ("[models]", "checked: Field required.*A price table has"),
        ("x = ", "not valid TOML"),
    ],
)
def test_a_malformed_table_names_the_mistake(write, text, message) -> None:
    with pytest.raises(LabellingError, match=message):
        load_prices(write("p.toml", text))


def test_small_amounts_are_not_rounded_away() -> None:
    assert show_money(None) == "unknown"
    assert show_money(0) == "0.00 USD"
    assert show_money(0.0123) == "0.0123 USD"
    assert show_money(12.345) == "12.35 USD"


def test_a_limit_that_could_not_be_kept_is_refused() -> None:
    prices = load_prices()
    check_limits(Limits(cost=1.0), ["openai:gpt-5"], prices)
    check_limits(Limits(calls=1), ["openai:own"], prices)
    with pytest.raises(LabellingError, match="price of openai:own is unknown"):
        check_limits(Limits(cost=1.0), ["openai:gpt-5", "openai:own"], prices)


def test_the_budget_counts_earlier_runs_and_calls_under_way() -> None:
    prices = load_prices()
    model = "openai:gpt-4.1"  # 2 dollars in, 8 out
    before = {model: Tally(3, 1, 1_000_000, 0)}
    account = Account(Limits(cost=10.0), before, prices)
    assert account.cost == pytest.approx(2)
    booking = account.open(model, (0, 500_000))
    # Under way and estimated at 4 dollars; another of 4.8 could go beyond 10.
    assert account.cost == pytest.approx(6)
    account.settle(booking, (0, 100_000))
    assert account.cost == pytest.approx(2.8)
    assert account.open(model, (0, 600_000))
    assert not account.open(model, (0, 600_000))
    assert account.reached == "10.00 USD"
    assert not account.open(model, (0, 1))


def test_calls_and_tokens_are_limited_exactly() -> None:
    calls = Account(Limits(calls=1), {}, load_prices())
    assert calls.open("a:b", (1, 1))
    assert not calls.open("a:b", (1, 1))
    tokens = Account(Limits(tokens=10), {}, load_prices())
    tokens.settle(tokens.open("a:b", (5, 5)), (4, None))
    assert tokens.tokens == 9
    assert not tokens.open("a:b", (1, 1))
    assert tokens.reached == "10 tokens"


def test_estimates_learn_from_replies() -> None:
    account = Account(Limits(tokens=1000), {"a:b": Tally(counted=30, expected=10)}, load_prices())
    first = account.open("a:b", (5, 10))
    assert account.tokens == 5 + 30
    account.settle(first, (5, 70))
    assert account.tokens == 75
    # 100 were received where 20 had been expected.
    lost = account.open("a:b", (5, 10))
    assert account.tokens == 75 + 5 + 50
    account.cancel(lost)
    assert account.tokens == 75
