"""Every table on one page. Rows never leave `store`."""

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from lifecycle_core.store.columns import InstantColumn, JsonColumn


class Audited(SQLModel):
    """A table whose every change appends to the audit log (see `store.audit`).

    audit_subject : columns that name the row; audit_columns : the columns whose changes are kept.
    """

    audit_subject: ClassVar[tuple[str, ...]]
    audit_columns: ClassVar[tuple[str, ...]]


def _instant(*, nullable: bool = False) -> Any:  # noqa: ANN401 - SQLModel's fields are typed by their annotation
    return Field(default=None, sa_type=InstantColumn, nullable=nullable) if nullable else Field(sa_type=InstantColumn)


def _count() -> Any:  # noqa: ANN401 - as above
    return Field(default=None, sa_type=BigInteger, nullable=True)


def _json(*, nullable: bool = False) -> Any:  # noqa: ANN401 - as above
    return Field(default=None, sa_type=JsonColumn, nullable=nullable) if nullable else Field(sa_type=JsonColumn)


# Traffic: written in bulk, never audited.


class VariantRow(SQLModel, table=True):
    """A variant exists once a conversation or a version names it; its row is what writers of the variant lock."""

    __tablename__ = "variants"

    name: str = Field(primary_key=True)
    created_at: datetime = _instant()


class ConversationRow(SQLModel, table=True):
    """One conversation; the fields are those of `lifecycle_core.conversations.Conversation`."""

    __tablename__ = "conversations"
    __table_args__ = (Index("conversations_by_end", "variant", "ended_at"),)

    variant: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    version: int
    started_at: datetime | None = _instant(nullable=True)
    ended_at: datetime = _instant()
    ended_at_assumed: bool
    booked: bool | None
    escalated: bool | None
    cost_usd: float | None
    cost_source: str | None
    input_tokens: int | None = _count()
    output_tokens: int | None = _count()
    total_tokens: int | None = _count()
    response_times_s: list[float] = _json()
    actions: list[str] = _json()
    errors: list[dict[str, Any]] = _json()
    messages: list[dict[str, Any]] = _json()
    customer_id: str | None
    goal: str | None
    model: str | None
    customer_rating: float | None
    segments: dict[str, str] = _json()
    provider_fault: bool
    received_at: datetime = _instant()


class RollupRow(SQLModel, table=True):
    """The sums of `lifecycle_core.rollups` over one hour: all of them packed, and the plain ones in columns of their own.

    The hours of a variant lie together, and in SQLite their sums with them.
    """

    __tablename__ = "hourly_rollups"
    __table_args__ = ({"sqlite_with_rowid": False},)

    variant: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=InstantColumn)
    version: int = Field(primary_key=True)
    provider_fault: bool = Field(primary_key=True)
    conversations: float
    booked_n: float
    booked: float
    escalated_n: float
    escalated: float
    cost_n: float
    cost_usd: float
    cost_zero_n: float
    log_cost: float
    log_cost_squared: float
    latency_n: float
    log_latency: float
    log_latency_squared: float
    tokens_n: float
    tokens: float
    late: float
    sums: bytes = Field(sa_type=LargeBinary)


class ActionRow(SQLModel, table=True):
    """A named action of a variant and its slot in the rollups; given once, never changed."""

    __tablename__ = "action_slots"
    __table_args__ = (UniqueConstraint("variant", "name"),)

    variant: str = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    name: str


class QuarantineRow(SQLModel, table=True):
    """A record that was read and could not be accepted; kept with its reason until somebody deals with it."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("quarantine_by_source", "source", "line"),)

    content_hash: str = Field(primary_key=True)
    source: str
    line: int
    reason: str
    field: str | None
    content: str
    received_at: datetime = _instant()


class TakenBatchRow(SQLModel, table=True):
    """A batch of a source that was taken in whole, by the digest of its bytes; see `store.taken_batches`."""

    __tablename__ = "taken_batches"

    digest: str = Field(primary_key=True)
    source: str
    document: dict[str, Any] = _json()
    taken_at: datetime = _instant()


class BackfillRow(SQLModel, table=True):
    """Files that are taken in together; the fields are those of `lifecycle_core.traffic.backfill.Backfill`."""

    __tablename__ = "backfills"

    id: str = Field(primary_key=True)
    begun_at: datetime = _instant()
    begun_by: str
    form: str
    mapping: dict[str, Any] = _json()
    runs: int
    cancelled_at: datetime | None = _instant(nullable=True)


class BackfillFileRow(SQLModel, table=True):
    """One file of a backfill; the fields are those of `lifecycle_core.traffic.backfill.BackfillFile`."""

    __tablename__ = "backfill_files"
    __table_args__ = (
        ForeignKeyConstraint(["backfill_id"], ["backfills.id"]),
        Index(
            "backfill_files_pending",
            "backfill_id",
            "number",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    backfill_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    path: str
    state: str
    attempts: int
    claimed_by: str | None
    claimed_until: datetime | None = _instant(nullable=True)
    finished_at: datetime | None = _instant(nullable=True)
    counts: dict[str, Any] | None = _json(nullable=True)
    error: str | None


class RetentionRow(SQLModel, table=True):
    """From when on something is kept; the fields are those of `lifecycle_core.traffic.retention.Horizon`."""

    __tablename__ = "retention"

    what: str = Field(primary_key=True)
    before: datetime = _instant()
    reached: datetime | None = _instant(nullable=True)


class LeaseRow(SQLModel, table=True):
    """Work that one process does at a time, and until when it has it; see `store.leases`."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = _instant()


class AnswerRow(SQLModel, table=True):
    """What was answered to a request with an idempotency key; see `store.answers`."""

    __tablename__ = "answers"
    __table_args__ = (Index("answers_by_age", "kept_at"),)

    by: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    answer: dict[str, Any] = _json()
    kept_at: datetime = _instant()


# The watch.


class DriftDetectionRow(Audited, table=True):
    """A drift episode: from its first positive check to its end.

    severity : the worst so far; course : how it went, {at, severity, drifts} at each change, empty for an episode of an older program.
    known_because, known_by, known_at : why a person called it known, who and when; known_from : where the reference begins anew.
    """

    __tablename__ = "drift_detections"
    __table_args__ = (
        Index(
            "one_open_episode", "variant", unique=True, sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")
        ),
    )
    audit_subject = ("variant", "id")
    audit_columns = (
        "drift_types",
        "severity",
        "onset_at",
        "closed_at",
        "closed_because",
        "known_because",
        "known_by",
        "known_at",
        "known_from",
    )

    id: int | None = Field(default=None, primary_key=True)
    variant: str
    drift_types: str
    severity: str
    baseline_window: dict[str, str] | None = _json(nullable=True)
    recent_window: dict[str, str] | None = _json(nullable=True)
    metrics: dict[str, Any] | None = _json(nullable=True)
    created_at: datetime | None = _instant(nullable=True)
    version: int
    onset_at: datetime = _instant()
    last_seen_at: datetime = _instant()
    checks: int
    quiet_checks: int
    closed_at: datetime | None = _instant(nullable=True)
    closed_because: str | None
    course: list[dict[str, Any]] = Field(default_factory=list, sa_type=JsonColumn)
    known_because: str | None
    known_by: str | None
    known_at: datetime | None = _instant(nullable=True)
    known_from: datetime | None = _instant(nullable=True)


class DriftCheckRow(SQLModel, table=True):
    """One recorded check: a row per variant and hour, whoever asked how often."""

    __tablename__ = "drift_checks"

    variant: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=InstantColumn)
    version: int
    status: str
    drift_types: str
    severity: str | None
    incidents: str
    late_rows: int = 0
    entry: float | None
    recorded_at: datetime = _instant()
    recorded_by: str


class DriftReferenceRow(SQLModel, table=True):
    """The frozen reference of an alarm: healthy traffic up to the onset, against which the alarm's end is judged."""

    __tablename__ = "drift_references"
    __table_args__ = (ForeignKeyConstraint(["episode_id"], ["drift_detections.id"]),)

    episode_id: int = Field(primary_key=True)
    comparison: str = Field(primary_key=True)
    entered_at: datetime = Field(primary_key=True, sa_type=InstantColumn)
    version: int
    onset_at: datetime = _instant()
    starts_at: datetime = _instant()
    ends_at: datetime = _instant()
    quiet_checks: int
    ended_at: datetime | None = _instant(nullable=True)
    hours: int
    relative_change: float | None


class PolicyRow(Audited, table=True):
    """The policy of a variant where it is not the default."""

    __tablename__ = "policies"
    audit_subject = ("variant",)
    audit_columns = ("policy",)

    variant: str = Field(primary_key=True)
    policy: dict[str, Any] = _json()
    updated_at: datetime = _instant()


class PolicyChangeRow(SQLModel, table=True):
    """One change of a policy: which settings, {name: [before, after]}, and the whole policy after it. Only added to."""

    __tablename__ = "policy_changes"
    __table_args__ = (Index("policy_changes_by_variant", "variant", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    variant: str
    at: datetime = _instant()
    by: str
    why: str
    changes: dict[str, Any] = _json()
    policy: dict[str, Any] = _json()


# Versions and retraining.


MARKED: Final = "is_active = 1 OR tags <> '{}'"
"""Which versions a change of the active one may touch; of ten thousand a handful."""


class VersionRow(Audited, table=True):
    """One version of a variant. `details` is the plan's column `metadata`, a name that SQLAlchemy keeps for itself.

    revision : that of the activation that made it active last.
    """

    __tablename__ = "model_versions"
    __table_args__ = (
        UniqueConstraint("variant_name", "version"),
        UniqueConstraint("variant_name", "content_hash"),
        Index(
            "one_active_version", "variant_name", unique=True, sqlite_where=text("is_active = 1"), postgresql_where=text("is_active = 1")
        ),
        Index("marked_versions", "variant_name", sqlite_where=text(MARKED), postgresql_where=text(MARKED)),
    )
    audit_subject = ("variant_name", "version")
    audit_columns = ("version", "content_hash", "is_active", "tags")

    id: int | None = Field(default=None, primary_key=True)
    variant_name: str
    version: int
    system_prompt: str = Field(sa_type=Text)
    details: dict[str, Any] = Field(sa_column=Column("metadata", JsonColumn))
    is_active: int = Field(default=0, sa_column=Column(Integer, server_default=text("0")))
    tags: dict[str, str] = _json()
    created_at: datetime = _instant()
    activated_at: datetime | None = _instant(nullable=True)
    revision: int | None
    content_hash: str
    model: str | None
    parameters: dict[str, Any] = _json()
    tools: list[Any] = _json()


class ActivationRow(Audited, table=True):
    """One change of the active version: activations push, rollbacks pop.

    revision : 1, 2, 3 and so on in each variant, without a gap; session_id : the retraining whose evidence it rests on.
    """

    __tablename__ = "activations"
    __table_args__ = (
        Index("activations_by_variant", "variant_name", "id"),
        Index("activations_by_revision", "variant_name", "revision", unique=True),
    )
    audit_subject = ("variant_name", "id")
    audit_columns = ("revision", "version", "previous_version", "at", "by", "why", "kind", "popped", "session_id")

    id: int | None = Field(default=None, primary_key=True)
    variant_name: str
    revision: int
    version: int
    previous_version: int | None
    at: datetime = _instant()
    by: str
    why: str
    kind: str
    popped: bool = False
    session_id: str | None


class RetrainingSessionRow(Audited, table=True):
    """A retraining session, from its trigger to its ending; the fields are those of `lifecycle_core.retraining.session.Session`."""

    __tablename__ = "retraining_sessions"
    __table_args__ = (
        UniqueConstraint("variant", "key"),
        Index(
            "one_open_session",
            "variant",
            unique=True,
            sqlite_where=text("completed_at IS NULL"),
            postgresql_where=text("completed_at IS NULL"),
        ),
    )
    audit_subject = ("session_id",)
    audit_columns = (
        "variant",
        "version",
        "status",
        "reason",
        "incumbent_version",
        "new_variant",
        "success",
        "review",
        "force",
        "reasons",
        "completed_at",
    )

    id: int | None = Field(default=None, primary_key=True)
    session_id: str = Field(unique=True)
    variant: str
    version: int
    status: str
    training_data_size: int | None
    failure_analysis: dict[str, Any] | None = _json(nullable=True)
    new_variant: str | None
    shadow_analysis: dict[str, Any] | None = _json(nullable=True)
    success: int = Field(default=0, sa_column=Column(Integer, server_default=text("0")))
    started_at: datetime | None = _instant(nullable=True)
    completed_at: datetime | None = _instant(nullable=True)
    key: str
    opened_by: str
    reason: str
    incumbent_version: int
    trigger: dict[str, Any] = _json()
    options: dict[str, Any] = _json()
    policy: dict[str, Any] = _json()
    seed: int = Field(sa_type=BigInteger)
    training_data: dict[str, Any] | None = _json(nullable=True)
    prompt_improvement: dict[str, Any] | None = _json(nullable=True)
    evaluation: dict[str, Any] | None = _json(nullable=True)
    review: dict[str, Any] | None = _json(nullable=True)
    force: dict[str, Any] | None = _json(nullable=True)
    reasons: list[str] = _json()
    shadow_started_at: datetime | None = _instant(nullable=True)
    deadline_at: datetime | None = _instant(nullable=True)
    goals_drawn_at: datetime | None = _instant(nullable=True)
    review_asked_at: datetime | None = _instant(nullable=True)
    flow_run_id: str | None
    flow_process: int | None = _count()
    attempts: int


def _of_a_session() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["session_id"], ["retraining_sessions.session_id"])


class CandidateRow(SQLModel, table=True):
    """One prompt that a session's improver proposed, whether it was chosen or refused."""

    __tablename__ = "candidates"
    __table_args__ = (_of_a_session(),)

    session_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    prompt: str = Field(sa_type=Text)
    document: dict[str, Any] = _json()
    proposed_at: datetime = _instant()


class CaseResultRow(SQLModel, table=True):
    """One graded replay of a case of the offline evaluation, by one of the two arms."""

    __tablename__ = "case_results"
    __table_args__ = (_of_a_session(),)

    session_id: str = Field(primary_key=True)
    case_id: str = Field(primary_key=True)
    arm: str = Field(primary_key=True)
    replay: int = Field(primary_key=True)
    score: float
    document: dict[str, Any] = _json()
    graded_at: datetime = _instant()


class CaseRow(Audited, table=True):
    """A case of a variant's own, masked; one that was removed may come back."""

    __tablename__ = "cases"
    audit_subject = ("variant", "name")
    audit_columns = ("document", "conversation_id", "removed_at")

    variant: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    document: dict[str, Any] = _json()
    conversation_id: str | None
    added_at: datetime = _instant()
    added_by: str
    removed_at: datetime | None = _instant(nullable=True)


class ServedCaseRow(SQLModel, table=True):
    """One replay of a case, by all that decides it: the same case is not paid for again while it is fresh."""

    __tablename__ = "served_cases"
    __table_args__ = (Index("served_cases_by_variant", "variant", "served_at"),)

    content_hash: str = Field(primary_key=True)
    variant: str
    case_id: str
    version: int
    replay: int
    document: dict[str, Any] = _json()
    served_at: datetime = _instant()


class ShadowSampleRow(SQLModel, table=True):
    """One scenario of a shadow test: planned with its place in the order, then served by incumbent and candidate."""

    __tablename__ = "shadow_samples"
    __table_args__ = (_of_a_session(), Index("shadow_samples_in_order", "session_id", "place", unique=True))

    session_id: str = Field(primary_key=True)
    scenario_id: str = Field(primary_key=True)
    place: int
    ended_at: datetime = _instant()
    source: str
    scenario: dict[str, Any] | None = _json(nullable=True)
    live_success: bool | None
    sample: dict[str, Any] | None = _json(nullable=True)
    planned_at: datetime = _instant()
    recorded_at: datetime | None = _instant(nullable=True)
    recorded_by: str | None


class ChatCallRow(SQLModel, table=True):
    """One call to a model: reserved before it is made, settled after; a settled one answers the same question again for nothing."""

    __tablename__ = "chat_calls"
    __table_args__ = (_of_a_session(), UniqueConstraint("session_id", "content_hash"))

    id: int | None = Field(default=None, primary_key=True)
    session_id: str
    content_hash: str
    purpose: str
    model: str
    state: str
    attempts: int
    repeats: int
    reserved_tokens: int = Field(sa_type=BigInteger)
    reserved_usd: float
    input_tokens: int | None = _count()
    output_tokens: int | None = _count()
    cost_usd: float | None
    seconds: float | None
    reply: dict[str, Any] | None = _json(nullable=True)
    error: str | None
    reserved_at: datetime = _instant()
    settled_at: datetime | None = _instant(nullable=True)


class SpendingRow(SQLModel, table=True):
    """What a session's calls took and the open ones have reserved, and what it may spend; the row that callers lock."""

    __tablename__ = "spendings"
    __table_args__ = (_of_a_session(),)

    session_id: str = Field(primary_key=True)
    calls: int = Field(sa_type=BigInteger)
    tokens: int = Field(sa_type=BigInteger)
    usd: float
    budget_calls: int | None = _count()
    budget_tokens: int | None = _count()
    budget_usd: float | None


class ProbationRow(Audited, table=True):
    """The watch over a promoted version, until it is stable, rolled back or replaced."""

    __tablename__ = "probations"
    __table_args__ = (
        Index(
            "one_open_probation", "variant", unique=True, sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")
        ),
    )
    audit_subject = ("variant", "id")
    audit_columns = ("version", "previous_version", "session_id", "status", "ended_at", "because")

    id: int | None = Field(default=None, primary_key=True)
    variant: str
    version: int
    previous_version: int
    session_id: str
    status: str
    started_at: datetime = _instant()
    ends_at: datetime = _instant()
    record: dict[str, Any] = _json()
    judgement: dict[str, Any] | None = _json(nullable=True)
    judged_at: datetime | None = _instant(nullable=True)
    ended_at: datetime | None = _instant(nullable=True)
    because: str | None


# Alerts: where signals stand, who is told, and how far that has come.


class AlertStandingRow(SQLModel, table=True):
    """Where one signal of a variant stands; of one that is well, as of when it became so. `variant` is "" for the installation."""

    __tablename__ = "alert_standings"

    variant: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    state: str
    since: datetime = _instant()
    judged_at: datetime = _instant()
    quiet: int
    reading: dict[str, Any] = _json()


class AlertEpisodeRow(SQLModel, table=True):
    """A span in which signals of a variant alert; the fields are those of `lifecycle_core.alerts.states.AlertEpisode`."""

    __tablename__ = "alert_episodes"
    __table_args__ = (
        Index(
            "one_open_alert_episode",
            "variant",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    variant: str
    opened_at: datetime = _instant()
    closed_at: datetime | None = _instant(nullable=True)
    told: list[str] = _json()
    told_at: datetime | None = _instant(nullable=True)
    messages: int


class AlertSilenceRow(Audited, table=True):
    """For how long nobody is told of what; `variant` is NULL for all of them, `signals` empty for all."""

    __tablename__ = "alert_silences"
    __table_args__ = (Index("alert_silences_by_end", "ends_at"),)
    audit_subject = ("id",)
    audit_columns = ("variant", "signals", "owner", "reason", "starts_at", "ends_at", "lifted_at", "lifted_by")

    id: int | None = Field(default=None, primary_key=True)
    variant: str | None
    signals: list[str] = _json()
    owner: str
    reason: str
    starts_at: datetime = _instant()
    ends_at: datetime = _instant()
    lifted_at: datetime | None = _instant(nullable=True)
    lifted_by: str | None


class AlertMessageRow(SQLModel, table=True):
    """A message, written in the transaction of what it tells.

    number : in the order of their writing, which of one variant is that of its transactions.
    addressed_at, targets : when it was addressed, and to how many; NULL before that.
    """

    __tablename__ = "alert_messages"
    __table_args__ = (
        Index(
            "alert_messages_to_address", "number", sqlite_where=text("addressed_at IS NULL"), postgresql_where=text("addressed_at IS NULL")
        ),
    )

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    variant: str
    kind: str
    document: dict[str, Any] = _json()
    written_at: datetime = _instant()
    addressed_at: datetime | None = _instant(nullable=True)
    targets: int | None


class AlertDeliveryRow(SQLModel, table=True):
    """One message's way to one target; see `lifecycle_core.alerts.delivery`."""

    __tablename__ = "alert_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["message"], ["alert_messages.number"]),
        Index(
            "alert_deliveries_pending",
            "target",
            "variant",
            "message",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    message: int = Field(primary_key=True)
    target: str = Field(primary_key=True)
    variant: str
    state: str
    attempts: int
    due_at: datetime = _instant()
    claimed_until: datetime | None = _instant(nullable=True)
    delivered_at: datetime | None = _instant(nullable=True)
    error: str | None


class KeyRow(Audited, table=True):
    """A key to the API, as its hash; see `lifecycle_core.access`. Keys are revoked and never deleted."""

    __tablename__ = "api_keys"
    audit_subject = ("id",)
    audit_columns = ("name", "roles", "secret_hash", "expires_at", "revoked_at", "revoked_by")

    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    roles: list[str] = _json()
    secret_hash: str
    created_at: datetime = _instant()
    created_by: str
    expires_at: datetime | None = _instant(nullable=True)
    last_used_at: datetime | None = _instant(nullable=True)
    revoked_at: datetime | None = _instant(nullable=True)
    revoked_by: str | None


class SecretRow(SQLModel, table=True):
    """What this installation signs with, by purpose; made once, when it is first needed."""

    __tablename__ = "secrets"

    purpose: str = Field(primary_key=True)
    secret: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = _instant()


class AuditRow(SQLModel, table=True):
    """One change of state, chained to the one before it by hash."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("audit_log_by_request", "request_id"), Index("audit_log_by_subject", "subject", "id"))

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _instant()
    by: str
    why: str
    request_id: str | None
    subject: str
    before: dict[str, Any] = _json()
    after: dict[str, Any] = _json()
    previous_hash: str
    hash: str = Field(unique=True)


TABLES: Final = SQLModel.metadata.tables
"""The tables above by name, for what is written in bulk."""
