"""Reading what may be damaged, to tell what is."""

from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import Text, inspect, select, type_coerce
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
    mapper = inspect(kind, raiseerr=True)
    dialect = tx.connection().dialect
    readers = {name: column.type.dialect_impl(dialect).result_processor(dialect, None) for name, column in mapper.columns.items()}
    chosen = select(*(type_coerce(column, Text).label(name) for name, column in mapper.columns.items())).order_by(*mapper.primary_key)
    for raw in tx.connection().execute(chosen, execution_options={"yield_per": 1000}).mappings():
        values, problems = dict(raw), []
        for name, read in readers.items():
            try:
                values[name] = read(raw[name]) if read is not None else raw[name]
            except DatabaseUnavailableError:
                key = "/".join(str(raw[column.key]) for column in mapper.primary_key)
                problems.append(f"{kind.__tablename__} row {key} is damaged: its {name} is {str(raw[name])[:50]!r}")
                values[name] = None
        yield kind(**values), problems
