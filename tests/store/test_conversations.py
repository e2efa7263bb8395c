from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Never

import numpy as np
import pytest
from sqlalchemy import text

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import DatabaseUnavailableError
from lifecycle_core.rollups import ACTIONS, NAMED_ACTIONS, OTHER_ACTIONS, WIDTH, epoch_hour, scalar
from lifecycle_core.store import conversations
from lifecycle_core.store.tables import ConversationRow

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def held(number, **given: object):
    return Conversation(**{"id": f"c{number}", "variant": "baseline", "version": 1, "ended_at": NOON - number * HOUR, **given})


def add(database, act, *batch: Conversation):
    with database.write(act) as tx:
        return conversations.add(tx, batch, act.at, lambda _: 1)


def ask(database, question, *given: object):
    with database.read() as tx:
        return question(tx, *given)


FULL = Conversation(
    id="full",
    variant="baseline",
    version=2,
    ended_at=NOON + timedelta(microseconds=7),
    ended_at_assumed=True,
    started_at=NOON - timedelta(seconds=40),
    booked=False,
    escalated=True,
    cost_usd=0.0123456789,
    cost_source="priced",
    input_tokens=2**40,
    output_tokens=3,
    total_tokens=2**40 + 3,
    response_times_s=(0.1, 2.0),
    actions=("look", "book"),
    errors=({"tool": None, "message": "agent_error"},),
    messages=({"role": "user", "content": "naïve 日本 \u0000 'quoted' \\"}, {"role": "tool", "acts": [1, {"a": None}]}),
    customer_id="u1",
    goal="a room; DROP TABLE conversations",
    model="gpt-5",
    customer_rating=4.5,
    segments={"shop": "north"},
)


def test_a_conversation_comes_back_as_it_went_in(any_database, act):
    add(any_database, act, FULL)
    assert ask(any_database, lambda tx: list(conversations.iterate(tx, "baseline"))) == [(FULL, act.at)]


def test_the_table_has_a_column_for_each_field():
    assert {field.name for field in fields(Conversation)} | {"provider_fault", "received_at"} == set(ConversationRow.model_fields)


def test_the_same_again_changes_nothing(any_database, act):
    batch = [held(number, booked=True) for number in range(5)]
    first, second = add(any_database, act, *batch), add(any_database, act, *batch)
    assert (first, second) == (conversations.Added(5, 0, 0), conversations.Added(0, 5, 0))
    sums = ask(any_database, conversations.rollups, "baseline")
    assert sum(it[scalar("conversations")] for it in sums.values()) == 5


def test_one_that_is_twice_in_a_batch_is_taken_once(any_database, act):
    assert add(any_database, act, held(1), held(1), held(2)) == conversations.Added(2, 1, 0)


@pytest.mark.parametrize("field", ["booked", "messages", "cost_usd", "ended_at"])
def test_other_content_under_a_known_id_is_told_and_the_first_stays(any_database, act, field):
    other = {"booked": True, "messages": ({"role": "user", "content": "other"},), "cost_usd": 9.0, "ended_at": NOON}[field]
    add(any_database, act, FULL)
    assert add(any_database, act, replace(FULL, **{field: other})) == conversations.Added(0, 1, 1)
    assert ask(any_database, lambda tx: list(conversations.iterate(tx, "baseline"))) == [(FULL, act.at)]


def test_a_version_that_was_filled_in_is_no_other_content(any_database, act):
    add(any_database, act, held(1, version=7))
    assert add(any_database, act, held(1, version=None)).differing == 0


def test_another_version_than_the_kept_one_is_other_content(any_database, act):
    add(any_database, act, held(1))
    assert add(any_database, act, held(1, version=7)) == conversations.Added(accepted=0, known=1, differing=1)


@pytest.mark.parametrize(("first", "second", "differing"), [(None, 1, 0), (None, 7, 1), (7, None, 0), (7, 1, 1)])
def test_versions_told_twice_in_one_batch_are_compared_where_both_are_told(database, act, first, second, differing):
    said = add(database, act, held(1, version=first), held(1, version=second))
    assert (said.accepted, said.known, said.differing) == (1, 1, differing)


def test_one_id_may_be_used_by_two_variants(any_database, act):
    assert add(any_database, act, held(1), held(1, variant="other")).accepted == 2


def test_rollups_are_what_the_conversations_make_in_however_many_batches(any_database, act):
    batch = [
        held(
            number % 9,
            id=str(number),
            booked=number % 2 == 0,
            cost_usd=number / 3,
            response_times_s=(number + 1.0,),
            actions=tuple(f"act{place}" for place in range(number)),
        )
        for number in range(60)
    ]
    for start in range(0, 60, 7):
        add(any_database, act, *batch[start : start + 9])
    kept, counted = ask(any_database, lambda tx: (conversations.rollups(tx, "baseline"), conversations.recount(tx, "baseline")))
    assert kept.keys() == counted.keys()
    for key, sums in kept.items():
        assert np.allclose(sums, counted[key], rtol=1e-9)


def test_the_commonest_actions_keep_their_names_and_the_rest_are_other(any_database, act):
    busy = [held(number, actions=tuple(f"act{place:02}" for place in range(number + 1))) for number in range(40)]
    add(any_database, act, *busy)
    names = ask(any_database, conversations.actions, "baseline")
    assert names == (*(f"act{place:02}" for place in range(NAMED_ACTIONS)), OTHER_ACTIONS)
    sums = sum(ask(any_database, conversations.rollups, "baseline").values())
    assert sums[ACTIONS][0] == 40
    assert sums[ACTIONS][NAMED_ACTIONS] == sum(range(1, 11))


def test_a_slot_once_given_stays(any_database, act):
    add(any_database, act, held(1, actions=("rare",)))
    add(any_database, act, *(held(number, actions=("common",)) for number in range(2, 9)))
    assert ask(any_database, conversations.actions, "baseline")[:3] == ("rare", "common", "")


def test_an_action_called_other_is_counted_with_the_others(any_database, act):
    add(any_database, act, held(1, actions=("other",)))
    assert ask(any_database, conversations.actions, "baseline").count("other") == 1


def test_a_table_has_the_hours_from_its_start_up_to_its_end(any_database, act):
    add(any_database, act, *(held(number, booked=True) for number in range(5)), held(2, version=2, id="x"), held(2, variant="other"))
    found = ask(any_database, conversations.table, "baseline", 1, NOON - 3 * HOUR, NOON)
    assert found.hours.tolist() == [epoch_hour(NOON) - 3, epoch_hour(NOON) - 2, epoch_hour(NOON) - 1]
    assert found.column("booked").tolist() == [1, 1, 1]
    assert not found.provider_fault.any()


def test_a_table_without_traffic_is_empty(any_database):
    found = ask(any_database, conversations.table, "nobody", 1, NOON, NOON + HOUR)
    assert (found.dense().shape, found.hours.tolist()) == ((0, WIDTH), [])


def test_what_the_other_versions_served_is_told_with_a_table(any_database, act):
    add(any_database, act, *(held(number) for number in range(1, 4)), held(2, version=2, id="x"), held(2, version=2, id="y"))
    alone, both = (ask(any_database, conversations.table, "baseline", 1, NOON - hours * HOUR, NOON) for hours in (1, 3))
    assert alone.served is None
    assert dict(zip(both.served.hours[both.served.conversations == 2].tolist(), [2.0], strict=True)) == {epoch_hour(NOON) - 2: 2.0}
    assert both.served.conversations.sum() == 5


def test_a_sweep_gives_every_variants_table(any_database, act):
    add(any_database, act, *(held(number, booked=True, actions=("look",)) for number in range(5)))
    add(any_database, act, held(2, variant="other", actions=("act",)), held(3, variant="other", version=2), held(9, variant="quiet"))
    swept = ask(any_database, lambda tx: {it.variant: it for it in conversations.tables(tx, None, NOON - 3 * HOUR, NOON)})
    assert sorted(swept) == ["baseline", "other"]
    for variant, version in (("baseline", 1), ("other", 1), ("other", 2)):
        one, alone = swept[variant].of(version), ask(any_database, conversations.table, variant, version, NOON - 3 * HOUR, NOON)
        assert (one.actions, one.hours.tolist(), one.provider_fault.tolist()) == (
            alone.actions,
            alone.hours.tolist(),
            [False] * len(alone.hours),
        )
        assert (one.dense() == alone.dense()).all()


def test_a_sweep_of_named_variants_leaves_the_others_out(any_database, act):
    add(any_database, act, held(1), held(1, variant="other"))
    assert [it.variant for it in ask(any_database, lambda tx: list(conversations.tables(tx, ["other", "nobody"], NOON - DAY, NOON)))] == [
        "other"
    ]


@pytest.mark.parametrize("damage", ["sums = X'00'", "hour = '2025-10-07 1!'", "version = 'one'"])
def test_a_damaged_rollup_is_told_whichever_way_it_is_read(database, act, damage):
    add(database, act, held(1))
    with database.migrate() as connection:
        connection.execute(text(f"UPDATE hourly_rollups SET {damage}"))  # noqa: S608 - the test's own words
    for read in (conversations.of_all_versions, lambda tx, name, start, end: list(conversations.tables(tx, [name], start, end))):
        with pytest.raises(DatabaseUnavailableError, match="the database is damaged where it keeps the rollups of 'baseline'"):
            ask(database, read, "baseline", NOON - DAY, NOON)


def test_the_newest_before_an_instant_is_found_with_its_version(any_database, act):
    add(any_database, act, held(0, version=2), held(5, version=1))
    asked = [NOON + HOUR, NOON, NOON - 5 * HOUR]
    assert [ask(any_database, conversations.latest_ended_at, "baseline", at) for at in asked] == [NOON, NOON - 5 * HOUR, None]
    assert [ask(any_database, conversations.traffic_version, "baseline", at) for at in asked] == [2, 1, None]


def test_performance_counts_what_is_known_and_nothing_else(any_database, act):
    add(any_database, act, held(0, booked=True, escalated=False, cost_usd=0.02, total_tokens=100), held(1, booked=False), held(2))
    it = ask(any_database, conversations.performance, "baseline", 1)
    assert (it.total_conversations, it.bookings, it.booked_n, it.escalations, it.escalated_n) == (3, 1, 2, 0, 1)
    assert (it.avg_cost_usd, it.cost_n, it.avg_tokens, it.tokens_n) == (0.02, 1, 100, 1)
    assert (it.booking_rate, it.escalation_rate) == (0.5, 0)


def test_performance_of_a_version_without_traffic_is_nothing(any_database):
    it = ask(any_database, conversations.performance, "baseline", 7)
    assert (it.total_conversations, it.avg_cost_usd, it.booking_rate) == (0, None, None)


def test_what_fails_midway_leaves_neither_rows_nor_sums(any_database, act):
    def add_and_fail() -> Never:
        with any_database.write(act) as tx:
            conversations.add(tx, [held(1)], act.at, lambda _: 1)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        add_and_fail()
    assert ask(any_database, conversations.rollups, "baseline") == {}
    assert add(any_database, act, held(1)).accepted == 1
