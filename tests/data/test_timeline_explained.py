"""What attribution says of a real swap of models that the conversations do not tell of."""

from datetime import UTC, datetime

import pytest

from lifecycle_core.drift.report import Metric
from lifecycle_core.operations import traffic
from lifecycle_core.operations.explaining import explain

pytestmark = pytest.mark.data

SWITCH, END = datetime(2025, 10, 6, 12, tzinfo=UTC), datetime(2025, 10, 7, 12, tzinfo=UTC)


@pytest.fixture
def kept(database, act, conversations):
    """The timeline, as it was recorded."""
    traffic.ingest(database, act, list(conversations("timeline.jsonl.gz")))
    return database


@pytest.fixture
def found(kept):
    return {it.question.comparison.metric: it for it in explain(kept, "baseline", END).attributions}


def test_booking_and_response_time_are_explained_since_the_swap(found):
    assert tuple(found) == (Metric.BOOKING_RATE, Metric.RESPONSE_TIME)
    assert {it.question.recent.start for it in found.values()} == {SWITCH}


def test_nobody_is_blamed_where_the_conversations_do_not_tell_their_model(found):
    assert {it.finding for it in found.values()} == {None}
    assert all("the conversations tell no model and no segments" in str(it.notes) for it in found.values())


def test_the_response_time_is_told_to_have_doubled_in_geometric_means_too(found):
    it = found[Metric.RESPONSE_TIME]
    assert it.recent_quantity / it.reference_quantity == pytest.approx(1.92, abs=0.1)


def test_no_action_is_believed_to_have_moved(found):
    assert not any(move.starred for it in found.values() for move in it.actions)


def test_what_the_new_model_runs_into_is_among_the_failures_that_grew(found):
    first = [(it.tool, it.message, it.recent_n) for it in found[Metric.BOOKING_RATE].errors[:2]]
    assert first == [("get_order_details", "Error: Order not found", 5), (None, "max_steps", 4)]


def test_with_the_model_on_each_conversation_the_swap_is_what_explains_it(database, act, conversations):
    told = [
        type(it)(
            id=it.id,
            variant="told",
            ended_at=it.ended_at,
            booked=it.booked,
            response_times_s=it.response_times_s,
            model="gemini-3-flash" if it.started_at < SWITCH else "gpt-5-mini",
        )
        for it in conversations("timeline.jsonl.gz")
    ]
    traffic.ingest(database, act, told)
    for it in explain(database, "told", END).attributions:
        assert (it.finding.label, it.finding.segment.value) == ("model", "gpt-5-mini")
        assert it.finding.of_change == pytest.approx(1)
