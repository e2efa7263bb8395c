"""Tables and values are two types with one mapping, by name."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.drift.episodes import Episode, FrozenReference
from lifecycle_core.drift.report import DriftReport, Evidence, Figure, Incident, Metric, MetricReport, Severity, Share, Status
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.retraining.probations import Probation
from lifecycle_core.retraining.session import Session
from lifecycle_core.rollups import SCALARS, RollupKey
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import (
    ActivationRow,
    ConversationRow,
    DriftDetectionRow,
    DriftReferenceRow,
    ProbationRow,
    RetrainingSessionRow,
    RollupRow,
    VersionRow,
)
from lifecycle_core.versions.version import Activation, Version

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REPORT = DriftReport(
    variant="baseline",
    version=2,
    at=AT,
    reference=Window(AT - 7 * DAY, AT - DAY),
    recent=Window(AT - DAY, AT),
    metrics=(
        MetricReport(
            metric=Metric.ACTION_DISTRIBUTION,
            status=Status.DRIFT,
            reference=Figure(300, 0, shares=(Share("collect_info", 0.4, 120),)),
            recent=Figure(50, 1),
            threshold=0.1,
            severity=Severity.HIGH,
            decided_by=Evidence(24, 0.2, None, (0.1, 0.3), 5.1, 4.0, AT - DAY, 50, 300, None, None, Window(AT - 28 * DAY, AT - DAY)),
        ),
    ),
    incidents=(Incident("missing_cost", "10 of 50 have no cost", 0.2, 0.0, AT - DAY, (Metric.COST,)),),
    latest=AT,
    notes=("little history",),
)


@pytest.mark.parametrize(
    ("kind", "table", "called_otherwise"),
    [
        (Conversation, ConversationRow, set()),
        (Version, VersionRow, {"metadata"}),
        (Activation, ActivationRow, set()),
        (Episode, DriftDetectionRow, {"drifts", "report"}),
        (FrozenReference, DriftReferenceRow, set()),
        (Session, RetrainingSessionRow, set()),
        (Probation, ProbationRow, {"bookings", "healthy", "escalations", "bars", "watched"}),
    ],
)
def test_every_field_of_a_value_is_a_column(kind, table, called_otherwise):
    assert {it.name for it in fields(kind)} - called_otherwise <= set(table.model_fields)


def test_a_rollup_has_a_column_for_each_plain_sum_and_one_for_all():
    assert {*(it.name for it in fields(RollupKey)), *SCALARS, "sums"} == set(RollupRow.model_fields)


@pytest.mark.parametrize("it", [REPORT, Policy(mode=Mode.THRESHOLD, booking_rate_threshold=0.15)], ids=["report", "policy"])
def test_a_value_survives_its_document(it):
    assert from_json(type(it), to_json(it)) == it


def test_a_document_is_plain():
    document = to_json(REPORT)
    assert document["metrics"][0]["decided_by"]["onset"] == "2025-10-06T12:00:00Z"
    assert document["incidents"][0]["metrics"] == ["cost"]
