"""What `lifecycle doctor` finds in the database: its schema, who may ask the API, and whether the audit log is anchored."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deployments.cli.finding import Finding
from deployments.cli.shown import span

if TYPE_CHECKING:
    from datetime import datetime

    from lifecycle_core.operations.database import Connections
    from lifecycle_core.settings import Settings

SQLITE: Final = "sqlite:///"
OLD_ANCHOR_S: Final = 2 * 3600.0
"""Whatever serves anchors every hour: an older anchor, with rows after it, means that nothing does."""


def examine(settings: "Settings", now: "datetime") -> Iterator[Finding]:
    """Look at the database and at what hangs on it; one that is not there yet is not made by looking."""
    from deployments.wire.installation import masked
    from lifecycle_core.errors import SchemaMismatchError
    from lifecycle_core.operations import database as operations
    from tasks import context

    told = masked(settings.database_url)
    if settings.database_url.startswith(SQLITE) and not Path(settings.database_url.removeprefix(SQLITE)).exists():
        yield Finding("database", "ok", f"{told}, made when it is needed")
        return
    with closing(context.opened()) as database:
        found = operations.look(database)
        connections = operations.connections(database) if found.refusal is None else None
    if found.refusal is not None:
        upgrade = isinstance(found.refusal, SchemaMismatchError)
        remedy = "lifecycle db upgrade" if upgrade else "mend that, or name another with LIFECYCLE_DATABASE_URL"
        yield Finding("database", "failure", str(found.refusal), remedy)
        return
    yield Finding("database", "ok", f"{told}, revision {found.revision}")
    if connections is not None:
        yield _connections(connections, settings.database_connections)
    yield _door(settings, keyed=found.keyed)
    yield _anchors(settings, found.last_row, now)


def _connections(it: "Connections", ours: int) -> Finding:
    told = f"{it.open} of the server's {it.most} are open; each process of this program opens {ours} at most"
    if it.open + ours > it.most:
        remedy = f"raise max_connections, or lower LIFECYCLE_DATABASE_CONNECTIONS below {max(2, it.most - it.open)}"
        return Finding("connections", "warning", told, remedy)
    return Finding("connections", "ok", told)


def _door(settings: "Settings", *, keyed: bool) -> Finding:
    make = "lifecycle keys create NAME --role admin"
    if keyed:
        return Finding("API keys", "ok", "nobody is let in without one")
    if settings.loopback:
        return Finding("API keys", "warning", "none: whoever is on this machine may change everything", make)
    return Finding("API keys", "failure", f"none, and {settings.api_host} is no loopback address: lifecycle serve will not start", make)


def _anchors(settings: "Settings", newest_row: int, now: "datetime") -> Finding:
    from lifecycle_core.operations import audit

    found = audit.read_anchors(settings.audit_anchors, settings.audit_key)
    if found.problems:
        return Finding("audit anchors", "failure", found.problems[0], "lifecycle audit verify")
    last = found.last
    if last is None:
        if not newest_row:
            return Finding("audit anchors", "ok", "none yet, and nothing to anchor")
        return Finding("audit anchors", "warning", "none: a log written anew as a whole would pass", "lifecycle audit anchor")
    age, behind = (now - last.at).total_seconds(), newest_row - last.id
    told = f"the last is {span(age)} old, {behind:,} {'row' if behind == 1 else 'rows'} behind"
    if behind > 0 and age > OLD_ANCHOR_S:
        return Finding("audit anchors", "warning", told, "lifecycle audit anchor; lifecycle serve does so every hour")
    return Finding("audit anchors", "ok", told)
