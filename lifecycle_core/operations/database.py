"""The database as a whole: its schema brought up to date, its contents checked."""

from lifecycle_core.store import migrations
from lifecycle_core.store.database import Database


def revision(database: Database) -> str | None:
    """The revision of the database's schema; None where it has none yet."""
    with database.read() as tx:
        return migrations.current(tx)


def upgrade(database: Database) -> list[str]:
    """Bring the schema to this program's; returns the revisions applied, none where it was there already.

    Costs one short query where nothing is to be done, so everything that opens a database calls it.
    Raises SchemaMismatchError for a database of a newer program.
    """
    if revision(database) == migrations.HEAD:
        return []
    with database.migrate() as connection:
        return migrations.upgrade(connection)


def downgrade(database: Database, to: str) -> list[str]:
    """Take the schema back to the revision `to`, or to "base"; returns the revisions taken back. What stands in a dropped table is lost."""
    with database.migrate() as connection:
        return migrations.downgrade(connection, to)
