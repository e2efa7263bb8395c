"""Backfills, and leases: what several workers share."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT: Final = sa.DateTime(timezone=True)
PENDING: Final = sa.text("state = 'pending'")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "backfills",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "backfill_files",
        sa.Column("backfill_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String()),
        sa.Column("claimed_until", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("counts", sa.Text()),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("backfill_id", "number"),
        sa.ForeignKeyConstraint(["backfill_id"], ["backfills.id"]),
    )
    op.create_index("backfill_files_pending", "backfill_files", ["backfill_id", "number"], sqlite_where=PENDING, postgresql_where=PENDING)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Take them back: backfills are forgotten, what they took in stays."""
    op.drop_table("leases")
    op.drop_index("backfill_files_pending", "backfill_files")
    op.drop_table("backfill_files")
    op.drop_table("backfills")
