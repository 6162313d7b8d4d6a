"""Answering Arrow batches, whatever engine hands them over."""

from __future__ import annotations

import pyarrow as pa

from metier.errors import DataError
from metier.runtime.answering import Answerer
from metier.runtime.files.columns import refuse_repeated, refuse_taken, title_column

__all__ = ["Answers"]

# Titles whose answers are Python objects at a time; as Arrow columns they take little room.
ASKED = 16_384
TYPES = {str: pa.string(), float: pa.float64()}


class Answers:
    """Adds the answers to Arrow batches.

    Each distinct title of a batch is asked once, so that large batches save work. What comes out
    has the same columns whatever the titles are, as Spark's ``mapInArrow`` and Dask's
    ``map_partitions`` want it.

    Args:
        answerer: What answers titles.
        column: The column that holds them.
    """

    def __init__(self, answerer: Answerer, column: str) -> None:
        self.answerer = answerer
        self.column = column
        self._added = pa.schema([(name, TYPES[kind]) for name, kind in answerer.columns.items()])

    def schema(self, schema: pa.Schema, where: str = "The batch") -> pa.Schema:
        """Return the schema that batches of a schema have once they are answered.

        Args:
            schema: The schema of the batches.
            where: What has it, as the subject of a sentence.

        Raises:
            DataError: If the column is missing or not text, a column is there twice, or an added
                one is there already.
        """
        title_column(where, schema.names, self.column)
        refuse_repeated(where, schema.names)
        refuse_taken(where, schema.names, self._added.names)
        kind = schema.field(self.column).type
        if not _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind):
            raise DataError(f"{where}, column '{self.column}': {kind} is not text.")
        return pa.schema([*schema, *self._added], metadata=schema.metadata)

    def answer_batch(self, batch: pa.RecordBatch | pa.Table, where: str = "The batch") -> pa.Table:
        """Return the batch with the columns of the answers behind its own.

        Args:
            batch: The batch, of any size.
            where: What it is, as the subject of a sentence.

        Raises:
            DataError: If the column is missing or not text, a column is there twice, or an added
                one is there already.
        """
        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        schema = self.schema(table.schema, where)
        titles = self._titles(table, where).dictionary_encode()
        # Rows without a value stand behind the last title.
        distinct = [*titles.dictionary.to_pylist(), None]
        answers = pa.concat_tables(
            pa.table(self.answerer.answer(distinct[start : start + ASKED]), schema=self._added)
            for start in range(0, len(distinct), ASKED)
        ).take(titles.indices.fill_null(len(distinct) - 1))
        return pa.table([*table.columns, *answers.columns], schema=schema)

    def _titles(self, table: pa.Table, where: str) -> pa.Array:
        # Dictionaries differ from chunk to chunk, and 32-bit offsets end at 2 GiB.
        titles = table.column(self.column).cast(pa.large_string()).combine_chunks()
        try:
            titles.validate(full=True)
        except pa.ArrowInvalid as error:
            raise DataError(f"{where}, column '{self.column}' is not UTF-8: {error}.") from error
        return titles


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        # A column without a single value has no type.
        or types.is_null(kind)
    )
