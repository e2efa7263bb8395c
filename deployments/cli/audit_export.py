"""An export of the audit log as CSV, no cell of which is a formula to a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Final

from deployments.wire.base import zulu
from lifecycle_core.chain import GENESIS, Change

COLUMNS: Final = ("number", "at", "by", "why", "requestId", "subject", "before", "after", "previousHash", "hash")
END: Final = "end"
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


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
