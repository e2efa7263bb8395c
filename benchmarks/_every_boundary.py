"""Every boundary that there is, read from the source of the operations, so that none is forgotten that nobody thought of."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

from benchmarks._boundaries import IN_TRANSACTIONS, Moment
from lifecycle_core import operations
from lifecycle_core.operations.planning import SHADOW_PURPOSES
from lifecycle_core.retraining import proposals

CALLS: Final = ("step", *SHADOW_PURPOSES, proposals.PURPOSE)
"""The calls to a model: of a life by values, and of the real flow."""
ELSEWHERE: Final = frozenset({"backups", "database"})
"""Operations on a whole database, which are killed by other benchmarks."""


def every_boundary() -> frozenset[str]:
    """Each as "STEP MOMENT": of every transaction that the operations open, and of every call."""
    moments = [*product(transactions(), IN_TRANSACTIONS), *product(CALLS, (Moment.ASKED, Moment.ANSWERED))]
    return frozenset(f"{step} {moment}" for step, moment in moments)


def transactions() -> frozenset[str]:
    """The names of the transactions that the operations open, as `_boundaries` tells them: the step's, else the operation's."""
    files = (it for place in operations.__path__ for it in Path(place).glob("*.py") if it.stem not in ELSEWHERE)
    return frozenset(name for file in files for name in _opened(file))


def _opened(file: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "write":
                given = [it.value for it in call.args if isinstance(it, ast.Constant)]
                yield str(given[0]) if given else f"{file.stem}.{function.name}"
