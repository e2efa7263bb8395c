from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
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
    traffic.ingest(history, act, [held(act, hours) for hours in (-1, 0, 1.9, 2, 3.9, 4, 99)])
    assert served(history) == {"at -1": 1, "at 0": 1, "at 1.9": 1, "at 2": 2, "at 3.9": 2, "at 4": 1, "at 99": 1}


def test_a_version_that_is_told_stays(history, act):
    traffic.ingest(history, act, [held(act, 1, version=7)])
    assert served(history) == {"at 1": 7}


def test_before_any_version_was_registered_the_first_served(any_database, act):
    traffic.ingest(any_database, act, [held(act, 1)])
    assert served(any_database) == {"at 1": 1}


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
