"""Each invariant holds where nothing was meddled with, and tells in a sentence what breaks it, on both databases."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from benchmarks._sessions import STEPS, proved, ready, taken
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.operations import alerts, backfills, promotion, retraining, shadow, spending
from lifecycle_core.operations.database import upgrade
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import TRANSITIONS
from lifecycle_core.store import invariants
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.backfill import FileCounts


ACT = Provenance("test", datetime(2025, 10, 7, 12, tzinfo=UTC))
FIRST = "retrain_baseline_1759838400001"
OF_A_PROBATION = "variant, version, previous_version, session_id, status, started_at, ends_at, record"
BROKEN = {
    "one_active_version": (
        ["UPDATE model_versions SET is_active = 0"],
        "variant 'baseline' has 0 active versions; it must have one",
    ),
    "one_open_session": (
        ["DROP INDEX one_open_session", "UPDATE retraining_sessions SET completed_at = NULL"],
        "variant 'baseline' has 2 open sessions; it may have one",
    ),
    "lawful_state": (
        ["UPDATE retraining_sessions SET success = 0"],
        f"session {FIRST} is promoted, and has ended, without success",
    ),
    "lawful_history": (
        ["""UPDATE audit_log SET "after" = replace("after", '"improving"', '"promoted"') WHERE subject LIKE 'retraining_sessions:%'"""],
        f"moves retraining_sessions:{FIRST} from analyzing to promoted; there is no such move",
    ),
    "evidence_of_steps": (
        ["UPDATE retraining_sessions SET shadow_analysis = NULL"],
        f"session {FIRST} is promoted, and keeps no analysis of its shadow test",
    ),
    "candidate_registered": (
        ["DELETE FROM model_versions WHERE version = 2"],
        f"session {FIRST} names baseline_v2, and no such version is registered",
    ),
    "endings_say_why": (
        ["UPDATE retraining_sessions SET reasons = '[\"too dear\"]' WHERE status = 'promoted'"],
        f"session {FIRST} is promoted, and has reasons against it",
    ),
    "decided_once": (
        ["UPDATE retraining_sessions SET review = '{\"answer\":\"reject\"}' WHERE status = 'promoted'"],
        f"session {FIRST} is promoted, and was answered reject",
    ),
    "promotions_activate": (
        ["UPDATE activations SET session_id = NULL"],
        f"session {FIRST} is promoted, and activated its candidate 0 times",
    ),
    "rollups_count_rows": (
        ["DELETE FROM hourly_rollups"],
        "rollups of 'baseline' version 1 count 0 conversations; there are 60",
    ),
    "read_is_kept_or_refused": (
        ["""UPDATE backfill_files SET counts = '{"records": 4, "conversations": 2, "quarantined": 1}' WHERE state = 'done'"""],
        "has 4 records, of which 2 are conversations and 1 were refused",
    ),
    "chained_log": (
        ["DELETE FROM audit_log WHERE id = 3"],
        "audit row 4 follows no row: it was cut off or put in",
    ),
    "no_claim_outlived": (
        ["UPDATE alert_deliveries SET state = 'delivered', delivered_at = due_at"],
        "the delivery of message 1 to x is delivered, and still claimed",
    ),
    "one_open_probation": (
        [
            "DROP INDEX one_open_probation",
            f"INSERT INTO probations ({OF_A_PROBATION}) SELECT {OF_A_PROBATION} FROM probations",  # noqa: S608 - names of columns
        ],
        "variant 'baseline' has 2 open probations; it may have one",
    ),
    "calls_are_paid_once": (
        ["UPDATE chat_calls SET reply = NULL"],
        "is settled without a reply",
    ),
    "samples_are_whole": (
        ["UPDATE shadow_samples SET recorded_by = NULL WHERE place = 0"],
        f"scenario s0000 of session {FIRST} is neither served nor waiting",
    ),
    "messages_reach_or_say": (
        ["UPDATE alert_messages SET targets = 3"],
        "was addressed to 3 targets and has 1 deliveries",
    ),
}
"""Invariant -> what breaks it, and what is told then."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def whole(request, tmp_path_factory):
    """A database in which something of everything has happened."""
    if request.param == "sqlite":
        yield from lived(f"sqlite:///{tmp_path_factory.mktemp('whole')}/lifecycle.db")
    else:
        with request.getfixturevalue("postgres_server").database() as url:
            yield from lived(url)


def lived(url):
    """A session given up and another promoted, a call, a message and a backfill, on the database at `url`."""
    database = Database(url)
    upgrade(database)
    ready(database, ACT)
    promotion.cancel(database, ACT, retraining.begin(database, ACT, "baseline", "another").session_id, "not now")
    it = taken(database, ACT, len(STEPS))
    request = ChatRequest(model="m", purpose="read", messages=(ChatMessage(role="user", content="Why?"),))
    reply = ChatReply(content="So.", model="m", input_tokens=1, output_tokens=1, cost_usd=0.1, seconds=1.0)
    spending.settle(database, ACT, spending.reserve(database, ACT, it.session_id, request), reply)
    shadow.record_samples(database, ACT, it.session_id, proved(ACT))
    shadow.keep_verdict(database, ACT, it.session_id)
    promotion.promote_or_roll_back(database, ACT, it.session_id)
    alerts.test(database, ACT, "one")
    alerts.take(database, ACT, ["x"])
    name = backfills.begin(database, ACT, ["a"], "auto", {}, 1).id
    backfills.finish(database, ACT, backfills.claim(database, ACT, name, "w"), FileCounts(records=3, conversations=2, quarantined=1))
    yield database
    database.close()


def told(database, *statements):
    """What is told after these statements went past everything that guards the tables; all is taken back."""
    with database.migrate() as connection:
        for it in statements:
            connection.execute(text(it))
        found = list(invariants.broken(Session(connection)))
        connection.rollback()
    return found


def test_what_nobody_meddled_with_breaks_none(whole):
    assert told(whole) == []


def test_each_invariant_is_broken_here():
    assert BROKEN.keys() == invariants.invariants().keys()


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_an_invariant_is_told(whole, name):
    statements, sentence = BROKEN[name]
    assert any(sentence in it for it in told(whole, *statements))


def test_the_lawful_moves_are_those_of_the_state_machine():
    said = set(re.findall(r"\('(\w+)', '(\w+)'\)", invariants.invariants()["lawful_history"][1]))
    assert said == {(str(start), str(end)) for (start, _), end in TRANSITIONS.items()}


def test_a_rule_that_is_broken_everywhere_is_told_up_to_a_number(whole):
    found = told(whole, "UPDATE shadow_samples SET recorded_by = NULL")
    assert len(found) == invariants.MOST_TOLD + 1
    assert found[-1] == "and 80 more that break the invariant samples_are_whole"


def test_an_invariant_that_cannot_be_asked_says_so_and_the_others_are_asked(whole):
    found = told(whole, "UPDATE retraining_sessions SET review = '{', success = 0 WHERE status = 'promoted'")
    assert any(it.startswith("the invariant decided_once cannot be asked: ") for it in found)
    assert f"session {FIRST} is promoted, and has ended, without success" in found
