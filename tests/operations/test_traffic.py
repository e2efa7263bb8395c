from datetime import datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations import traffic, versions
from lifecycle_core.operations.database import verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import conversations
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

HOUR = timedelta(hours=1)
BAD = Rejected("traffic.jsonl", 7, Refusal("cost_usd", "-0.5", "it must be 0 or more"), "{}")


def held(act, hours, **given: object):
    return Conversation(**{"id": f"at {hours}", "variant": "baseline", "ended_at": act.at + hours * HOUR, **given})


def served(database):
    with database.read() as tx:
        return {it.id: it.version for it, _ in conversations.iterate(tx, "baseline")}


@pytest.fixture
def history(any_database, act):
    """Version 1 active from noon on, version 2 from two o'clock, and 1 again from four."""
    for prompt in ("one", "two"):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
    for hours, version in ((0, 1), (2, 2)):
        versions.activate(any_database, Provenance("test", act.at + hours * HOUR), "baseline", version)
    versions.roll_back(any_database, Provenance("test", act.at + 4 * HOUR), "baseline")
    return any_database


def test_a_conversation_without_a_version_gets_the_one_active_at_its_end(history, act):
    traffic.ingest(history, act, [held(act, hours) for hours in (-1, 0, 1.9, 2, 3.9, 4, 23)])
    assert served(history) == {"at -1": 1, "at 0": 1, "at 1.9": 1, "at 2": 2, "at 3.9": 2, "at 4": 1, "at 23": 1}


def test_a_version_that_is_told_stays(history, act):
    traffic.ingest(history, act, [held(act, 1, version=7)])
    assert served(history) == {"at 1": 7}


def test_before_any_version_was_registered_the_first_served(any_database, act):
    traffic.ingest(any_database, act, [held(act, 1)])
    assert served(any_database) == {"at 1": 1}


@pytest.mark.parametrize("ended_at", ["0001-01-01T00:00Z", "2014-12-31T23:59Z", "2025-10-08T12:00:01Z", "9999-12-31T23:59Z"])
def test_an_end_that_cannot_be_is_refused_with_the_whole_batch(any_database, act, ended_at):
    batch = [held(act, 0), held(act, 1, ended_at=datetime.fromisoformat(ended_at))]
    with pytest.raises(InvalidInputError, match=r"conversation 'at 1' of 'baseline': ended_at is .* between 2015 and now") as refused:
        traffic.ingest(any_database, act, batch, [BAD])
    assert refused.value.field == "ended_at"
    assert (traffic.variants(any_database), traffic.quarantined(any_database, 10)) == ([], [])


def test_a_clock_a_day_ahead_is_believed(any_database, act):
    assert traffic.ingest(any_database, act, [held(act, 24)]).accepted == 1


def test_a_version_that_was_filled_in_may_be_told_later_as_another_which_differs(history, act):
    traffic.ingest(history, act, [held(act, 2)])
    assert [traffic.ingest(history, act, [held(act, 2, version=version)]).differing for version in (None, 2, 7)] == [0, 0, 1]


def test_refused_records_that_were_dealt_with_are_let_go_of(any_database, act):
    traffic.ingest(any_database, act, [], [BAD])
    assert [traffic.drop_quarantined(any_database, act, source) for source in ("other.jsonl", "traffic.jsonl", None)] == [0, 1, 0]


def test_a_batch_is_counted_and_what_was_refused_is_kept_beside_it(any_database, act):
    batch = [held(act, 1), held(act, 2)]
    assert traffic.ingest(any_database, act, batch, [BAD]) == traffic.Ingested(2, 0, 0, 1)
    assert traffic.ingest(any_database, act, batch, [BAD]) == traffic.Ingested(0, 2, 0, 1)
    assert [it.line for it in traffic.quarantined(any_database, 10)] == [7]
    assert verify(any_database).problems == ()


def test_conversations_make_their_variants(any_database, act):
    traffic.ingest(any_database, act, [held(act, 1, variant=name) for name in ("professional", "casual", "baseline")])
    assert traffic.variants(any_database) == ["baseline", "casual", "professional"]


def test_an_empty_batch_changes_nothing(any_database, act):
    assert traffic.ingest(any_database, act, []) == traffic.Ingested(0, 0, 0, 0)


def test_many_variants_of_many_hours_have_their_sums(any_database, act):
    batch = [held(act, -number, id=str(number), variant=f"v{number % 7}", booked=number % 3 == 0) for number in range(700)]
    traffic.ingest(any_database, act, batch)
    found = verify(any_database)
    assert (found.problems, found.conversations) == ((), 700)
