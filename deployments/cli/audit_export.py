"""An export of the audit log as a file: whole or not at all; as CSV, no cell of it is a formula to a spreadsheet."""

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Final, TextIO

from deployments.wire.base import zulu
from lifecycle_core.chain import GENESIS, Change
from lifecycle_core.errors import SetupError

COLUMNS: Final = ("number", "at", "by", "why", "requestId", "subject", "before", "after", "previousHash", "hash")
END: Final = "end"
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def written(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file at `output` that appears when all of it was written; raises SetupError where it cannot be."""
    if output is None:
        yield sys.stdout
        return
    try:
        number, made = mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
                yield file
                file.flush()
                os.fsync(number)
            Path(made).replace(output)
        finally:
            Path(made).unlink(missing_ok=True)
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}; make room, or name another file"
        raise SetupError(message) from error


def csv_lines(changes: Iterable[Change]) -> Iterator[str]:
    """The rows of a table, its headers first, and at last how many there are and the head."""
    yield ",".join(COLUMNS)
    rows, head = 0, GENESIS
    for it in changes:
        documents = (json.dumps(it.before, ensure_ascii=False), json.dumps(it.after, ensure_ascii=False))
        yield _row(it.number, zulu(it.at), it.by, it.why, it.request_id or "", it.subject, *documents, it.previous_hash, it.hash)
        rows, head = rows + 1, it.hash
    yield _row(END, "", "", "", "", f"{rows} rows", "", "", "", head)


def harmless(cell: object) -> str:
    """A cell that a spreadsheet takes for text.

    >>> harmless("=1+1"), harmless("a=b"), harmless(7)
    ("'=1+1", 'a=b', '7')
    """
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _row(*cells: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([harmless(it) for it in cells])
    return line.getvalue()
