"""Whether the audit log is a chain, and whether the audited rows are as it says; both are read as streams, however long they are.

Both the log and the tables come in the order of the rows' names, so that each row meets what the log says of it without any
being kept here. The database sorts: PostgreSQL on disk where it must, the wheel's SQLite in memory, about 170 bytes a row.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from sqlalchemy import SQLColumnExpression, Text, cast, literal
from sqlmodel import Session, col

from lifecycle_core.anchors import Anchors, Follower
from lifecycle_core.chain import Change
from lifecycle_core.store import damage
from lifecycle_core.store.audit import plain
from lifecycle_core.store.tables import Audited, AuditRow

_TOLD_CHARACTERS: Final = 100

Logged = tuple[str, dict[str, Any] | None]
"""A row's name, and what the log says of it; None where the log cannot be read there."""


def changes(tx: Session, *, start: int = 0) -> Iterator[tuple[Change, list[str]]]:
    """Every change from row `start` on, with a sentence for each value that cannot be read; the change has None in its place."""
    for values, damaged in damage.values(tx, AuditRow, where=[col(AuditRow.id) >= start] if start else []):
        yield Change(number=values.pop("id"), **values), damaged


def problems(tx: Session, follower: Follower) -> Iterator[str]:
    """A sentence for each row of the log that does not follow from the one before it, or is not as an anchor says."""
    for it, damaged in changes(tx):
        yield from follower.follow(it, damaged)
    yield from follower.end()


def broken_links(tx: Session, anchors: Anchors | None = None) -> Iterator[str]:
    """The same, of the chain alone."""
    return problems(tx, Follower(anchors.by_line if anchors else ()))


def unexplained(tx: Session) -> Iterator[str]:
    """A sentence for each audited row that is not as the log says: changed, put in or deleted without a link, or its link was."""
    log = _logged(tx)
    said = next(log, None)
    for kind in sorted(Audited.__subclasses__(), key=_prefix):
        for values, damaged in damage.values(tx, kind, order=[_in_order(tx, _name(kind))]):
            name = _prefix(kind) + "/".join(str(values[it]) for it in kind.audit_subject)
            while said is not None and said[0] < name:
                yield from _gone(said)
                said = next(log, None)
            found = said if said is not None and said[0] == name else None
            if found is not None:
                said = next(log, None)
            yield from damaged or _differing(name, {it: values[it] for it in kind.audit_columns}, found)
    while said is not None:
        yield from _gone(said)
        said = next(log, None)


def _logged(tx: Session) -> Iterator[Logged]:
    """What the log says of each audited row in the end, by its name."""
    tables = tuple(_prefix(kind) for kind in Audited.__subclasses__())
    order = [_in_order(tx, col(AuditRow.subject)), col(AuditRow.id)]
    for name, rows in groupby(
        damage.values(tx, AuditRow, only=("id", "subject", "after"), order=order), key=lambda row: str(row[0]["subject"])
    ):
        if not name.startswith(tables):
            continue
        after: dict[str, Any] | None = {}
        for values, damaged in rows:
            readable = after is not None and not damaged and isinstance(values["after"], dict)
            after = {**(after or {}), **values["after"]} if readable else None
        yield name, after


def _differing(name: str, kept: dict[str, Any], found: Logged | None) -> Iterator[str]:
    if found is None:
        yield f"{name} has no row in the audit log"
        return
    logged = found[1]
    now = plain(kept) if logged is not None else {}
    for column in sorted(now.keys() & (logged or {}).keys()):  # what is audited since a later program has no row from before
        if logged is not None and now[column] != logged[column]:
            yield f"{name} has {column} {_short(now[column])}; the audit log says {_short(logged[column])}"


def _gone(said: Logged) -> Iterator[str]:
    if said[1] is not None:
        yield f"{said[0]} is in the audit log and no longer in its table"


def _prefix(kind: type[Audited]) -> str:
    return f"{kind.__tablename__}:"


def _name(kind: type[Audited]) -> SQLColumnExpression[str]:
    """A row's name in the log, as the database makes it."""
    first, *others = (cast(getattr(kind, it), Text) for it in kind.audit_subject)
    made: SQLColumnExpression[str] = literal(_prefix(kind), Text) + first
    for it in others:
        made = made + literal("/", Text) + it
    return made


def _in_order(tx: Session, text: SQLColumnExpression[str]) -> SQLColumnExpression[str]:
    """Sorted as Python sorts, whatever language PostgreSQL was made for."""
    return text.collate("C") if tx.get_bind().dialect.name == "postgresql" else text


def _short(value: object) -> str:
    told = repr(value)
    return told if len(told) <= _TOLD_CHARACTERS else f"{told[:_TOLD_CHARACTERS]}…"
