"""Words for Prefect's pages, which show Markdown: what others wrote must draw no picture, follow no link and break no table."""

import re
import textwrap
from collections.abc import Iterable
from typing import Final

DIFF_COLUMNS: Final = 40
"""A longer line of a diff runs out of sight in Prefect's dialog on a telephone."""
_MARKED: Final = re.compile(r"([!-/:-@\[-`{-~])")


def literal(text: str) -> str:
    r"""Words that Markdown shows as they stand.

    >>> print(literal("![x](y)"))
    \!\[x\]\(y\)
    """
    return _MARKED.sub(r"\\\1", text)


def cell(text: str) -> str:
    """Words for a table's cell, which is Markdown in one kind of Prefect's pages and plain text in the other."""
    return re.sub(r"([\[<])", r"\\\1", " ".join(text.split()))


def literal_cell(text: str) -> str:
    r"""Words of others for the cell of a Markdown table: as they stand, on one line.

    >>> print(literal_cell("a | b"))
    a \| b
    """
    return literal(" ".join(text.split()))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table of cells that are written already."""
    heads = list(heads)
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *(list(it) for it in rows)])


def wrapped_diff(unified: Iterable[str], columns: int = DIFF_COLUMNS) -> str:
    """A unified diff as a fenced block, each line cut into lines of `columns` characters that keep its sign.

    >>> print(wrapped_diff(["+one two three"], 8))
    ````diff
    +one two
    +three
    ````
    """
    lines: list[str] = []
    for line in unified:
        sign, rest = (line[:1], line[1:]) if line[:1] in "+- " and not line.startswith(("+++", "---")) else ("", line)
        pieces = textwrap.wrap(rest, columns, break_long_words=True, drop_whitespace=True) or [""]
        lines += [f"{sign}{piece}" for piece in pieces]
    return "\n".join(["````diff", *(line.replace("````", "'''") for line in lines), "````"])
