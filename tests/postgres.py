"""A PostgreSQL that runs, and databases in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

NUMBERS = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL; `uri_of` makes the URL of one of its databases."""

    uri_of: Callable[..., str]

    def tell(self, *statements: str) -> None:
        """Run statements as its owner."""
        import psycopg

        with psycopg.connect(self.uri_of(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a fresh database, gone in the end."""
        name = f"test_{next(NUMBERS)}"
        self.tell(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.uri_of(database=name)
        self.tell(f"DROP DATABASE {name} WITH (FORCE)")
