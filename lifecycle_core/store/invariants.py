"""The invariants of `invariants.sql`, asked one by one."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from sqlalchemy import TextClause, bindparam, text

from lifecycle_core.store.columns import InstantColumn
from lifecycle_core.store.database import Transaction

LONG_AGO: Final = timedelta(hours=1)
_INSTANTS: Final = ("long_ago",)


@cache
def statements() -> dict[str, TextClause]:
    """What each statement says must hold, in a sentence, and the statement."""
    found = re.split(r"^-- name: (.*)$", files("lifecycle_core.store").joinpath("invariants.sql").read_text("utf-8"), flags=re.MULTILINE)
    return {name: _bound(sql) for name, sql in zip(found[1::2], found[2::2], strict=True)}


def broken(tx: Transaction, at: datetime | None = None) -> Iterator[str]:
    """A sentence for each thing that does not hold; what hangs on the time is asked as of `at`, and not asked where that is None."""
    asked = {} if at is None else {"long_ago": at - LONG_AGO}
    for statement in statements().values():
        needs = statement.compile().params.keys()
        if needs <= asked.keys():
            yield from tx.connection().execute(statement, {it: asked[it] for it in needs}).scalars()


def _bound(sql: str) -> TextClause:
    bare = sql.strip().removesuffix(";")
    return text(bare).bindparams(*(bindparam(it, type_=InstantColumn) for it in _INSTANTS if f":{it}" in bare))
