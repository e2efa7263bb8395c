"""Traffic whose time is over goes; its sums stay, and nothing is counted twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations import retention, traffic
from lifecycle_core.operations.database import verify
from lifecycle_core.store import conversations
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected
from lifecycle_core.traffic.retention import Kept

SAID = ({"role": "user", "content": "hello"},)
BAD = Rejected("traffic.jsonl", 1, Refusal(None, "nonsense", "it must be an object"), "nonsense")


def held(act, days, **others):
    return Conversation(
        **{
            "id": f"c{days}",
            "variant": "v",
            "ended_at": act.at - timedelta(days=days),
            "messages": SAID,
            "goal": "a deep clean",
            "booked": True,
            **others,
        }
    )


@pytest.fixture
def filled(any_database, act):
    """Conversations of 1, 20, 40, 80 and 100 days ago, and a record that was refused 50 days ago."""
    traffic.ingest(any_database, replace(act, at=act.at - timedelta(days=50)), [], [BAD])
    traffic.ingest(any_database, act, [held(act, days) for days in (1, 20, 40, 80, 100)])
    return any_database


def kept(database):
    with database.read() as tx:
        return {it.id: (it.messages, it.goal) for it, _ in conversations.iterate(tx, "v")}


def sums(database):
    with database.read() as tx:
        return sum(it[0] for it in conversations.rollups(tx, "v").values())


def test_what_was_said_goes_and_figures_and_sums_stay(filled, act):
    [went] = retention.maintain(filled, act, {Kept.MESSAGES: 30})
    assert (went.conversations, went.refused) == (3, 1)
    assert [bool(messages) for messages, _ in kept(filled).values()] == [True, False, True, False, False]
    assert kept(filled)["c40"] == ((), None)
    assert traffic.quarantined(filled, 10) == []
    assert (sums(filled), verify(filled).problems) == (5, ())


def test_conversations_go_and_their_sums_stay(filled, act):
    [went] = retention.maintain(filled, act, {Kept.CONVERSATIONS: 60})
    assert (went.conversations, sorted(kept(filled))) == (2, ["c1", "c20", "c40"])
    assert (sums(filled), verify(filled).problems) == (5, ())


def test_a_sum_that_is_wrong_is_still_found_where_conversations_are_kept(filled, act):
    list(retention.maintain(filled, act, {Kept.CONVERSATIONS: 60}))
    with filled.write(act) as tx:
        conversations.count(tx.connection(), "v", [held(act, 1).served_by(1)], act.at)
    assert "packs conversations 2; its conversations make 1" in verify(filled).problems[0]


def test_again_there_is_nothing_to_let_go(filled, act):
    days = {Kept.MESSAGES: 30, Kept.CONVERSATIONS: 60}
    assert [it.conversations for it in retention.preview(filled, act.at, days)] == [3, 2]
    assert [it.conversations for it in retention.maintain(filled, act, days)] == [3, 2]
    assert [it.conversations for it in retention.maintain(filled, act, days)] == [0, 0]
    assert [it.conversations for it in retention.preview(filled, act.at, days)] == [0, 0]


def test_a_horizon_never_goes_back(filled, act):
    list(retention.maintain(filled, act, {Kept.MESSAGES: 30}))
    [again] = retention.maintain(filled, act, {Kept.MESSAGES: 90})
    assert again.before == act.at - timedelta(days=30)


def test_what_comes_late_from_before_the_horizon_of_messages_is_kept_silent(filled, act):
    list(retention.maintain(filled, act, {Kept.MESSAGES: 30}))
    traffic.ingest(filled, act, [held(act, 35), held(act, 5)])
    assert (kept(filled)["c35"], kept(filled)["c5"][0]) == (((), None), SAID)


def test_what_fell_silent_is_known_and_not_another_when_it_comes_again(filled, act):
    list(retention.maintain(filled, act, {Kept.MESSAGES: 30}))
    assert traffic.ingest(filled, act, [held(act, 40), held(act, 80)]) == traffic.Ingested(0, 2, 0, 0)
    assert traffic.ingest(filled, act, [held(act, 40, booked=False)]).differing == 1


def test_what_went_is_refused_when_it_comes_again_and_counted_once(filled, act):
    list(retention.maintain(filled, act, {Kept.CONVERSATIONS: 60}))
    with pytest.raises(InvalidInputError, match="were let go, and nobody could tell whether it was counted already; nothing was written"):
        traffic.ingest(filled, act, [held(act, 80)])
    assert sums(filled) == 5


@pytest.mark.parametrize("days", [{Kept.MESSAGES: 6}, {Kept.CONVERSATIONS: 59}, {Kept.MESSAGES: 30, Kept.CONVERSATIONS: 4000}])
def test_days_that_cannot_be_meant_are_refused_and_nothing_goes(filled, act, days):
    with pytest.raises(InvalidInputError, match="are to be kept for"):
        list(retention.maintain(filled, act, days))
    assert (len(kept(filled)), retention.horizons(filled)) == (5, {})


def test_cut_short_it_goes_on(filled, act, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    let_go, calls = retention.retention.let_go, iter(range(10))

    def dies(*given):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return let_go(*given)

    monkeypatch.setattr(retention.retention, "let_go", dies)
    with pytest.raises(KeyboardInterrupt):
        list(retention.maintain(filled, act, {Kept.CONVERSATIONS: 60}))
    monkeypatch.setattr(retention.retention, "let_go", let_go)
    assert [it.conversations for it in retention.maintain(filled, act, {Kept.CONVERSATIONS: 60})] == [0]
    assert (sorted(kept(filled)), verify(filled).problems) == (["c1", "c20", "c40"], ())


@pytest.mark.postgres
def test_what_is_being_taken_in_while_a_horizon_is_announced_falls_silent_too(postgres_database, act):
    with ThreadPoolExecutor(1) as pool:
        with postgres_database.write(act) as tx:
            traffic._ingest(tx, act, [held(act, 40)], ())
            maintaining = pool.submit(lambda: list(retention.maintain(postgres_database, act, {Kept.MESSAGES: 30})))
            assert not maintaining.done()
        [went] = maintaining.result()
    assert (went.conversations, kept(postgres_database)["c40"]) == (1, ((), None))
