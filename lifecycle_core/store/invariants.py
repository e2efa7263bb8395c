"""The invariants of `invariants.sql`, each asked by itself: what breaks it is told in sentences, and one that cannot be asked says so."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lifecycle_core.store.database import Transaction

MOST_TOLD: Final = 20
"""So many sentences of one rule are told; a rule that is broken once is often broken everywhere."""
_STATEMENT: Final = re.compile(r"^-- (?P<name>\w+): (?P<rule>.+)\n(?P<statement>(?:(?!-- ).*\n)+)", re.MULTILINE)


@cache
def invariants() -> Mapping[str, tuple[str, str]]:
    """Name -> the rule in words, and the statement that finds what breaks it, in the order of the file.

    >>> invariants()["one_open_session"][0]
    'a variant has one open session at most.'
    """
    found = _STATEMENT.finditer(files(__package__).joinpath("invariants.sql").read_text(encoding="utf-8"))
    return MappingProxyType({it["name"]: (it["rule"], it["statement"].strip().rstrip(";")) for it in found})


def broken(tx: Transaction) -> Iterator[str]:
    """A sentence for each thing that breaks a rule, up to `MOST_TOLD` of one rule and how many more there are."""
    for name, (_, statement) in invariants().items():
        try:
            with tx.begin_nested():  # PostgreSQL forgives a statement that failed only so
                told = list(tx.connection().execute(text(statement)).scalars())
        except DBAPIError as error:
            yield f"the invariant {name} cannot be asked: {str(error.orig).splitlines()[0]}"
            continue
        yield from told[:MOST_TOLD]
        if len(told) > MOST_TOLD:
            yield f"and {len(told) - MOST_TOLD:,} more that break the invariant {name}"
