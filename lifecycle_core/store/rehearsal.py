"""A dry run: everything is done, by the same code, in one transaction that is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlmodel import Session

from lifecycle_core.provenance import Provenance
from lifecycle_core.store.audit import WriteSession
from lifecycle_core.store.database import Database, Transaction


class Rehearsal(Database):
    """`database` as it would be: what is written here is read here, by nobody else, and gone in the end."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.url, self.name, self.dialect = database.url, database.name, database.dialect
        self._connection = connection

    @contextmanager
    def write(self, act: Provenance, step: str = "", *, urgent: bool = False) -> Iterator[Transaction]:  # noqa: ARG002 - as of a database
        """One transaction inside the one that is taken back."""
        info = {"act": act, "step": step}
        with (
            self._plain_words(),
            WriteSession(self._connection, info=info, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """What was written so far, and what was there before."""
        with self._plain_words(), Session(self._connection, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """The schema as it would be; on SQLite and PostgreSQL it is taken back with the rest."""
        with self._plain_words():
            yield self._connection

    def close(self) -> None:
        """Nothing: the connection is its lender's."""
