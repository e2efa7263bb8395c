"""Drift that can be trusted: rollups packed whole, an episode's course and frozen references, the trail of policies.

The table of frozen references is made anew: no program before this revision wrote a row of it. A rollup's key now begins with the
variant and the hour, and SQLite keeps its rows in that order.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from alembic import op

from lifecycle_core.errors import DatabaseUnavailableError

revision = "0004"
down_revision = "0003"

INSTANT: Final = sa.DateTime(timezone=True)
ENTRY: Final = np.dtype([("place", "<u2"), ("sum", "<f8")])
PLAIN: Final = (
    "conversations",
    "booked_n",
    "booked",
    "escalated_n",
    "escalated",
    "cost_n",
    "cost_usd",
    "cost_zero_n",
    "log_cost",
    "log_cost_squared",
    "latency_n",
    "log_latency",
    "log_latency_squared",
    "tokens_n",
    "tokens",
    "late",
)
LONG: Final = {
    "latency_histogram": (16, 664),
    "cost_histogram": (664, 1043),
    "action_counts": (1043, 1074),
    "action_products": (1074, 1570),
}
"""Where each part stood in the whole vector."""
PIECE: Final = 2000
"""How many rollups are read and written at once."""


def upgrade() -> None:
    """Repack the rollups; make room for what the watch and the policies now keep."""
    _rewrite_rollups(("variant", "hour", "version", "provider_fault"), ("sums",), _whole, sqlite_with_rowid=False)
    op.add_column("drift_detections", sa.Column("course", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("drift_detections", sa.Column("known_because", sa.String()))
    op.add_column("drift_detections", sa.Column("known_by", sa.String()))
    op.add_column("drift_detections", sa.Column("known_at", INSTANT))
    op.add_column("drift_detections", sa.Column("known_from", INSTANT))
    op.add_column("drift_checks", sa.Column("late_rows", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("drift_checks", sa.Column("entry", sa.Float()))
    op.drop_table("drift_references")
    op.create_table(
        "drift_references",
        sa.Column("episode_id", sa.Integer(), nullable=False),
        sa.Column("comparison", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("onset_at", INSTANT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("quiet_checks", sa.Integer(), nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("relative_change", sa.Float()),
        sa.ForeignKeyConstraint(["episode_id"], ["drift_detections.id"]),
        sa.PrimaryKeyConstraint("episode_id", "comparison", "entered_at"),
    )
    op.create_table(
        "policy_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("policy_changes_by_variant", "policy_changes", ["variant", "id"])


def downgrade() -> None:
    """Take it back; the courses, the references and the trail of policies are lost, the rollups are as they were."""
    op.drop_table("policy_changes")
    op.drop_table("drift_references")
    op.create_table(
        "drift_references",
        sa.Column("episode_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("onset_at", INSTANT, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["drift_detections.id"]),
        sa.PrimaryKeyConstraint("episode_id", "metric"),
    )
    for name in ("entry", "late_rows"):
        op.drop_column("drift_checks", name)
    for name in ("known_from", "known_at", "known_by", "known_because", "course"):
        op.drop_column("drift_detections", name)
    _rewrite_rollups(("variant", "version", "hour", "provider_fault"), tuple(LONG), _in_parts)


def _rewrite_rollups(
    key: tuple[str, ...], blobs: tuple[str, ...], packed: Callable[[Mapping[str, Any]], dict[str, bytes]], **options: bool
) -> None:
    """Put a table of rollups with this key and these blobs in the place of the one that is there, piece by piece."""
    connection = op.get_bind()
    kinds: dict[str, sa.types.TypeEngine[Any]] = {
        "variant": sa.String(),
        "version": sa.Integer(),
        "hour": INSTANT,
        "provider_fault": sa.Boolean(),
    }
    made = op.create_table(
        "hourly_rollups_made",
        *(sa.Column(name, kinds[name], nullable=False) for name in key),
        *(sa.Column(name, sa.Float(), nullable=False) for name in PLAIN),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in blobs),
        sa.PrimaryKeyConstraint(*key, name=None if connection.dialect.name == "sqlite" else "hourly_rollups_made_pkey"),
        **options,
    )
    had = tuple(LONG) if blobs == ("sums",) else ("sums",)
    kept = sa.table("hourly_rollups", *(sa.column(name) for name in (*key, *PLAIN, *had)))
    for rows in _pieces(connection, kept):
        connection.execute(made.insert(), [_plain(row, key) | packed(row) for row in rows])
    op.drop_table("hourly_rollups")
    op.rename_table("hourly_rollups_made", "hourly_rollups")
    if connection.dialect.name == "postgresql":
        op.execute("ALTER INDEX hourly_rollups_made_pkey RENAME TO hourly_rollups_pkey")


def _pieces(connection: sa.Connection, kept: sa.TableClause) -> Iterator[list[Mapping[str, Any]]]:
    with connection.execute(sa.select(kept), execution_options={"yield_per": PIECE}) as result:
        for rows in result.mappings().partitions():
            yield [dict(row) for row in rows]


def _plain(row: Mapping[str, Any], key: tuple[str, ...]) -> dict[str, Any]:
    values = {name: row[name] for name in (*key, *PLAIN)}
    if isinstance(values["hour"], str):
        values["hour"] = datetime.fromisoformat(values["hour"])
    return values | {"provider_fault": bool(values["provider_fault"])}


def _whole(row: Mapping[str, Any]) -> dict[str, bytes]:
    plain = np.array([row[name] for name in PLAIN], dtype=float)
    parts = [_entries(np.flatnonzero(plain), plain[plain != 0])]
    for name, (start, _) in LONG.items():
        part = _read(row, name)
        parts.append(_entries(part["place"] + start, part["sum"]))
    return {"sums": b"".join(it.tobytes() for it in parts)}


def _in_parts(row: Mapping[str, Any]) -> dict[str, bytes]:
    whole = _read(row, "sums")
    place = whole["place"]
    parts = {name: whole[(place >= start) & (place < end)] for name, (start, end) in LONG.items()}
    return {name: _entries(part["place"] - LONG[name][0], part["sum"]).tobytes() for name, part in parts.items()}


def _entries(place: np.ndarray[Any, Any], value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    entries = np.empty(len(place), dtype=ENTRY)
    entries["place"], entries["sum"] = place, value
    return entries


def _read(row: Mapping[str, Any], name: str) -> np.ndarray[Any, Any]:
    try:
        return np.frombuffer(row[name], dtype=ENTRY)
    except (TypeError, ValueError) as error:
        of = f"{row['variant']!r} version {row['version']} at {row['hour']}"
        message = f"the database is damaged: the rollup of {of} has a {name} that cannot be read; put a backup in its place"
        raise DatabaseUnavailableError(message) from error
