"""Signals from look to look: entering at once, leaving after quiet looks, grouped into episodes that are told once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_core.alerts.signals import Level, Reading, Signal, State
from lifecycle_core.alerts.states import AlertEpisode, Notice, after, grouped
from lifecycle_core.policy import AlertPolicy

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULES = AlertPolicy()


def followed(*levels, signal=Signal.COST, rules=RULES):
    """The states after each of some hourly looks."""
    standing, states = None, []
    for number, level in enumerate(levels):
        standing = after(standing, Reading(signal=signal, level=level), NOON + number * HOUR, rules)
        states.append(standing.state)
    return states


class Story:
    """A variant followed hour by hour: `look` tells the notice of each hour."""

    def __init__(self, rules=RULES):
        self.rules, self.at, self.episode, self.standings, self.notices = rules, NOON, None, {}, []

    def look(self, silenced=(), hours=1, **levels):
        self.at += hours * HOUR
        for name, level in levels.items():
            signal = Signal(name)
            self.standings[signal] = after(self.standings.get(signal), Reading(signal=signal, level=level), self.at, self.rules)
        episode, notice = grouped("a", self.episode, self.standings.values(), set(silenced), self.at, self.rules)
        self.episode = None if episode is None or episode.closed_at else replace(episode, id=1)
        self.notices.append(notice)
        return notice


def test_an_alert_is_entered_at_once():
    assert followed(Level.OK, Level.ALERT) == [State.OK, State.ALERT]


def test_only_so_many_looks_in_a_row_that_are_well_leave_an_alert():
    assert followed(Level.ALERT, *[Level.OK] * 3)[1:] == [State.ALERT, State.ALERT, State.OK]
    assert State.OK not in followed(Level.ALERT, *[Level.OK, Level.OK, Level.WARNING] * 5)


def test_a_look_without_data_neither_ends_an_alert_nor_begins_its_quiet_looks_anew():
    assert followed(Level.ALERT, Level.OK, Level.OK, Level.NO_DATA, Level.OK)[-2:] == [State.ALERT, State.OK]


def test_a_drift_ends_by_its_own_rules():
    assert followed(Level.ALERT, Level.OK, signal=Signal.DRIFT) == [State.ALERT, State.OK]


def test_what_is_only_watched_never_alerts():
    assert set(followed(Level.ALERT, Level.OK, Level.ALERT, rules=AlertPolicy(watch_only=("cost",)))) == {State.PAUSED}


def test_the_same_look_again_changes_nothing():
    once = after(None, Reading(signal=Signal.COST, level=Level.ALERT), NOON, RULES)
    assert after(once, Reading(signal=Signal.COST, level=Level.OK), NOON, RULES) is once


def test_three_signals_at_once_are_one_message():
    story = Story()
    assert story.look(drift=Level.ALERT, cost=Level.ALERT, booking_rate=Level.ALERT) is Notice.OPENED
    assert story.look(drift=Level.ALERT, cost=Level.ALERT, booking_rate=Level.ALERT) is None
    assert story.episode.told == (Signal.DRIFT, Signal.BOOKING_RATE, Signal.COST)


def test_a_signal_that_joins_is_told_once_however_often_it_leaves_and_comes_back():
    story = Story()
    story.look(drift=Level.ALERT)
    assert story.look(cost=Level.ALERT) is Notice.UPDATED
    for _ in range(3):
        for level in (*[Level.OK] * 3, Level.ALERT):
            story.look(cost=level)
    assert story.notices == [Notice.OPENED, Notice.UPDATED, *[None] * 12]


def test_an_episode_is_renewed_at_its_interval_and_closed_when_the_last_signal_left():
    story = Story()
    story.look(drift=Level.ALERT)
    for _ in range(50):
        story.look(drift=Level.ALERT)
    story.look(drift=Level.OK)
    assert [it for it in story.notices if it] == [Notice.OPENED, Notice.RENEWED, Notice.RENEWED, Notice.CLOSED]


def test_what_was_silenced_all_along_is_not_told_even_that_it_is_over():
    story = Story()
    story.look([Signal.DRIFT], drift=Level.ALERT)
    story.look([Signal.DRIFT], drift=Level.OK)
    assert story.notices == [None, None]


def test_what_still_alerts_when_its_silence_ends_is_told_then():
    story = Story()
    story.look([Signal.DRIFT], drift=Level.ALERT)
    assert story.look(drift=Level.ALERT) is Notice.OPENED


def test_a_metric_that_flaps_every_hour_is_told_once_and_then_once_a_day():
    story = Story()
    for number in range(24 * 7):
        story.look(booking_rate=Level.ALERT if number % 2 == 0 else Level.OK)
    sent = [it for it in story.notices if it]
    assert sent == [Notice.OPENED, *[Notice.RENEWED] * (len(sent) - 1)]
    assert len(sent) <= 7


@given(
    looks=st.lists(
        st.tuples(st.sampled_from(list(Level)), st.sampled_from(list(Level)), st.sets(st.sampled_from([Signal.COST, Signal.DRIFT]))),
        max_size=60,
    )
)
def test_whatever_happens_messages_of_an_episode_open_it_and_close_it_once(looks):
    story = Story()
    for cost, drift, silenced in looks:
        story.look(silenced, cost=cost, drift=drift)
    told = None
    for it in filter(None, story.notices):
        assert (it is Notice.OPENED) == (told in {None, Notice.CLOSED})
        told = it


@pytest.mark.parametrize("episode", [None, AlertEpisode(variant="a", opened_at=NOON)])
def test_where_nothing_alerts_nobody_is_told(episode):
    assert grouped("a", episode, [], set(), NOON, RULES)[1] is None
