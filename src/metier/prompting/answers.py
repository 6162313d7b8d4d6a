"""The answer store: a SQLite file that no crash, and no second run, makes ask twice."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from metier.errors import LabellingError
from metier.prompting.replies import TitleAnswer

__all__ = ["AnswerStore", "Key", "StoredAnswer", "Tally", "open_answers"]

FORMAT = 1

TABLES = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL, prompt TEXT NOT NULL, schema TEXT NOT NULL, temperature TEXT NOT NULL,
    sample INTEGER NOT NULL,
    titles TEXT NOT NULL,          -- a JSON list of the titles' keys
    status TEXT NOT NULL,          -- asked, answered, refused or lost
    asked_at TEXT NOT NULL, answered_at TEXT,
    reply TEXT, reason TEXT,
    estimated_input INTEGER NOT NULL, estimated_output INTEGER NOT NULL,
    input_tokens INTEGER, output_tokens INTEGER
);
CREATE TABLE answers (
    model TEXT NOT NULL, prompt TEXT NOT NULL, schema TEXT NOT NULL, temperature TEXT NOT NULL,
    sample INTEGER NOT NULL, title TEXT NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (id),
    labels TEXT NOT NULL,          -- a JSON object, target to label
    reason TEXT,
    answered_at TEXT NOT NULL,
    input_tokens REAL, output_tokens REAL,
    PRIMARY KEY (model, prompt, schema, temperature, sample, title)
);
"""

# By model: calls, those unanswered, tokens sent; tokens received and told, what had been expected
# of these, and what was expected where nothing was told.
SPENT = """
SELECT model, COUNT(*), SUM(status IN ('asked', 'lost')),
    SUM(CASE WHEN status = 'refused' THEN 0 ELSE COALESCE(input_tokens, estimated_input) END),
    COALESCE(SUM(output_tokens), 0),
    SUM(CASE WHEN output_tokens IS NULL THEN 0 ELSE estimated_output END),
    SUM(CASE WHEN output_tokens IS NULL AND status <> 'refused' THEN estimated_output ELSE 0 END)
FROM calls
WHERE ?1 IS NULL
    OR (model = ?1 AND prompt = ?2 AND schema = ?3 AND temperature = ?4 AND sample = ?5)
GROUP BY model
"""

# A title that is asked again may be answered worse; the better answer stays.
KEEP = """
INSERT INTO answers
SELECT model, prompt, schema, temperature, sample, ?, id, ?, ?, answered_at, ?, ?
FROM calls WHERE id = ?
ON CONFLICT DO UPDATE SET
    call = excluded.call, labels = excluded.labels, reason = excluded.reason,
    answered_at = excluded.answered_at, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens
WHERE (SELECT COUNT(*) FROM json_each(excluded.labels))
    >= (SELECT COUNT(*) FROM json_each(answers.labels))
"""


@dataclass(frozen=True)
class Key:
    """What answers are kept under, besides the title.

    Attributes:
        model: The model, as ``PROVIDER:MODEL``.
        prompt: The hash of the prompt.
        schema: The hash of the schema.
        temperature: The temperature as text; empty where the provider decides.
        sample: Which of several equal questions it is, from 0.
    """

    model: str
    prompt: str
    schema: str
    temperature: str = ""
    sample: int = 0

    @property
    def parts(self) -> tuple[str, str, str, str, int]:
        """The columns in their order."""
        return (self.model, self.prompt, self.schema, self.temperature, self.sample)


@dataclass(frozen=True)
class StoredAnswer:
    """An answer of the store.

    Attributes:
        answer: The labels, or why some are missing.
        time: When it was answered, ISO 8601 in UTC.
        input_tokens: The title's share of its call's tokens, or None if they are not known.
        output_tokens: The same for the reply.
    """

    answer: TitleAnswer
    time: str
    input_tokens: float | None
    output_tokens: float | None


@dataclass(frozen=True)
class Tally:
    """What some calls came to.

    Attributes:
        calls: All calls that were sent.
        unanswered: Those that may have been paid although no answer arrived: cut connections,
            timeouts, and whatever was under way when a run ended.
        input_tokens: Tokens sent; an estimate where a call told none and may have been paid.
        output_tokens: Tokens received, in the same way.
        counted: Tokens received by the calls that told them.
        expected: What those calls had been estimated at.
    """

    calls: int = 0
    unanswered: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    counted: int = 0
    expected: int = 0

    @property
    def excess(self) -> float:
        """How many times over the estimate replies were: hidden reasoning is in no estimate."""
        return max(1.0, self.counted / self.expected) if self.expected else 1.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


class AnswerStore:
    """Calls and answers in one SQLite file; made by ``open_answers``.

    Every change is committed before the method returns. API keys never come here. Every method
    raises ``LabellingError`` if the file cannot be read or written.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    def answered(self, key: Key, titles: Iterable[str]) -> dict[str, StoredAnswer]:
        """Return the stored answers of some titles' keys."""
        wanted = set(titles)
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT title, labels, reason, answered_at, input_tokens, output_tokens "
                "FROM answers WHERE model = ? AND prompt = ? AND schema = ? AND temperature = ? "
                "AND sample = ?",
                key.parts,
            )
            return {
                title: StoredAnswer(TitleAnswer(json.loads(labels), reason), time, spent, received)
                for title, labels, reason, time, spent, received in rows
                if title in wanted
            }

    def count(self, key: Key) -> tuple[int, int]:
        """Return how many titles are answered under a key, and how many of them have a label."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT COUNT(*), COALESCE(SUM(labels <> '{}'), 0) FROM answers WHERE model = ? "
                "AND prompt = ? AND schema = ? AND temperature = ? AND sample = ?",
                key.parts,
            ).fetchone()
        return int(row[0]), int(row[1])

    def ask(self, key: Key, titles: Sequence[str], estimate: tuple[int, int]) -> int:
        """Note that a call is about to be sent.

        Args:
            key: What the answers will be kept under.
            titles: The titles' keys.
            estimate: Estimated tokens of the call, input and output.

        Returns:
            The number of the call.
        """
        with self._transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO calls (model, prompt, schema, temperature, sample, titles, status, "
                "asked_at, estimated_input, estimated_output) "
                "VALUES (?, ?, ?, ?, ?, ?, 'asked', ?, ?, ?)",
                (*key.parts, json.dumps(list(titles), ensure_ascii=False), _now(), *estimate),
            )
        return int(cursor.lastrowid or 0)

    def reply(
        self,
        call: int,
        text: str,
        tokens: tuple[int | None, int | None],
        answers: Mapping[str, TitleAnswer],
        size: int,
    ) -> None:
        """Note a call's reply and the answers that were read from it, in one transaction.

        Args:
            call: The number of the call.
            text: The reply as it came.
            tokens: Tokens of the call, input and output, as far as they are known.
            answers: A title's key to its answer.
            size: The number of titles in the call, among which its tokens are divided.
        """
        shares = tuple(None if count is None else count / size for count in tokens)
        with self._transaction() as connection:
            connection.execute(
                "UPDATE calls SET status = 'answered', answered_at = ?, reply = ?, "
                "input_tokens = ?, output_tokens = ? WHERE id = ?",
                (_now(), text, *tokens, call),
            )
            self._keep(call, answers, shares)

    def fail(
        self,
        call: int,
        reason: str,
        *,
        possibly_paid: bool,
        answers: Mapping[str, TitleAnswer] | None = None,
    ) -> None:
        """Note that a call brought no reply.

        Args:
            call: The number of the call.
            reason: Why.
            possibly_paid: Whether the provider may have done the work all the same.
            answers: A title's key to what stands as its answer: that it is always rejected.
        """
        with self._transaction() as connection:
            connection.execute(
                "UPDATE calls SET status = ?, answered_at = ?, reason = ? WHERE id = ?",
                ("lost" if possibly_paid else "refused", _now(), reason, call),
            )
            self._keep(call, answers or {}, (None, None))

    def tally(self, key: Key) -> Tally:
        """Return what the calls under a key came to, those of earlier runs included."""
        excess = {model: tally.excess for model, tally in self.spent().items()}
        return self._tallies(key.parts, excess).get(key.model, Tally())

    def spent(self) -> dict[str, Tally]:
        """Return what all calls in the file came to, by model."""
        return self._tallies((None,) * 5, {})

    def _tallies(
        self, parts: Sequence[str | int | None], excess: Mapping[str, float]
    ) -> dict[str, Tally]:
        with self._transaction() as connection:
            rows = connection.execute(SPENT, parts).fetchall()
        found = {}
        for model, calls, unanswered, sent, counted, expected, missing in rows:
            tally = Tally(calls, unanswered, sent, counted, counted, expected)
            lost = math.ceil(missing * excess.get(model, tally.excess))
            found[model] = replace(tally, output_tokens=counted + lost)
        return found

    def _keep(
        self, call: int, answers: Mapping[str, TitleAnswer], shares: tuple[float | None, ...]
    ) -> None:
        self.connection.executemany(
            KEEP,
            [
                (title, json.dumps(dict(one.labels), ensure_ascii=False), one.reason, *shares, call)
                for title, one in answers.items()
            ],
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self.connection as connection:
                yield connection
        except (sqlite3.Error, ValueError) as error:
            raise LabellingError(f"{self.path} cannot be read or written: {error}.") from error

    @classmethod
    def connect(cls, path: Path) -> Self:
        """Open or make the file; ``open_answers`` does so under a lock.

        Raises:
            LabellingError: If the file holds something else, or another format.
        """
        try:
            connection = sqlite3.connect(path)
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
            if found != FORMAT and (tables or found):
                connection.close()
                raise LabellingError(
                    f"{path} is no store of answers of this version of metier (format {found}, "
                    f"not {FORMAT}); name another file with --answers."
                )
            # Money was paid for what is in here: it outlives a power cut, too.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            if not found:
                connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        except sqlite3.Error as error:
            raise LabellingError(f"{path} is no store of answers: {error}.") from error
        return cls(connection, path)


@contextmanager
def open_answers(path: Path) -> Iterator[AnswerStore]:
    """Open a store for one run; a second run on the same file is refused.

    Raises:
        LabellingError: If the file is in use, cannot be opened or holds something else.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LabellingError(
            f"{path} is being used by another run; wait for it, or name another file."
        ) from error
    except OSError as error:
        raise LabellingError(f"{path} cannot be opened: {error.strerror or error}.") from error
    try:
        store = AnswerStore.connect(path)
        try:
            yield store
        finally:
            store.connection.close()
    finally:
        lock.release()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
