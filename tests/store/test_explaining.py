"""Conversations in columns, as an explanation reads them, on either database."""

from datetime import timedelta

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.drift.report import Metric
from lifecycle_core.operations.traffic import ingest
from lifecycle_core.store import explaining

HOSTILE = "\x1b[31m'; drop table conversations; --"


@pytest.fixture
def kept(any_database, act):
    """A week of conversations, one an hour, the last of them served by version 2."""
    ingest(
        any_database,
        act,
        [
            Conversation(
                id=f"c{back:03}",
                variant="baseline",
                version=2 if back == 0 else 1,
                ended_at=act.at - timedelta(hours=back, minutes=30),
                booked=None if back == 3 else back % 2 == 0,
                escalated=back % 5 == 0,
                cost_usd=None if back == 4 else 0.01 * back,
                response_times_s=() if back == 5 else (1.0, 9.0, float(back)),
                actions=("look_up", "book"),
                errors=({"tool": None, "message": "502"},) if back == 6 else (),
                model="m" if back % 3 else None,
                segments={"region": HOSTILE.replace("\x1b", "")} if back % 2 else {},
            )
            for back in range(168)
        ],
    )
    return any_database


def read(database, act, hours=24, versions=(1,), figures=tuple(Metric)):
    with database.read() as tx:
        return list(explaining.pieces(tx, "baseline", versions, Window.before(act.at, hours=hours), figures))


def test_a_window_of_one_version_is_read_by_column(kept, act):
    (piece,) = read(kept, act)
    assert len(piece.hours) == 23
    assert set(piece.versions.tolist()) == {1}
    assert set(piece.figures) == set(Metric) - {Metric.ACTION_DISTRIBUTION}
    assert [np.isnan(it).sum() for it in piece.figures.values()] == [1, 0, 1, 1]
    assert piece.actions.values == [["look_up", "book"]]
    assert {tuple(it.items()) for it in piece.segments.values} == {(), (("region", HOSTILE.replace("\x1b", "")),)}
    assert [it for it in piece.faults.values if it[0]] == [(True, [{"tool": None, "message": "502"}])]


def test_the_latency_is_the_median_of_the_response_times(kept, act):
    (piece,) = read(kept, act, hours=3, figures=(Metric.RESPONSE_TIME,))
    assert sorted(piece.figures[Metric.RESPONSE_TIME].tolist()) == [1.0, 2.0]
    assert list(piece.figures) == [Metric.RESPONSE_TIME]


def test_two_versions_are_read_at_once(kept, act):
    (piece,) = read(kept, act, versions=(2, 1))
    assert sorted(piece.versions.tolist()) == [1] * 23 + [2]


def test_nothing_is_read_where_there_is_nothing(kept, act):
    assert read(kept, act, hours=0.1) == []


def test_many_conversations_come_in_pieces(kept, act, monkeypatch):
    monkeypatch.setattr(explaining, "_ROWS", 50)
    assert [len(it.hours) for it in read(kept, act, hours=168)] == [50, 50, 50, 17]


def test_conversations_that_show_it_come_newest_first(kept, act):
    with kept.read() as tx:
        found = list(explaining.newest(tx, "baseline", 1, Window.before(act.at, hours=6), where=Metric.BOOKING_RATE))
    assert [it[0] for it in found] == ["c001", "c005"]
    assert found[0][2]["segments"]["region"].endswith("--")
