"""Cases of a variant's own, and replays of cases that need not be paid for again."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cases",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.String()),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("removed_at", INSTANT),
        sa.PrimaryKeyConstraint("variant", "name"),
    )
    op.create_table(
        "served_cases",
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replay", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("served_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
    )
    op.create_index("served_cases_by_variant", "served_cases", ["variant", "served_at"])


def downgrade() -> None:
    """Take them back: the cases are lost, and what was served is paid for again."""
    op.drop_index("served_cases_by_variant", "served_cases")
    op.drop_table("served_cases")
    op.drop_table("cases")
