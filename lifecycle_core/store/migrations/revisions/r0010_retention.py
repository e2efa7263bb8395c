"""How long traffic is kept."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "retention",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", INSTANT, nullable=False),
        sa.Column("reached", INSTANT),
        sa.PrimaryKeyConstraint("what"),
    )


def downgrade() -> None:
    """Take it back: nobody knows any more from when on traffic was kept, and sums of what was let go are told as wrong."""
    op.drop_table("retention")
