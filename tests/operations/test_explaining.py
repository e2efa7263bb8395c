"""An explanation asks what the check asked, and lists conversations that show the answer."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.attribution import Cause
from lifecycle_core.drift.report import Metric, Status
from lifecycle_core.errors import UnknownEpisodeError, UnknownVariantError
from lifecycle_core.operations import drift, traffic
from lifecycle_core.operations.explaining import explain

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture
def planted(database, act):
    """Three weeks of 200 a day; in the last two days the north books no more, is slow and dear, and calls another tool."""
    chance = np.random.default_rng(3)
    conversations = []
    for number in range(21 * 200):
        back = timedelta(days=21) * (1 - (number + 0.5) / (21 * 200))
        north = chance.random() < 0.4
        ill = back < timedelta(days=2) and north
        conversations.append(
            Conversation(
                id=f"c{number}",
                variant="baseline",
                ended_at=act.at - back,
                booked=bool(chance.random() < (0.1 if ill else 0.8)),
                escalated=bool(chance.random() < (0.5 if ill else 0.05)),
                cost_usd=float(chance.lognormal(-4, 0.5)) * (4 if ill else 1),
                response_times_s=(float(chance.lognormal(0.7, 0.4)) * (4 if ill else 1),),
                actions=("look_up", *(("ask_again",) * 3 if ill else ()), "book"),
                errors=({"tool": "book", "message": f"slot {number} is taken"},) if ill else (),
                segments={"region": "north" if north else "south"},
                messages=({"role": "user", "content": "a secret of the customer"},),
            )
        )
    traffic.ingest(database, act, conversations)
    return database


def test_each_drifting_metric_is_explained_by_the_segment_that_was_planted(planted, act):
    found = explain(planted, "baseline", act.at)
    by_metric = {it.question.comparison.metric: it for it in found.attributions}
    assert tuple(by_metric) == drift.check(planted, "baseline", act.at).drifts == tuple(Metric)
    for metric in (Metric.BOOKING_RATE, Metric.ESCALATION_RATE, Metric.COST, Metric.RESPONSE_TIME):
        finding = by_metric[metric].finding
        assert (finding.label, finding.segment.value, finding.cause) == ("region", "north", Cause.RATE)
    moved = by_metric[Metric.ACTION_DISTRIBUTION].actions[0]
    assert (moved.action, moved.of_g2 > 0, moved.starred) == ("ask_again", True, True)


def test_the_comparison_is_the_one_that_decided_the_check(planted, act):
    (asked,) = explain(planted, "baseline", act.at, Metric.BOOKING_RATE).attributions
    decided = drift.check(planted, "baseline", act.at).of(Metric.BOOKING_RATE).decided_by
    assert (asked.question.recent.start, asked.question.reference) == (decided.onset, decided.reference)
    assert (asked.recent_n, asked.reference_n) == (decided.recent_n, decided.reference_n)
    assert (asked.recent_quantity, asked.reference_quantity) == (
        pytest.approx(decided.recent_value),
        pytest.approx(decided.reference_value),
    )


def test_a_comparison_of_less_than_a_day_reads_the_conversations_that_the_check_counted(planted, act):
    at = act.at - 2 * timedelta(days=1) + 18 * HOUR
    report = drift.check(planted, "baseline", at)
    short = [it for it in report.metrics if it.drifting and it.decided_by and it.decided_by.hours < 24]
    assert short
    for it in short:
        (asked,) = explain(planted, "baseline", at, it.metric).attributions
        assert asked.question.like_hours
        assert (asked.recent_n, asked.reference_n) == (it.decided_by.recent_n, it.decided_by.reference_n)


def test_the_failures_that_came_with_it_are_told(planted, act):
    (asked,) = explain(planted, "baseline", act.at, Metric.BOOKING_RATE).attributions
    assert [(it.tool, it.message, it.reference_n, it.starred) for it in asked.errors] == [("book", "slot # is taken", 0, True)]


@pytest.mark.parametrize(
    ("metric", "why"),
    [
        (Metric.BOOKING_RATE, "not booked; region = north"),
        (Metric.ESCALATION_RATE, "escalated; region = north"),
        (Metric.COST, "cost $"),
        (Metric.RESPONSE_TIME, "answered in "),
        (Metric.ACTION_DISTRIBUTION, "ask_again 3 times, 0.00 on average before"),
    ],
)
def test_conversations_that_show_it_are_listed_by_id_and_never_by_their_text(planted, act, metric, why):
    (asked,) = explain(planted, "baseline", act.at, metric, limit=3).attributions
    assert len(asked.examples) == 3
    assert all(it.why.startswith(why) for it in asked.examples)
    assert "secret" not in str(asked)


def test_the_slowest_come_first(planted, act):
    (asked,) = explain(planted, "baseline", act.at, Metric.RESPONSE_TIME, limit=5).attributions
    latencies = [float(it.why.split()[2]) for it in asked.examples]
    assert latencies == sorted(latencies, reverse=True)


def test_where_nothing_drifts_there_is_nothing_to_explain(planted, act):
    found = explain(planted, "baseline", act.at - timedelta(days=3))
    assert (found.status, found.attributions) == (Status.STABLE, ())


def test_a_named_metric_that_does_not_drift_is_explained_by_the_pair_that_is_shown(planted, act):
    at = act.at - timedelta(days=3)
    (asked,) = explain(planted, "baseline", at, Metric.COST).attributions
    shown = drift.check(planted, "baseline", at)
    assert not asked.question.decided
    assert (asked.question.recent, asked.question.reference) == (shown.recent, shown.reference)
    assert asked.recent_n == shown.of(Metric.COST).recent.n
    assert asked.finding is None


def test_an_episode_is_explained_as_it_was_last_found(planted, act):
    drift.check_and_record(planted, act, "baseline", act.at)
    (episode,) = drift.history(planted, "baseline", 1)
    later = explain(planted, "baseline", act.at + timedelta(days=5), episode=episode.id)
    assert later == replace(explain(planted, "baseline", act.at), at=episode.last_seen_at)


def test_an_episode_of_another_variant_is_refused(planted, act):
    with pytest.raises(UnknownEpisodeError, match="episode 7 is none of 'baseline'"):
        explain(planted, "baseline", act.at, episode=7)


def test_an_unknown_variant_is_refused(database, act):
    with pytest.raises(UnknownVariantError):
        explain(database, "nobody", act.at)


def test_one_conversation_explains_nothing_and_breaks_nothing(database, act):
    traffic.ingest(database, act, [Conversation(id="c1", variant="alone", ended_at=act.at - HOUR, booked=True)])
    for metric in Metric:
        (asked,) = explain(database, "alone", act.at, metric).attributions
        assert (asked.labels, asked.finding) == ((), None)


def test_it_changes_nothing(planted, act):
    explain(planted, "baseline", act.at)
    assert drift.history(planted, None, 10) == []
