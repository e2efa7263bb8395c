"""The first tables: traffic, the watch, versions, the audit log.

Written by Alembic's autogenerate and read through by hand. Instants are stored with their zone where the database knows zones,
documents as text.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "action_slots",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("variant", "slot"),
        sa.UniqueConstraint("variant", "name"),
    )
    op.create_table(
        "activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant_name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous_version", sa.Integer()),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("popped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("activations_by_variant", "activations", ["variant_name", "id"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "conversations",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("ended_at_assumed", sa.Boolean(), nullable=False),
        sa.Column("booked", sa.Boolean()),
        sa.Column("escalated", sa.Boolean()),
        sa.Column("cost_usd", sa.Float()),
        sa.Column("cost_source", sa.String()),
        sa.Column("input_tokens", sa.BigInteger()),
        sa.Column("output_tokens", sa.BigInteger()),
        sa.Column("total_tokens", sa.BigInteger()),
        sa.Column("response_times_s", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String()),
        sa.Column("goal", sa.String()),
        sa.Column("model", sa.String()),
        sa.Column("customer_rating", sa.Float()),
        sa.Column("segments", sa.Text(), nullable=False),
        sa.Column("provider_fault", sa.Boolean(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("variant", "id"),
    )
    op.create_index("conversations_by_end", "conversations", ["variant", "ended_at"])
    op.create_table(
        "drift_checks",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("drift_types", sa.String(), nullable=False),
        sa.Column("severity", sa.String()),
        sa.Column("incidents", sa.String(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("variant", "at"),
    )
    op.create_table(
        "drift_detections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("drift_types", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("baseline_window", sa.Text()),
        sa.Column("recent_window", sa.Text()),
        sa.Column("metrics", sa.Text()),
        sa.Column("created_at", INSTANT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("onset_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("quiet_checks", sa.Integer(), nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("closed_because", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_episode",
        "drift_detections",
        ["variant"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "hourly_rollups",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("provider_fault", sa.Boolean(), nullable=False),
        sa.Column("conversations", sa.Float(), nullable=False),
        sa.Column("booked_n", sa.Float(), nullable=False),
        sa.Column("booked", sa.Float(), nullable=False),
        sa.Column("escalated_n", sa.Float(), nullable=False),
        sa.Column("escalated", sa.Float(), nullable=False),
        sa.Column("cost_n", sa.Float(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("cost_zero_n", sa.Float(), nullable=False),
        sa.Column("log_cost", sa.Float(), nullable=False),
        sa.Column("log_cost_squared", sa.Float(), nullable=False),
        sa.Column("latency_n", sa.Float(), nullable=False),
        sa.Column("log_latency", sa.Float(), nullable=False),
        sa.Column("log_latency_squared", sa.Float(), nullable=False),
        sa.Column("tokens_n", sa.Float(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("late", sa.Float(), nullable=False),
        sa.Column("latency_histogram", sa.LargeBinary(), nullable=False),
        sa.Column("cost_histogram", sa.LargeBinary(), nullable=False),
        sa.Column("action_counts", sa.LargeBinary(), nullable=False),
        sa.Column("action_products", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("variant", "version", "hour", "provider_fault"),
    )
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant_name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text()),
        sa.Column("is_active", sa.Integer(), server_default=sa.text("0")),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("activated_at", INSTANT),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("tools", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("variant_name", "content_hash"),
        sa.UniqueConstraint("variant_name", "version"),
    )
    op.create_index(
        "one_active_version",
        "model_versions",
        ["variant_name"],
        unique=True,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active = 1"),
    )
    op.create_table(
        "policies",
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("variant"),
    )
    op.create_table(
        "quarantine",
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("field", sa.String()),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
    )
    op.create_index("quarantine_by_source", "quarantine", ["source", "line"])
    op.create_table(
        "retraining_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("training_data_size", sa.Integer()),
        sa.Column("failure_analysis", sa.Text()),
        sa.Column("new_variant", sa.String()),
        sa.Column("shadow_analysis", sa.Text()),
        sa.Column("success", sa.Integer(), server_default=sa.text("0")),
        sa.Column("started_at", INSTANT),
        sa.Column("completed_at", INSTANT),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id"),
    )
    op.create_index(
        "one_open_session",
        "retraining_sessions",
        ["variant"],
        unique=True,
        sqlite_where=sa.text("completed_at IS NULL"),
        postgresql_where=sa.text("completed_at IS NULL"),
    )
    op.create_table(
        "variants",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
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


def downgrade() -> None:
    """Drop every table, and all that stands in them."""
    op.drop_table("drift_references")
    op.drop_table("variants")
    op.drop_table("retraining_sessions")
    op.drop_table("quarantine")
    op.drop_table("policies")
    op.drop_table("model_versions")
    op.drop_table("hourly_rollups")
    op.drop_table("drift_detections")
    op.drop_table("drift_checks")
    op.drop_table("conversations")
    op.drop_table("audit_log")
    op.drop_table("activations")
    op.drop_table("action_slots")
