"""Reading what may be damaged, to tell what is."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, inspect, select, type_coerce
from sqlmodel import Session, SQLModel

from lifecycle_core.errors import DatabaseUnavailableError

R = TypeVar("R", bound=SQLModel)


def of_file(tx: Session) -> Iterator[str]:
    """What SQLite says of its own file; PostgreSQL looks after its pages by itself."""
    connection = tx.connection()
    if connection.dialect.name == "sqlite":
        for (found,) in connection.exec_driver_sql("PRAGMA integrity_check(10)"):
            if found != "ok":
                yield f"the database file is damaged: {found}"


def readable(tx: Session, kind: type[R]) -> Iterator[tuple[R, list[str]]]:
    """Every row of a table in the order of its key, with a sentence for each value that cannot be read; the row has None in its place."""
    for found, problems in values(tx, kind):
        yield kind(**found), problems


def values(
    tx: Session,
    kind: type[SQLModel],
    *,
    only: Sequence[str] = (),
    where: Sequence[ColumnElement[bool]] = (),
    order: Sequence[SQLColumnExpression[Any]] = (),
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The same as plain values by their names, of some columns or rows, or in another order; a stream."""
    mapper = inspect(kind, raiseerr=True)
    dialect = tx.connection().dialect
    columns = {name: column for name, column in mapper.columns.items() if not only or name in only}
    read = {name: column.type.dialect_impl(dialect).result_processor(dialect, None) for name, column in columns.items()}
    readers = {name: reader for name, reader in read.items() if reader is not None}
    chosen = select(*(type_coerce(column, Text).label(name) for name, column in columns.items()))
    asked = chosen.where(*where).order_by(*(order or mapper.primary_key))
    for raw in tx.connection().execute(asked, execution_options={"yield_per": 1000}):
        found = dict(zip(columns, raw, strict=True))
        problems = []
        for name, reader in readers.items():
            said = found[name]
            try:
                found[name] = reader(said)
            except DatabaseUnavailableError:
                key = "/".join(str(found[column.key]) for column in mapper.primary_key)
                problems.append(f"{kind.__tablename__} row {key} is damaged: its {name} is {str(said)[:50]!r}")
                found[name] = None
        yield found, problems
