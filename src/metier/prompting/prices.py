"""What tokens cost: a dated table, and the user's own."""

from __future__ import annotations

import datetime
import tomllib
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metier.errors import LabellingError

__all__ = ["Price", "PriceTable", "load_prices", "show_money"]

PER = 1_000_000


class Price(BaseModel):
    """US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """Return the price of some tokens in US dollars."""
        return (self.input * input_tokens + self.output * output_tokens) / PER


class PriceTable(BaseModel):
    """Prices by model.

    Attributes:
        checked: The day on which they were looked up.
        source: Where.
        models: ``PROVIDER:MODEL`` to price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    checked: datetime.date
    source: str = Field(min_length=1)
    models: dict[str, Price]

    def price(self, model: str) -> Price | None:
        """Return a model's price, or None if it is not known; no price is guessed."""
        return self.models.get(model)


def load_prices(path: Path | None = None) -> PriceTable:
    """Load the packaged price table, or one's own.

    Args:
        path: A TOML file with ``checked``, ``source`` and the table ``[models]``; None takes the
            packaged one.

    Raises:
        LabellingError: If the file is missing or malformed.
    """
    try:
        file = resources.files("metier.prompting") / "prices.toml" if path is None else path
        return PriceTable.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise LabellingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabellingError(f"{path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "table"
        raise LabellingError(
            f"{path}, {field}: {first['msg']}. A price table has checked, source and, under "
            '[models], lines like "openai:gpt-5-mini" = { input = 0.25, output = 2.0 }.'
        ) from error


def show_money(dollars: float | None) -> str:
    """Return an amount of money as text, or 'unknown'."""
    if dollars is None:
        return "unknown"
    return f"{dollars:.2f} USD" if dollars >= 0.1 or dollars == 0 else f"{dollars:.4f} USD"
