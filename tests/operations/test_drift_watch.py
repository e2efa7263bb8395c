"""The hourly watch over stored traffic: what it keeps, and that late, missed and doubled hours change none of it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.episodes import QUIET_CHECKS
from lifecycle_core.drift.report import Against, Comparison, DriftReport, Metric, Status
from lifecycle_core.operations import drift, policies, traffic, versions
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import episodes
from lifecycle_core.store.database import Database
from lifecycle_core.store.tables import TABLES, DriftCheckRow

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
ACT = Provenance("test", NOON)
BEGINS, CURED, ENDS = -130, -100, 0
"""Hours relative to noon: when the drift begins, when it is mended, and the last check."""


def talk(*spans: tuple[float, float, float], variant="baseline", version=None, a_day=144, seed=1, name=""):
    """Conversations of the spans of hours relative to noon, each with its booking rate."""
    chance, gap = np.random.default_rng(seed), DAY / a_day
    for begin, end, rate in spans:
        for number in range(int((end - begin) * HOUR / gap)):
            yield Conversation(
                id=f"{name}{variant}-{version}-{begin}-{number}",
                variant=variant,
                version=version,
                ended_at=NOON + begin * HOUR + gap * (number + 0.5),
                booked=bool(chance.random() < rate),
            )


STORY = [*talk((-30 * 24, BEGINS, 0.75), (BEGINS, CURED, 0.4), (CURED, ENDS, 0.75))]
"""Four healthy weeks, thirty hours in which bookings fell to a half, and four healthy days."""


def at(hour) -> datetime:
    return NOON + hour * HOUR


def record(database, hour, variant="baseline") -> DriftReport:
    return drift.check_and_record(database, replace(ACT, at=at(hour)), variant, at(hour))


def rows(database) -> dict[str, list[tuple[object, ...]]]:
    """All that is kept of checks, episodes and frozen references, whoever wrote it and when."""
    told = {}
    with database.read() as tx:
        for name in ("drift_checks", "drift_detections", "drift_references"):
            columns = [it for it in TABLES[name].c if it.name not in {"recorded_at", "recorded_by", "id", "episode_id"}]
            found = tx.connection().execute(TABLES[name].select().with_only_columns(*columns))
            told[name] = sorted((tuple(it) for it in found), key=repr)
    return told


@dataclass(frozen=True)
class Watched:
    """A database that an unbroken watch went through, and what each of its checks reported."""

    database: Database
    reports: dict[int, DriftReport]

    @property
    def found(self) -> int:
        """The hour whose check found the drift."""
        return next(hour for hour, it in self.reports.items() if it.drifts)

    @property
    def over(self) -> int:
        """The hour whose check ended it."""
        return next(hour for hour, it in self.reports.items() if it.ended)


@pytest.fixture(scope="module")
def story_file(tmp_path_factory, sqlite_template):
    """A database with the story's traffic that was never checked, to be copied."""
    path = tmp_path_factory.mktemp("story") / "lifecycle.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    traffic.ingest(database, ACT, STORY)
    database.close()
    return path


@pytest.fixture(scope="module")
def watched_file(tmp_path_factory, story_file):
    """The same after an unbroken watch, with its reports."""
    path = tmp_path_factory.mktemp("watched") / "lifecycle.db"
    shutil.copyfile(story_file, path)
    database = Database(f"sqlite:///{path}")
    reports = {hour: record(database, hour) for hour in range(BEGINS, -20)}
    database.close()
    return path, reports


@pytest.fixture
def watched(watched_file, tmp_path, opened) -> Watched:
    """What an unbroken watch left behind."""
    path, reports = watched_file
    shutil.copyfile(path, tmp_path / "watched.db")
    return Watched(opened(f"sqlite:///{tmp_path}/watched.db"), reports)


@pytest.fixture
def story(story_file, tmp_path, opened) -> Database:
    """The story's traffic, never checked."""
    shutil.copyfile(story_file, tmp_path / "story.db")
    return opened(f"sqlite:///{tmp_path}/story.db")


def test_a_drift_is_one_episode_from_the_check_that_finds_it_to_the_one_that_ends_its_alarm(watched):
    (episode,) = drift.history(watched.database, "baseline", 10)
    assert BEGINS < watched.found < CURED < watched.over
    assert (episode.created_at, episode.closed_at) == (at(watched.found), at(watched.over))
    assert episode.closed_because.startswith(f"in {QUIET_CHECKS} checks in a row the latest conversations, 2")
    assert episode.closed_because.endswith("of booking rate, lay near the weeks before the drift again")
    assert (episode.drifts, episode.checks) == ((Metric.BOOKING_RATE,), watched.over - watched.found)
    assert at(watched.found) - DAY <= episode.onset_at < at(watched.found)


def test_its_course_has_a_turn_for_each_change_of_the_severity(watched):
    (episode,) = drift.history(watched.database, "baseline", 10)
    said = [(at(hour), it.severity) for hour, it in watched.reports.items() if it.drifts]
    turns = [said[0], *(it for before, it in pairwise(said) if it[1] is not before[1])]
    assert [(it.at, it.severity) for it in episode.course] == turns
    assert len(turns) > 1
    assert episode.severity is max((severity for _, severity in said), key=lambda it: it.rank)


def test_its_frozen_reference_is_kept_with_its_end(watched):
    (episode,) = drift.history(watched.database, "baseline", 10)
    (alarm,) = drift.episode(watched.database, episode.id).alarms
    assert (alarm.comparison, alarm.version) == (Comparison.BOOKING_RATE, 1)
    assert (alarm.entered_at, alarm.ended_at, alarm.quiet_checks) == (at(watched.found), at(watched.over), QUIET_CHECKS)
    assert (alarm.onset_at, alarm.ends_at, alarm.starts_at) == (episode.onset_at, episode.onset_at, NOON - 30 * DAY)


def test_quiet_checks_are_recorded_without_a_drift(watched):
    kept = drift.metrics(watched.database, NOON)
    assert (kept.checks, kept.episodes) == (len(watched.reports), 1)
    quiet = [it for it in rows(watched.database)["drift_checks"] if "booking_rate" not in it]
    assert len(quiet) == len(watched.reports) - (watched.over - watched.found)


def test_after_its_end_the_hours_of_a_drift_alarm_nobody(watched):
    after = [it for hour, it in watched.reports.items() if hour > watched.over]
    assert after
    assert {it.drifts for it in after} == {()}


def test_every_hour_of_the_past_is_told_as_its_check_told_it(watched):
    turns = (watched.found, watched.over)
    picks = [hour for hour in watched.reports if hour % 9 == 0 or any(abs(hour - it) <= 1 for it in turns)]
    for hour in picks:
        assert drift.check(watched.database, "baseline", at(hour)) == watched.reports[hour], hour


def test_a_doubled_hour_changes_nothing(watched):
    before = rows(watched.database)
    for hour in (watched.found, watched.over, -21):
        assert record(watched.database, hour) == watched.reports[hour]
    assert rows(watched.database) == before


def test_an_hour_that_is_checked_late_is_recorded_and_changes_no_episode(watched):
    before = rows(watched.database)
    record(watched.database, BEGINS - 5)
    after = rows(watched.database)
    assert len(after.pop("drift_checks")) == len(before.pop("drift_checks")) + 1
    assert after == before


def test_missed_hours_are_made_up_for_as_if_they_had_never_been_missed(watched, story):
    for hour in (BEGINS, BEGINS + 3, watched.found + 2, CURED, watched.over - 10, watched.over + 5, -21):
        record(story, hour)
    assert rows(story) == rows(watched.database)


def test_of_a_longer_absence_the_last_hours_are_made_up_for(story, monkeypatch):
    monkeypatch.setattr(drift, "CAUGHT_UP_HOURS", 12)
    record(story, -9 * 24)
    record(story, CURED)
    assert drift.metrics(story, NOON).checks == 1 + 12 + 1
    assert [it.created_at for it in drift.history(story, "baseline", 10)] == [at(CURED - 12)]


def test_seven_days_are_made_up_for_and_no_more():
    assert drift.hours_between(NOON - 9 * DAY, NOON) == [NOON - 7 * DAY + step * HOUR for step in range(7 * 24)]


def test_rows_that_came_late_are_counted_apart_and_leave_the_recorded_check_as_it_was(watched):
    before = rows(watched.database)
    late = [*talk((-30, -25, 0.75), seed=9, name="late-")]
    traffic.ingest(watched.database, ACT, late)
    again = drift.check(watched.database, "baseline", at(-21))
    assert again.late_rows == watched.reports[-21].late_rows + len(late)
    assert again.of(Metric.BOOKING_RATE).recent.n == watched.reports[-21].of(Metric.BOOKING_RATE).recent.n + len(late)
    assert rows(watched.database) == before


def test_traffic_that_came_within_the_hour_is_not_late(database):
    traffic.ingest(database, replace(ACT, at=NOON + HOUR / 2), [*talk((-0.4, 0, 0.75))])
    traffic.ingest(database, ACT, [*talk((-10, -5, 0.75))])
    assert drift.check(database, "baseline", NOON).late_rows == 30


def test_another_database_keeps_the_same(any_database, watched):
    traffic.ingest(any_database, ACT, STORY)
    picks = [watched.found - 1, *range(watched.found, watched.found + 3), watched.found + 3]
    for hour in picks:
        record(any_database, hour)
        record(any_database, hour)
    (episode,) = drift.history(any_database, "baseline", 10)
    (alarm,) = drift.episode(any_database, episode.id).alarms
    assert (episode.created_at, episode.checks, episode.open) == (at(watched.found), 4, True)
    assert episode.report == watched.reports[watched.found + 3]
    assert (alarm.entered_at, alarm.ended_at) == (at(watched.found), None)
    assert drift.check(any_database, "baseline", at(watched.found)) == watched.reports[watched.found]


@pytest.fixture
def promoted(database) -> Database:
    """Version 2 took over from version 1 two days before noon, at an odd minute; no traffic yet."""
    for number in (1, 2):
        versions.register(database, ACT, variant="baseline", system_prompt=f"Prompt {number}")
    versions.activate(database, replace(ACT, at=at(-60 * 24)), "baseline", 1)
    versions.activate(database, replace(ACT, at=at(-48) + timedelta(minutes=17)), "baseline", 2)
    return database


def test_a_new_version_is_compared_with_the_weeks_of_the_one_before(promoted):
    traffic.ingest(promoted, ACT, [*talk((-30 * 24, -48, 0.75)), *talk((-48, 0, 0.35))])
    report = drift.check(promoted, "baseline", NOON)
    evidence = report.of(Metric.BOOKING_RATE).decided_by
    assert (report.version, report.previous_version, report.drifts) == (2, 1, (Metric.BOOKING_RATE,))
    assert (evidence.against, evidence.reference.end, evidence.onset) == (Against.PREVIOUS_VERSION, at(-48), at(-48))
    assert "while it is new it is also compared with the last weeks of version 1" in report.notes
    assert [it.version for it in report.held] == [1]


def test_the_alarm_against_the_version_before_lasts_by_that_versions_weeks(promoted):
    traffic.ingest(promoted, ACT, [*talk((-30 * 24, -48, 0.75)), *talk((-48, 0, 0.35))])
    record(promoted, -1)
    report = record(promoted, 0)
    (alarm,) = report.held
    assert (alarm.version, alarm.reference.end) == (1, at(-48))
    assert report.of(Metric.BOOKING_RATE).decided_by.against is Against.FROZEN
    assert alarm.relative_change == pytest.approx(-0.5, abs=0.15)


def test_a_new_version_s_change_that_is_meant_is_compared_with_the_version_before_no_more(promoted):
    traffic.ingest(promoted, ACT, [*talk((-30 * 24, -48, 0.75)), *talk((-48, 0, 0.35))])
    record(promoted, -1)
    (episode,) = drift.history(promoted, "baseline", 10)
    assert episode.onset_at == at(-48)
    drift.known(promoted, ACT, episode.id, "the new version asks more before it books")
    report = record(promoted, 0)
    assert (report.drifts, report.previous_version, report.version) == ((), None, 2)
    assert report.reference.start == at(-48)


def test_a_drift_that_goes_on_at_a_promotion_is_no_reference_of_the_new_version(promoted):
    traffic.ingest(promoted, ACT, [*talk((-30 * 24, -96, 0.75), (-96, -48, 0.35)), *talk((-48, 0, 0.35))])
    ill = record(promoted, -49)
    report = record(promoted, -24)
    first, second = reversed(drift.history(promoted, "baseline", 10))
    assert (first.version, first.closed_because) == (1, "version 2 took its place")
    assert (second.version, second.drifts) == (2, (Metric.BOOKING_RATE,))
    frozen = report.of(Metric.BOOKING_RATE).held[0].reference
    assert frozen.end == ill.held[0].onset < at(-90)
    with promoted.read() as tx:
        (cut_short,) = episodes.references(tx, at(1), "baseline")["baseline"].cut_short
    assert cut_short[1].ended_at is None


def test_a_version_no_worse_than_the_one_before_does_not_drift(promoted):
    traffic.ingest(promoted, ACT, [*talk((-30 * 24, 0, 0.75))])
    report = drift.check(promoted, "baseline", NOON)
    assert (report.drifts, report.previous_version) == ((), 1)


def fill(database) -> set[str]:
    """One variant of each kind; -> those that a sweep as of noon has to hand on."""
    healthy = (-12 * 24, 0, 0.75)
    kinds: dict[str, Iterator[Conversation]] = {
        "steady": talk(healthy, variant="steady"),
        "sparse": talk((-12 * 24, 0, 0.75), variant="sparse", a_day=2),
        "silent": talk((-70 * 24, -60 * 24, 0.75), variant="silent", a_day=24),
        "drifting": talk((-12 * 24, -40, 0.75), (-40, 0, 0.35), variant="drifting"),
        "mended": talk((-12 * 24, -40, 0.75), (-40, -20, 0.2), (-20, 0, 0.75), variant="mended"),
        "away": talk((-12 * 24, -30, 0.75), variant="away"),
        "new": talk(healthy, variant="new"),
        "bare": talk(healthy, variant="bare"),
    }
    traffic.ingest(database, ACT, [one for told in kinds.values() for one in told])
    record(database, -21, "mended")
    for number in (1, 2):
        versions.register(database, ACT, variant="new", system_prompt=f"Prompt {number}")
        versions.activate(database, replace(ACT, at=at(-30 * 24 if number == 1 else -5 * 24)), "new", number)
    policies.set_policy(database, ACT, "bare", Policy(mode=Mode.THRESHOLD))
    return {"drifting", "mended", "away", "new", "bare"}


def test_a_sweep_says_of_every_variant_what_its_check_says(any_database):
    speaking = fill(any_database)
    swept = drift.sweep(any_database, NOON)
    assert set(swept.speaking) == speaking
    assert {it.variant for it in swept.quiet} == {"steady", "sparse", "silent"}
    for it in swept.quiet:
        report = drift.check(any_database, it.variant, NOON)
        assert (it.version, it.at, it.status, it.late_rows) == (report.version, report.at, report.status, report.late_rows)
        assert (report.drifts, report.incidents) == ((), ())
    entry = next(it.entry for it in swept.quiet if it.variant == "steady")
    assert entry == pytest.approx(drift.check(any_database, "steady", NOON).of(Metric.BOOKING_RATE).decided_by.entry)


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory, sqlite_template):
    """A database with one variant of each kind, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "lifecycle.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    speaking = fill(database)
    database.close()
    return path, speaking


@pytest.fixture
def filled(filled_file, tmp_path, opened) -> Database:
    """One variant of each kind."""
    shutil.copyfile(filled_file[0], tmp_path / "filled.db")
    return opened(f"sqlite:///{tmp_path}/filled.db")


def test_what_is_handed_on_has_something_to_say(filled):
    told = {name: drift.check(filled, name, NOON) for name in drift.sweep(filled, NOON).speaking}
    assert told["drifting"].drifts == told["mended"].drifts == (Metric.BOOKING_RATE,)
    assert [it.kind for it in told["away"].incidents] == ["no_traffic"]
    assert told["new"].previous_version == 1


def test_a_swept_hour_is_recorded_as_its_check_records_it(filled):
    drift.sweep_and_record(filled, ACT, NOON)
    for name in ("steady", "sparse", "silent"):
        report = drift.check(filled, name, NOON)
        with filled.read() as tx:
            kept = tx.get(DriftCheckRow, (name, NOON))
        assert (kept.version, kept.status, kept.late_rows) == (report.version, report.status, report.late_rows)
        assert (kept.drift_types, kept.severity, kept.incidents, kept.recorded_by) == ("", None, "", "test")


def test_a_doubled_sweep_changes_nothing(filled):
    first = drift.sweep_and_record(filled, ACT, NOON)
    before = rows(filled)
    assert drift.sweep_and_record(filled, replace(ACT, at=NOON + HOUR / 2), NOON + HOUR / 2) == first
    assert rows(filled) == before


def test_missed_sweeps_are_made_up_for_and_what_spoke_in_them_is_checked(database):
    traffic.ingest(
        database, ACT, [*talk((-12 * 24, 0, 0.75), variant="steady"), *talk((-12 * 24, -24, 0.75), (-24, 0, 0.1), variant="ill")]
    )
    first = drift.sweep_and_record(database, ACT, at(-22))
    last = drift.sweep_and_record(database, ACT, at(-8))
    assert (first.speaking, last.speaking) == ((), ("ill",))
    hours = {name: sum(it[0] == name for it in rows(database)["drift_checks"]) for name in ("steady", "ill")}
    assert hours == {"steady": 15, "ill": 14}
    assert [it.created_at < at(-8) for it in drift.history(database, "ill", 10)] == [True]


def test_a_check_that_somebody_records_by_hand_hides_no_missed_hour(database):
    traffic.ingest(database, ACT, [*talk((-12 * 24, 0, 0.75), variant="steady"), *talk((-12 * 24, 0, 0.75), variant="other")])
    drift.sweep_and_record(database, ACT, at(-22))
    drift.check_and_record(database, replace(ACT, by="cli:ada"), "other", at(-9))
    drift.sweep_and_record(database, ACT, at(-8))
    assert sum(it[0] == "steady" for it in rows(database)["drift_checks"]) == 15


def test_damaged_rollups_are_handed_on_and_hide_no_other_variant(filled, filled_file):
    _, speaking = filled_file
    with filled.write(ACT) as tx:
        damaged = TABLES["hourly_rollups"]
        tx.connection().execute(damaged.update().where(damaged.c.variant == "sparse").values(sums=b"\x00"))
    swept = drift.sweep(filled, NOON)
    assert {"sparse"} | speaking <= set(swept.speaking)
    assert set(swept.speaking) | {it.variant for it in swept.quiet} == {*speaking, "steady", "sparse", "silent"}


def test_an_empty_database_is_swept_without_a_word(database):
    assert drift.sweep_and_record(database, ACT, NOON) == drift.Sweep(NOON, (), ())


def test_a_variant_without_recent_traffic_has_insufficient_data(filled):
    (silent,) = (it for it in drift.sweep(filled, NOON).quiet if it.variant == "silent")
    assert (silent.status, silent.entry, silent.late_rows) == (Status.INSUFFICIENT_DATA, None, 0)
