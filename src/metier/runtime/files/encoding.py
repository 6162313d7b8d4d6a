"""Encodings of text: found out, and decoded so that no byte is lost in silence."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice, pairwise

from metier.errors import DataError
from metier.runtime.files.source import Source

__all__ = ["UNREADABLE", "decoded", "detect_encoding", "is_clean", "why_unreadable"]

UNREADABLE = re.compile("[\0\ud800-\udfff]")
"""What no row may hold: a null, or the mark of a byte that could not be decoded."""

UTF_8 = "utf-8-sig"
# The longer mark goes first: that of UTF-32 begins as that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Legacy encodings, the most usual first. In Latin text bytes beyond ASCII stand alone or in pairs,
# in others they stand together; without telling these apart short texts are taken for Chinese.
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
_OTHERS = (
    *("cp1251", "gb18030", "cp932", "cp949", "big5", "cp1253", "cp1255", "cp1256"),
    *("euc_jp", "koi8_r"),
)
_RUN = re.compile(rb"[\x80-\xff]+")
_LONG_RUN = 3
# Runs of bytes beyond ASCII that are looked at, and how much of the line on either side.
_RUNS = 2_000
_AROUND = 80
# A byte that could not be decoded becomes this plus its value, a character that no text holds.
_MARKED = 0xDC00
_MARK_BYTES = "metier.mark_bytes"


def detect_encoding(source: Source) -> str:
    """Return the encoding of a text.

    A byte order mark decides. Without one it is UTF-8, unless most of what is not plain ASCII is
    not valid UTF-8; that part then tells which legacy encoding it is. It is searched for in all of
    a file, in the first block alone of a stream.
    """
    for mark, name in _MARKS:
        if source.head.startswith(mark):
            return name
    runs = list(islice(_runs(source), _RUNS))
    broken = [around for run, around in runs if not _is_utf_8(run)]
    return UTF_8 if len(broken) * 2 <= len(runs) else _legacy(b"\n".join(broken))


def decoded(blocks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Yield the text of blocks; bytes that are not of the encoding are marked."""
    decoder = codecs.getincrementaldecoder(encoding)(_MARK_BYTES)
    for block in blocks:
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def is_clean(text: str) -> bool:
    """Tell whether nothing unreadable stands in a text."""
    if "\0" in text:
        return False
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


def why_unreadable(text: str, encoding: str) -> str | None:
    """Return as a sentence what is unreadable in a text, or None."""
    found = UNREADABLE.search(text)
    if found is None:
        return None
    code = ord(found[0])
    if code == 0:
        return "A NUL byte stands in the row."
    shown = "UTF-8" if encoding == UTF_8 else encoding
    return f"Byte 0x{code - _MARKED:02x} is not {shown}, the encoding of the file."


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    marked = "".join(chr(_MARKED + byte) for byte in error.object[error.start : error.end])
    return marked, error.end


codecs.register_error(_MARK_BYTES, _mark_bytes)


def _runs(source: Source) -> Iterator[tuple[bytes, bytes]]:
    again = source.again()
    if again is None:
        yield from _runs_in([source.head])
    else:
        # A file that breaks off is refused when its rows are read; what stands before is kept.
        with again, suppress(DataError):
            yield from _runs_in(again.blocks())


def _runs_in(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield runs of bytes beyond ASCII, each with its surroundings as far as not yielded before."""
    for number, (block, following) in enumerate(pairwise(chain(blocks, [b""]))):
        seen = 0
        for run in () if block.isascii() else _RUN.finditer(block):
            start, end = run.span()
            # What the end of a block cuts may be half a character.
            if (number and start == 0) or (following and end == len(block)):
                continue
            around = b""
            if start >= seen:
                after = block[end : end + _AROUND].partition(b"\n")[0]
                before = block[max(seen, start - _AROUND) : start].rpartition(b"\n")[2]
                around = before + run[0] + after
                seen = end + len(after)
            yield run[0], around


def _is_utf_8(run: bytes) -> bool:
    try:
        run.decode()
    except UnicodeDecodeError:
        return False
    return True


def _legacy(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    runs = [len(run) for run in _RUN.findall(sample)]
    alone = sum(length for length in runs if length < _LONG_RUN)
    family = _LATIN if alone * 2 >= sum(runs) else _OTHERS
    found = {
        name: (round(match.chaos, 2), -round(match.coherence, 2), family.index(name))
        for match in from_bytes(
            sample, cp_isolation=list(family), preemptive_behaviour=False, threshold=0.4
        )
        for name in {match.encoding, *match.could_be_from_charset}
        if name in family
    }
    return min(found, key=lambda name: found[name]) if found else family[0]
