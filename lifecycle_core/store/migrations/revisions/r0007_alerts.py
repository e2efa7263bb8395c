"""Alerts: where signals stand, their episodes, silences, and messages with their deliveries."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT: Final = sa.DateTime(timezone=True)
OPEN: Final = sa.text("closed_at IS NULL")
UNADDRESSED: Final = sa.text("addressed_at IS NULL")
PENDING: Final = sa.text("state = 'pending'")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "alert_standings",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("judged_at", INSTANT, nullable=False),
        sa.Column("quiet", sa.Integer(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("variant", "signal"),
    )
    op.create_table(
        "alert_episodes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("one_open_alert_episode", "alert_episodes", ["variant"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String()),
        sa.Column("signals", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("lifted_at", INSTANT),
        sa.Column("lifted_by", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_silences_by_end", "alert_silences", ["ends_at"])
    op.create_table(
        "alert_messages",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("addressed_at", INSTANT),
        sa.Column("targets", sa.Integer()),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("alert_messages_to_address", "alert_messages", ["number"], sqlite_where=UNADDRESSED, postgresql_where=UNADDRESSED)
    op.create_table(
        "alert_deliveries",
        sa.Column("message", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("claimed_until", INSTANT),
        sa.Column("delivered_at", INSTANT),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("message", "target"),
        sa.ForeignKeyConstraint(["message"], ["alert_messages.number"]),
    )
    op.create_index(
        "alert_deliveries_pending", "alert_deliveries", ["target", "variant", "message"], sqlite_where=PENDING, postgresql_where=PENDING
    )


def downgrade() -> None:
    """Take them back: what was to be told and was not is lost, and every signal is judged as if for the first time."""
    op.drop_index("alert_deliveries_pending", "alert_deliveries")
    op.drop_table("alert_deliveries")
    op.drop_index("alert_messages_to_address", "alert_messages")
    op.drop_table("alert_messages")
    op.drop_index("alert_silences_by_end", "alert_silences")
    op.drop_table("alert_silences")
    op.drop_index("one_open_alert_episode", "alert_episodes")
    op.drop_table("alert_episodes")
    op.drop_table("alert_standings")
