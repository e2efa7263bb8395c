"""A gapless revision of each variant's pointer, keys to the API, what cursors are signed with, the audit log by request."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT: Final = sa.DateTime(timezone=True)
MARKED: Final = sa.text("is_active = 1 OR tags <> '{}'")


def upgrade() -> None:
    """Number the activations of each variant in their order; create the tables."""
    op.add_column("activations", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("activations", sa.Column("session_id", sa.String()))
    op.add_column("model_versions", sa.Column("revision", sa.Integer()))
    op.execute(
        "UPDATE activations SET revision = (SELECT count(*) FROM activations AS it"
        " WHERE it.variant_name = activations.variant_name AND it.id <= activations.id)"
    )
    op.execute(
        "UPDATE model_versions SET revision = (SELECT max(it.revision) FROM activations AS it"
        " WHERE it.variant_name = model_versions.variant_name AND it.version = model_versions.version)"
    )
    op.create_index("activations_by_revision", "activations", ["variant_name", "revision"], unique=True)
    op.create_index("marked_versions", "model_versions", ["variant_name"], sqlite_where=MARKED, postgresql_where=MARKED)
    op.create_index("audit_log_by_request", "audit_log", ["request_id"])
    op.create_index("audit_log_by_subject", "audit_log", ["subject", "id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_by", sa.String()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "secrets",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("purpose"),
    )


def downgrade() -> None:
    """Take them back: every key is lost, and cursors that were given out are good no more."""
    op.drop_table("secrets")
    op.drop_table("api_keys")
    op.drop_index("audit_log_by_subject", "audit_log")
    op.drop_index("audit_log_by_request", "audit_log")
    op.drop_index("marked_versions", "model_versions")
    op.drop_index("activations_by_revision", "activations")
    op.drop_column("model_versions", "revision")
    op.drop_column("activations", "session_id")
    op.drop_column("activations", "revision")
