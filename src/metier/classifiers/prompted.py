"""Prompting as a classifier: a language model is asked, and nothing is fitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metier.classifiers.contract import LabelledPart, read_manifest, write_manifest
from metier.classifiers.pages import FollowsPage, read_page, write_page
from metier.errors import LabellingError, ModelError, StudyError
from metier.guidelines import Guidelines, Scale
from metier.prompting import (
    DEFAULT_TEMPLATE,
    Labelling,
    Limits,
    ModelSpec,
    OutputMode,
    Prompt,
    PseudoLabel,
    Settings,
    build_model,
    check_limits,
    load_prices,
    open_answers,
    plan_labelling,
    question_of,
    read_template,
    render_prompt,
    run_labelling,
)

__all__ = ["PromptedClassifier"]

TEMPLATE = "template.txt"
# What the vote's winner has beyond its share, so that the arg-max is the winner of a tie, and the
# fallback where nobody answered.
EDGE = 1e-6

Count = Annotated[int, Field(ge=1, strict=True)]
Limit = Annotated[float, Field(ge=0)] | None


class _Parameters(BaseModel):
    """Types and ranges of the parameters that a study file may set."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(pattern=r"^[^:]+:.+$")]
    base_url: str | None
    batch_size: Count
    samples: Count
    temperature: Limit
    output_mode: OutputMode
    concurrency: Count
    requests_per_minute: Annotated[float, Field(gt=0)] | None
    timeout: Annotated[float, Field(gt=0)]
    max_cost: Limit
    max_calls: Annotated[int, Field(ge=0, strict=True)] | None


class PromptedClassifier(FollowsPage):
    """Asks a language model for the label, through a store of answers.

    The probabilities are the shares of the votes. A vote without a valid answer is spread evenly
    over the labels, for it says nothing; so the answer to a title that the model refused is flat,
    and the arg-max, which has to be some label, is the fallback of the guidelines.

    Args:
        scale: The target's scale.
        model: ``PROVIDER:MODEL``; its key is read from the environment.
        base_url: A server that speaks the OpenAI protocol, instead of the provider.
        page: The guidelines, or where they are; by default the packaged page of the target.
        template: A packaged template, or a text file.
        answers: The file that keeps the answers; no title is asked twice.
        batch_size: Titles a call.
        samples: How often each title is asked.
        temperature: The temperature; None is 0 with one sample and the provider's with several.
        output_mode: How the answer's schema is handed over.
        concurrency: Calls at the same time.
        requests_per_minute: The rate limit, or None.
        timeout: Seconds a call may take.
        max_cost: Budget in US dollars, everything in the file of answers included, or None; calls
            under way may go beyond it.
        max_calls: Budget in calls, in the same way.
    """

    method: ClassVar[str] = "prompted"
    is_fitted: ClassVar[bool] = False
    built_on: ClassVar[tuple[str, ...]] = (
        "metier.prompting.prompt",
        "metier.prompting.replies",
        "metier.prompting.votes",
    )

    def __init__(
        self,
        scale: Scale,
        *,
        model: str = "",
        base_url: str | None = None,
        page: str | Guidelines | None = None,
        template: str | Path = DEFAULT_TEMPLATE,
        answers: str | Path = "answers.sqlite",
        batch_size: int = 20,
        samples: int = 1,
        temperature: float | None = None,
        output_mode: str = "auto",
        concurrency: int = 8,
        requests_per_minute: float | None = None,
        timeout: float = 120.0,
        max_cost: float | None = None,
        max_calls: int | None = None,
    ) -> None:
        self.scale = scale
        self.model = model
        self.base_url = base_url
        self.page = page
        self.template = template
        self.answers = answers
        self.batch_size = batch_size
        self.samples = samples
        self.temperature = temperature
        self.output_mode = output_mode
        self.concurrency = concurrency
        self.requests_per_minute = requests_per_minute
        self.timeout = timeout
        self.max_cost = max_cost
        self.max_calls = max_calls

    @property
    def is_costly(self) -> bool:
        """True: an answer costs money."""
        return True

    @property
    def prompt(self) -> Prompt:
        """The prompt that is sent.

        Raises:
            PromptError: If the template cannot be rendered.
        """
        return render_prompt([self.guidelines], self.template)

    def check(self) -> None:
        """Check parameters, page, template and budget, and that the model can be named.

        Raises:
            StudyError: If a parameter is not allowed.
            PromptError: If the template cannot be rendered.
            LabellingError: If the key is not set, or the budget could not be kept.
            MissingExtraError: If the extra ``llm`` is not installed.
        """
        params = self.get_params()
        try:
            _Parameters.model_validate(params)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            allowed = ": name it as PROVIDER:MODEL" if name == "model" else f": {first['msg']}"
            raise StudyError(
                f"The parameter {name} may not be {params[name]!r}{allowed}."
            ) from error
        render_prompt([self.guidelines], self.template)
        check_limits(self._settings().limits, [self.model], load_prices())
        # With stored answers a study can be run again where no key is to be had.
        if not Path(self.answers).exists():
            build_model(self._spec())

    def fit(
        self,
        titles: Sequence[str],
        labels: Sequence[str],
        *,
        validation: LabelledPart | None = None,
    ) -> Self:
        """Check the parameters; neither titles nor labels are used, or sent anywhere."""
        self.check()
        return self

    def predict_proba(self, titles: Sequence[str]) -> NDArray[np.float64]:
        """Return vote shares of shape (n, K), asking the titles that have no stored answer.

        Raises:
            LabellingError: If titles could not be asked: the budget is used up, or a server does
                not answer. What was answered is stored.
        """
        labelling = _outside_loops(lambda: self._label(titles)) if titles else None
        if labelling is None:
            return np.empty((0, len(self.scale.labels)))
        unasked = [row for row in labelling.rows if row.unasked and row.title]
        if unasked:
            raise LabellingError(
                f"{len(unasked)} of {len(labelling.rows)} titles lack an answer of {self.model}: "
                f"{unasked[0].reason}. What was answered is stored in {self.answers}."
            )
        by_key = {question_of(row.title).key: self._distribution(row) for row in labelling.rows}
        return np.stack([by_key[question_of(title).key] for title in titles])

    def save(self, folder: Path) -> None:
        """Write parameters, page and template; neither answers nor keys."""
        own = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in self.get_params().items()
            if name not in ("scale", "page", "template")
        }
        own["answers"] = str(Path(self.answers).resolve())
        write_manifest(folder, self, parameters=own)
        write_page(folder, self.guidelines)
        (folder / TEMPLATE).write_text(read_template(self.template), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            ModelError: If the folder holds no prompted classifier.
        """
        scale, content = read_manifest(folder)
        page = read_page(folder)
        try:
            return cls(scale, page=page, template=folder / TEMPLATE, **content["parameters"])
        except (KeyError, TypeError) as error:
            raise ModelError(f"{folder} holds no prompted classifier, or a broken one.") from error

    def _spec(self) -> ModelSpec:
        temperature = self.temperature
        if temperature is None and self.samples == 1:
            temperature = 0.0
        mode = OutputMode(self.output_mode)
        return ModelSpec(self.model, self.base_url, mode, temperature, self.timeout)

    def _settings(self) -> Settings:
        return Settings(
            concurrency=self.concurrency,
            requests_per_minute=self.requests_per_minute,
            limits=Limits(cost=self.max_cost, calls=self.max_calls),
        )

    def _label(self, titles: Sequence[str]) -> Labelling:
        with open_answers(Path(self.answers)) as store:
            plan = plan_labelling(
                titles,
                self.prompt,
                [self._spec()],
                store,
                samples=self.samples,
                batch_size=self.batch_size,
            )
            return asyncio.run(run_labelling(plan, store, self._settings()))

    def _distribution(self, row: PseudoLabel) -> NDArray[np.float64]:
        target, labels = self.scale.target, self.scale.labels
        shares = row.shares.get(target, {})
        found = np.asarray([shares.get(label, 0.0) for label in labels], dtype=np.float64)
        found += max(0.0, 1.0 - found.sum()) / len(labels)
        found[labels.index(row.labels.get(target, self.guidelines.fallback))] += EDGE
        return np.asarray(found / found.sum())


def _outside_loops(work: Callable[[], Labelling]) -> Labelling:
    """Run something that starts an event loop, in a notebook too, where one is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
