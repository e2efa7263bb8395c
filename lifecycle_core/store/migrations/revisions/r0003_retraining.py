"""Retraining: what a session keeps of each step, its candidates, cases, samples and calls to models, and the probation after it.

The table of sessions is made anew: no program before this revision wrote a row of it.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables of retraining."""
    _create_sessions(
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("incumbent_version", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("training_data", sa.Text()),
        sa.Column("prompt_improvement", sa.Text()),
        sa.Column("evaluation", sa.Text()),
        sa.Column("review", sa.Text()),
        sa.Column("force", sa.Text()),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("shadow_started_at", INSTANT),
        sa.Column("deadline_at", INSTANT),
        sa.Column("goals_drawn_at", INSTANT),
        sa.Column("review_asked_at", INSTANT),
        sa.Column("flow_run_id", sa.String()),
        sa.Column("flow_process", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.UniqueConstraint("variant", "key"),
    )
    op.create_table(
        "probations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous_version", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("judgement", sa.Text()),
        sa.Column("judged_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("because", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_probation",
        "probations",
        ["variant"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "candidates",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"]),
        sa.PrimaryKeyConstraint("session_id", "number"),
    )
    op.create_table(
        "case_results",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("replay", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("graded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"]),
        sa.PrimaryKeyConstraint("session_id", "case_id", "arm", "replay"),
    )
    op.create_table(
        "chat_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reserved_usd", sa.Float(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger()),
        sa.Column("output_tokens", sa.BigInteger()),
        sa.Column("cost_usd", sa.Float()),
        sa.Column("seconds", sa.Float()),
        sa.Column("reply", sa.Text()),
        sa.Column("error", sa.String()),
        sa.Column("reserved_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("session_id", "content_hash"),
    )
    op.create_table(
        "shadow_samples",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("scenario", sa.Text()),
        sa.Column("live_success", sa.Boolean()),
        sa.Column("sample", sa.Text()),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT),
        sa.Column("recorded_by", sa.String()),
        sa.ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"]),
        sa.PrimaryKeyConstraint("session_id", "scenario_id"),
    )
    op.create_index("shadow_samples_in_order", "shadow_samples", ["session_id", "place"], unique=True)
    op.create_table(
        "spendings",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("usd", sa.Float(), nullable=False),
        sa.Column("budget_calls", sa.BigInteger()),
        sa.Column("budget_tokens", sa.BigInteger()),
        sa.Column("budget_usd", sa.Float()),
        sa.ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"]),
        sa.PrimaryKeyConstraint("session_id"),
    )


def downgrade() -> None:
    """Drop them, and every session with what belongs to it."""
    for name in ("spendings", "shadow_samples", "chat_calls", "case_results", "candidates", "probations"):
        op.drop_table(name)
    _create_sessions()


def _create_sessions(*more: sa.Column[Any] | sa.UniqueConstraint) -> None:
    """Put the table of sessions, with the plan's columns and `more`, in the place of the one that is there."""
    op.drop_table("retraining_sessions")
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
        *more,
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
