"""Language models: prompts from the guidelines, providers, the answer store, labelling runs."""

from metier.prompting.answers import AnswerStore, Key, Tally, open_answers
from metier.prompting.budget import Limits, check_limits
from metier.prompting.endpoint import ModelSpec, OutputMode, build_model
from metier.prompting.files import (
    Predictions,
    check_suffix,
    predictions_of_rows,
    read_predictions,
    write_rows,
)
from metier.prompting.labelling import (
    Labelling,
    Progress,
    Settings,
    stored_labelling,
    tally_by_model,
)
from metier.prompting.pace import Backoff
from metier.prompting.plan import (
    Estimate,
    Plan,
    distinct_questions,
    estimate,
    plan_labelling,
    question_of,
)
from metier.prompting.prices import Price, PriceTable, load_prices, show_money
from metier.prompting.prompt import (
    DEFAULT_TEMPLATE,
    Prompt,
    packaged_templates,
    read_template,
    render_prompt,
)
from metier.prompting.run import run_labelling
from metier.prompting.votes import PseudoLabel

__all__ = [
    "DEFAULT_TEMPLATE",
    "AnswerStore",
    "Backoff",
    "Estimate",
    "Key",
    "Labelling",
    "Limits",
    "ModelSpec",
    "OutputMode",
    "Plan",
    "Predictions",
    "Price",
    "PriceTable",
    "Progress",
    "Prompt",
    "PseudoLabel",
    "Settings",
    "Tally",
    "build_model",
    "check_limits",
    "check_suffix",
    "distinct_questions",
    "estimate",
    "load_prices",
    "open_answers",
    "packaged_templates",
    "plan_labelling",
    "predictions_of_rows",
    "question_of",
    "read_predictions",
    "read_template",
    "render_prompt",
    "run_labelling",
    "show_money",
    "stored_labelling",
    "tally_by_model",
    "write_rows",
]
